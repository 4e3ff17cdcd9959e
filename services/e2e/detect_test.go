package e2e

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the program prints is held against the reference figures, read as others read them: with t, upperbound and alarm.
func TestX4_DetectPrintsWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	const figures = "../warning/detection/testdata"
	expected, err := filepath.Glob(figures + "/*.expected.csv")
	require.NoError(t, err)
	require.NotEmpty(t, expected)
	for _, file := range expected {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		wanted := lines(t, string(text))
		for len(wanted) > 1 {
			method, parameters := wanted[1][0], wanted[1][1]
			printed := lines(t, does(t, "detect", "--method", method, "--params", parameters,
				"--series", strings.TrimSuffix(file, ".expected.csv")+".series.csv"))
			require.Equal(t, []string{"t", "upperbound", "alarm"}, printed[0])
			for _, got := range printed[1:] {
				require.Greater(t, len(wanted), 1, "%s %s prints more", file, method)
				agree(t, wanted[1], got)
				wanted = wanted[1:]
			}
			require.True(t, len(wanted) == 1 || wanted[1][0] != method || wanted[1][1] != parameters, "%s %s prints less", file, method)
		}
	}
}

func lines(t *testing.T, text string) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return all
}

// agree holds a printed line against method, params, t, upperbound, alarm.
func agree(t *testing.T, wanted, got []string) {
	t.Helper()
	const within = 1e-6
	bound := strings.TrimSpace(wanted[3])
	if bound == "" {
		assert.Equal(t, []string{wanted[2], "", ""}, got)
		return
	}
	assert.Equal(t, []string{wanted[2], wanted[4]}, []string{got[0], got[2]})
	want, err := strconv.ParseFloat(bound, 64)
	require.NoError(t, err)
	value, err := strconv.ParseFloat(got[1], 64)
	require.NoError(t, err)
	assert.InDelta(t, want, value, within*want, "%s", wanted)
}
