package detection_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

func TestX4_FaultySeriesNameTheirLine(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                              "the first line must be t,observed",
		"t,count\n1,0\n":                "the first line must be t,observed",
		"\ufefft,observed\r\n":          "there is no count after the first line",
		"t,observed\n1,0\n3,0\n":        `line 3: t is "3", not 2`,
		"t,observed\n1,-1\n":            `line 2: observed is "-1", not a whole number from 0 to 1000000000`,
		"t,observed\n1,1.5\n":           `line 2: observed is "1.5", not a whole number from 0 to 1000000000`,
		"t,observed\n1,NaN\n":           `line 2: observed is "NaN", not a whole number from 0 to 1000000000`,
		"t,observed\n1,2,3\n":           "record on line 2: wrong number of fields",
		"t,observed\n1,1\n2,1000000001": `line 3: observed is "1000000001", not a whole number from 0 to 1000000000`,
	} {
		_, err := detection.ReadSeries(strings.NewReader(text))
		require.EqualError(t, err, says)
	}
	counts, err := detection.ReadSeries(strings.NewReader("\ufefft,observed\r\n1,2\r\n2, 0\r\n"))
	require.NoError(t, err)
	assert.Equal(t, []float64{2, 0}, counts)
}

func TestX4_WhatCannotBeSaidIsEmpty(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, detection.WriteResults(&out, []detection.Result{
		{Period: 8, UpperBound: 5.5506400554213, Alarm: false}, {Period: 9, UpperBound: 3, Alarm: true}, {Period: 10, UpperBound: math.NaN()},
	}))
	assert.Equal(t, "t,upperbound,alarm\n8,5.5506400554213,0\n9,3,1\n10,,\n", out.String())
}

func FuzzReadSeries(f *testing.F) {
	f.Add("t,observed\n1,0\n2,3\n")
	f.Fuzz(func(t *testing.T, text string) {
		counts, err := detection.ReadSeries(strings.NewReader(text))
		for _, count := range counts {
			if err == nil && (count < 0 || count != math.Trunc(count)) {
				t.Fatal("a count that is none")
			}
		}
	})
}
