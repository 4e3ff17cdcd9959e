package attachments

import (
	"slices"
	"strings"

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

// pages are types that a browser runs what stands in them; nothing else may be said of them.
var pages = []string{"text/html", "application/xhtml+xml", "image/svg+xml"}

// families are types of one container, which programs tell apart by its brand and name as they like.
var families = [][]string{
	{"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"},
	{"video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2", "audio/mp4", "audio/x-m4a"},
}

// laterHEIF are brands of HEIF files (ISO/IEC 23008-12 and 23000-22) that the library takes for films.
var laterHEIF = []string{"mif2", "mif3", "miaf", "1pic", "mhaf"}

// media are the kinds of media: an image is no film, although one container may hold both.
var media = []string{"image/", "audio/", "video/"}

// mediumOf is which of media a type is; empty for any other type.
func mediumOf(kind string) string {
	at := slices.IndexFunc(media, func(medium string) bool { return strings.HasPrefix(kind, medium) })
	if at < 0 {
		return ""
	}
	return media[at]
}

// checkType finds out what a file is from how it begins, and holds that against what was said of it.
func checkType(head []byte, declared string) error {
	found := detect(head)
	for kind := found; kind != nil && (kind == found || kind.Parent() != nil); kind = kind.Parent() {
		if slices.ContainsFunc(executables, kind.Is) {
			return fault.Invalid("data", words.Executable())
		}
	}
	if !isOf(found, declared) {
		return fault.Invalid("data", words.ContentType(found.String(), declared))
	}
	return nil
}

// detect finds out what a file is from how it begins.
func detect(head []byte) *mimetype.MIME {
	if len(head) >= 12 && string(head[4:8]) == "ftyp" && slices.Contains(laterHEIF, string(head[8:12])) {
		return mimetype.Lookup("image/heif")
	}
	return mimetype.Detect(head)
}

// isOf tells whether what was found is of the type declared: that type itself, one below it, such as a table of text that is sent
// as text, or one of the same family. What looks like plain text may be any kind of text.
func isOf(found *mimetype.MIME, declared string) bool {
	otherMedium := mediumOf(found.String()) != "" && mediumOf(declared) != "" && mediumOf(found.String()) != mediumOf(declared)
	for kind := found; kind.Parent() != nil && !otherMedium; kind = kind.Parent() {
		if kind.Is(declared) {
			return true
		}
		if slices.ContainsFunc(pages, kind.Is) {
			return false
		}
	}
	if wanted := mimetype.Lookup(declared); found.Is("text/plain") && wanted != nil && wanted.Parent() != nil {
		return wanted.Parent().Is("text/plain")
	}
	return slices.ContainsFunc(families, func(family []string) bool {
		return slices.ContainsFunc(family, found.Is) && slices.Contains(family, declared)
	})
}
