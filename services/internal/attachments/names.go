package attachments

import (
	"slices"
	"strings"
	"unicode"
)

// maxStem is how many characters of a file's name are kept before its ending.
const maxStem = 100

// safeFileName makes the name that somebody gave a file harmless: no folders, no signs that shells and file systems take for
// something else, no invisible or direction-changing characters, no device names, and an ending that goes with its type. It
// gives the same for what it gave.
func safeFileName(text string, extensions []string) string {
	text = text[strings.LastIndexAny(text, `/\`)+1:]
	text = strings.Join(strings.Fields(strings.Map(safeRune, text)), " ")
	stem, ending := text, ""
	if dot := strings.LastIndexByte(text, '.'); dot >= 0 && slices.Contains(extensions, strings.ToLower(text[dot+1:])) {
		stem, ending = text[:dot], strings.ToLower(text[dot+1:])
	} else if len(extensions) > 0 {
		ending = extensions[0]
	}
	if stem = trimStem(stem); stem == "" {
		stem = "attachment"
	}
	if first, _, _ := strings.Cut(strings.ToLower(stem), "."); slices.Contains(devices, strings.TrimSpace(first)) {
		stem = "_" + stem
	}
	if runes := []rune(stem); len(runes) > maxStem {
		stem = trimStem(string(runes[:maxStem]))
	}
	if ending == "" {
		return stem
	}
	return stem + "." + ending
}

func trimStem(stem string) string { return strings.Trim(stem, ". ") }

// devices are names that one system takes for devices, whatever their ending.
var devices = []string{
	"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
}

// safeRune keeps letters, marks, digits and most signs. Every kind of space becomes one, what is invisible goes, and what
// means something to a shell or a file system becomes an underscore.
func safeRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == unicode.ReplacementChar, !unicode.IsGraphic(r):
		return -1
	case strings.ContainsRune("<>:\"|?*$`;&'%!~", r):
		return '_'
	}
	return r
}
