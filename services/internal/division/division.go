// Package division knows the division codes of GB/T 2260 and of their extension below the county.
package division

import (
	"slices"
	"strings"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// CodeLength is how many digits the codes of a level have.
func CodeLength(level typev1.Level) int {
	switch level {
	case typev1.Level_LEVEL_TOWNSHIP:
		return 9
	case typev1.Level_LEVEL_VILLAGE:
		return 12
	default:
		return 6
	}
}

// Prefix is what the codes below a division begin with: "3405" for 340500, the code itself from the county down.
func Prefix(code string) string {
	if len(code) == 6 {
		return strings.TrimSuffix(strings.TrimSuffix(code, "00"), "00")
	}
	return code
}

// Provinces are the first two digits of the codes of all provinces, in order.
var Provinces = []string{
	"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46",
	"50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
}

// IsCode tells whether a text has the form of a division code. Which divisions a province has changes every year, and is not
// known here.
func IsCode(code string) bool {
	for _, r := range code {
		if r < '0' || r > '9' {
			return false
		}
	}
	return (len(code) == 6 || len(code) == 9 || len(code) == 12) && slices.Contains(Provinces, code[:2])
}
