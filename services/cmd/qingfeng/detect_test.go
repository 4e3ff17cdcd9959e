package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

func TestX4_DetectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	faulty := filepath.Join(t.TempDir(), "faulty.csv")
	require.NoError(t, os.WriteFile(faulty, []byte("t,observed\n1,many\n"), 0o600))
	require.ErrorContains(t, watchCmd{Method: "C4", Series: faulty}.Run(), "unknown method")
	require.ErrorContains(t, watchCmd{Method: "C1", Series: "absent.csv"}.Run(), "--series absent.csv: ")
	require.ErrorContains(t, watchCmd{Method: "C1", Series: faulty}.Run(), `line 2: observed is "many"`)
}

// A series that is none is refused with its file, line and column, before anything is printed.
func TestX4_DetectRefusesSeriesWithGapsAndImpossibleCounts(t *testing.T) {
	t.Parallel()
	for rows, says := range map[string]string{
		"1,4\n2,5\n4,6\n":                `line 4: t is "4", not 3`,
		"1,4\n2,\n":                      `line 3: observed is ""`,
		"1,-1\n":                         `line 2: observed is "-1"`,
		"1,NaN\n":                        `line 2: observed is "NaN"`,
		"1,Inf\n":                        `line 2: observed is "Inf"`,
		"1,1e308\n":                      `line 2: observed is "1e308"`,
		"1,1" + strings.Repeat("0", 308): `line 2: observed is "1000`,
		"1,1e309\n":                      `line 2: observed is "1e309"`,
	} {
		for _, method := range detection.Names() {
			series := filepath.Join(t.TempDir(), "series.csv")
			require.NoError(t, os.WriteFile(series, []byte("t,observed\n"+rows), 0o600))
			err := watchCmd{Method: method, Series: series}.Run()
			require.ErrorContains(t, err, "--series "+series+": "+says)
		}
	}
}
