package attachments

import (
	"slices"

	"github.com/gabriel-vasile/mimetype"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// executables are the types that no scheme can allow: what runs when somebody opens it, and what nobody can tell.
var executables = []string{
	"application/octet-stream", "application/x-elf", "application/vnd.microsoft.portable-executable", "application/x-mach-binary",
	"application/x-java-applet", "application/java-archive", "application/wasm", "application/x-ms-installer",
	"application/vnd.ms-cab-compressed", "application/vnd.debian.binary-package", "application/x-rpm",
	"application/x-ms-shortcut",
	"application/x-chrome-extension", "text/javascript", "text/x-php", "text/x-python", "text/x-perl", "text/x-ruby",
	"text/x-lua",
	"text/x-shellscript", "text/x-tcl",
}

// checkType finds out what a file is from how it begins, and holds that against what was said of it.
func checkType(head []byte, declared string) error {
	found := mimetype.Detect(head)
	for kind := found; kind != nil && (kind == found || kind.Parent() != nil); kind = kind.Parent() {
		if slices.ContainsFunc(executables, kind.Is) {
			return fault.Invalid("data", words.Executable())
		}
	}
	if !found.Is(declared) {
		return fault.Invalid("data", words.ContentType(found.String(), declared))
	}
	return nil
}
