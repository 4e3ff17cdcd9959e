package detection_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// within is how far a bound may be from the reference, as a share of it.
const within = 1e-6

func TestX4_ResultsAgreeWithTheReference(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.expected.csv")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".expected.csv")
		counts := readSeries(t, "testdata/"+name+".series.csv")
		for method, rows := range readExpected(t, file) {
			t.Run(name+"/"+method[0]+"/"+method[1], func(t *testing.T) {
				t.Parallel()
				m, err := detection.New(method[0], method[1])
				require.NoError(t, err)
				agree(t, rows, m.Watch(counts, 1))
			})
		}
	}
}

// agree compares results with the lines of the reference: t, upperbound, alarm.
func agree(t *testing.T, rows [][]string, results []detection.Result) {
	t.Helper()
	require.Len(t, results, len(rows))
	for i, row := range rows {
		got := results[i]
		assert.Equal(t, row[0], strconv.Itoa(got.Period))
		bound := strings.TrimSpace(row[1])
		require.Equal(t, bound != "", got.Said(), "t=%s", row[0])
		if bound == "" {
			continue
		}
		want, err := strconv.ParseFloat(bound, 64)
		require.NoError(t, err)
		if strings.Contains(bound, ".") {
			assert.InDelta(t, want, got.UpperBound, within*want, "t=%s", row[0])
		} else { // counted
			assert.InDelta(t, want, got.UpperBound, 0, "t=%s", row[0])
		}
		assert.Equal(t, row[2] == "1", got.Alarm, "t=%s", row[0])
	}
}

func readSeries(t *testing.T, path string) []float64 {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	counts, err := detection.ReadSeries(file)
	require.NoError(t, err)
	return counts
}

// readExpected groups the lines by method and parameters, and leaves those two columns out.
func readExpected(t *testing.T, path string) map[[2]string][][]string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	grouped := map[[2]string][][]string{}
	for _, line := range lines[1:] {
		method := [2]string{line[0], line[1]}
		grouped[method] = append(grouped[method], line[2:])
	}
	return grouped
}
