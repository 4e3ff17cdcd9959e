package detection

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ReadSeries reads counts from CSV with the columns t and observed, t rising by one from 1. The error names the line.
func ReadSeries(from io.Reader) ([]float64, error) {
	lines := csv.NewReader(from)
	lines.FieldsPerRecord = 2
	lines.ReuseRecord = true
	head, err := lines.Read()
	if err != nil || strings.TrimPrefix(head[0], "\ufeff") != "t" || head[1] != "observed" {
		return nil, errors.New("the first line must be t,observed")
	}
	var counts []float64
	for {
		row, err := lines.Read()
		if errors.Is(err, io.EOF) && len(counts) == 0 {
			return nil, errors.New("there is no count after the first line")
		}
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := lines.FieldPos(0)
		if strings.TrimSpace(row[0]) != strconv.Itoa(len(counts)+1) {
			return nil, fmt.Errorf("line %d: t is %q, not %d", line, row[0], len(counts)+1)
		}
		count, err := strconv.ParseFloat(strings.TrimSpace(row[1]), 64)
		if err != nil || !(count >= 0 && count <= highest) || count != math.Trunc(count) {
			return nil, fmt.Errorf("line %d: observed is %q, not a whole number from 0 to %d", line, row[1], int64(highest))
		}
		counts = append(counts, count)
	}
}

// highest is the largest count, low enough that its square is exact enough.
const highest = 1_000_000_000

// WriteResults writes t,upperbound,alarm as CSV, with alarm 1 or 0; both are empty where the past allows no statement.
func WriteResults(to io.Writer, results []Result) error {
	lines := csv.NewWriter(to)
	_ = lines.Write([]string{"t", "upperbound", "alarm"}) // an error stays until Error
	for _, result := range results {
		row := []string{strconv.Itoa(result.Period), "", ""}
		if result.Said() {
			row[1], row[2] = strconv.FormatFloat(result.UpperBound, 'g', 15, 64), "0"
			if result.Alarm {
				row[2] = "1"
			}
		}
		_ = lines.Write(row)
	}
	lines.Flush()
	return lines.Error()
}
