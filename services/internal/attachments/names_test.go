package attachments //nolint:testpackage // the names are made inside

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestH7_NamesOfFilesAreMadeHarmless(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"举报信 扫描件.jpg":               "举报信 扫描件.jpg",
		"IMG_0001.JPEG":             "IMG_0001.jpeg",
		"../../etc/passwd":          "passwd.jpg",
		`C:\Users\x\照片.jpg`:         "照片.jpg",
		"a\u202egpj.exe":            "agpj.exe.jpg",
		"x.bat":                     "x.bat.jpg",
		"a\x00b\r\nc.jpg":           "ab c.jpg",
		"$(rm -rf ~);'.jpg":         "_(rm -rf _)__.jpg",
		"<script>alert(1)</script>": "script_.jpg",
		"con.jpg":                   "_con.jpg",
		"NUL .tar.jpg":              "_NUL .tar.jpg",
		".. . .":                    "attachment.jpg",
		"\u200b\u200d":              "attachment.jpg",
		".jpg":                      "attachment.jpg",
		strings.Repeat("长", 255):    strings.Repeat("长", 100) + ".jpg",
	} {
		assert.Equal(t, want, safeFileName(given, []string{"jpg", "jpeg"}), "%q", given)
	}
}

func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"a.jpg", "../x", "con", "\u202egpj.exe", " . ", "COM1 .x.y.jpeg", strings.Repeat("ä. ", 90)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		name := safeFileName(given, []string{"jpg", "jpeg"})
		require.Equal(t, name, safeFileName(name, []string{"jpg", "jpeg"}), "once more changes nothing")
		require.True(t, utf8.ValidString(name))
		require.LessOrEqual(t, utf8.RuneCountInString(name), maxStem+len(".jpeg"))
		require.True(t, strings.HasSuffix(name, ".jpg") || strings.HasSuffix(name, ".jpeg"))
		require.False(t, strings.HasPrefix(name, "."))
		require.False(t, strings.ContainsAny(name, "/\\<>:\"|?*$`;&'%\x00\r\n"))
		require.Equal(t, -1, strings.IndexFunc(name, func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) }))
	})
}

// TestEveryForbiddenTypeIsDetectable fails where the library that finds types knows one of ours by another name.
func TestEveryForbiddenTypeIsDetectable(t *testing.T) {
	t.Parallel()
	for _, name := range executables {
		assert.NotNil(t, mimetype.Lookup(name), name)
	}
}

func FuzzCheckType(f *testing.F) {
	f.Add([]byte("\x7fELF"), "text/plain")
	f.Add([]byte("PK\x03\x04"), "application/zip")
	f.Fuzz(func(_ *testing.T, head []byte, declared string) { _ = checkType(head, declared) })
}
