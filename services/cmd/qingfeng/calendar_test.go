package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func printed(t *testing.T, held *calendar.Calendar, from, to string) (out, notes string) {
	t.Helper()
	first, err := calendar.ParseDate(from)
	require.NoError(t, err)
	last, err := calendar.ParseDate(to)
	require.NoError(t, err)
	var o, n bytes.Buffer
	require.NoError(t, workdays(&o, &n, held, first, last))
	return o.String(), n.String()
}

func TestWorkdaysArePrintedOneALine(t *testing.T) {
	t.Parallel()
	out, notes := printed(t, calendar.BuiltIn(), "2026-09-30", "2026-10-10")
	assert.Equal(t, `2026-09-30,1
2026-10-01,0
2026-10-02,0
2026-10-03,0
2026-10-04,0
2026-10-05,0
2026-10-06,0
2026-10-07,0
2026-10-08,1
2026-10-09,1
2026-10-10,1
`, out)
	assert.Empty(t, notes)
}

func TestWorkdaysOfAllKnownYearsAreRight(t *testing.T) {
	t.Parallel()
	out, notes := printed(t, calendar.BuiltIn(), "2020-01-01", "2026-12-31")
	assert.Equal(t, 2557, strings.Count(out, "\n"))
	assert.Empty(t, notes)
	for year, want := range map[string]int{
		"2020": 249, "2021": 250, "2022": 249, "2023": 249, "2024": 251, "2025": 248, "2026": 248,
	} {
		works := 0
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, year) && strings.HasSuffix(line, ",1\n") {
				works++
			}
		}
		assert.Equal(t, want, works, "working days of %s", year)
	}
}

func TestYearWithoutDataIsReportedOnce(t *testing.T) {
	t.Parallel()
	out, notes := printed(t, calendar.BuiltIn(), "2026-12-31", "2028-01-03")
	assert.Contains(t, out, "2027-01-01,1\n")
	assert.Equal(t, 1, strings.Count(notes, "for 2027:"))
	assert.Equal(t, 1, strings.Count(notes, "for 2028:"))

	file := filepath.Join(t.TempDir(), "2027.csv")
	require.NoError(t, os.WriteFile(file, []byte("\ufeffdate,kind,name\n2027-01-01,off,元旦\n"), 0o600))
	workdays, err := mergeFile(calendar.BuiltIn(), file)
	require.NoError(t, err)
	out, notes = printed(t, workdays, "2026-12-31", "2027-12-31")
	assert.Contains(t, out, "2027-01-01,0\n")
	assert.Empty(t, notes)
}

func TestBadSpansAndFilesAreRefused(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, calendarWorkdaysCmd{From: "2026-10-02", To: "2026-10-01"}.Run(), "before")
	require.ErrorContains(t, calendarWorkdaysCmd{From: "2026-13-01", To: "2026-10-01"}.Run(), "--from")
	require.ErrorContains(t, calendarWorkdaysCmd{From: "2026-10-01", To: "x"}.Run(), "--to")
	file := filepath.Join(t.TempDir(), "bad.csv")
	require.NoError(t,
		os.WriteFile(file, []byte("date,kind,name\n2027-01-01,off,元旦\n2027-02-30,off,春节\n2027-05-01,free,劳动节\n"), 0o600))
	err := calendarWorkdaysCmd{From: "2026-10-01", To: "2026-10-01", Holidays: file}.Run()
	require.ErrorContains(t, err, "line 3")
	require.ErrorContains(t, err, "line 4")
	for _, rows := range []string{"", "2031-05-01,off,劳动节\n"} {
		require.NoError(t, os.WriteFile(file, []byte("date,kind,name\n"+rows), 0o600))
		err := calendarWorkdaysCmd{From: "2031-05-01", To: "2031-05-01", Holidays: file}.Run()
		require.ErrorContains(t, err, "bad.csv: no year has its 1 January in it")
	}
}

func TestCalendarImportSaysWhatItDid(t *testing.T) {
	t.Parallel()
	client := networkv1.NewCalendarServiceClient(suitetest.New(t).As(access.Administrator, suitetest.City))
	load := func(rows, source string) string {
		read, err := calendar.Parse(strings.NewReader("date,kind,name\n" + rows))
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, importYears(t.Context(), &out, client, read, source))
		return out.String()
	}
	const one, two = "2027-01-01,off,元旦\n", "2027-01-01,off,元旦\n2027-10-01,off,国庆节\n"
	assert.Equal(t, "2027: version 1, 1 days, created\n", load(one, "notice"))
	assert.Equal(t, "2027: version 1, 1 days, unchanged\n", load(one, "notice"))
	assert.Equal(t, "2027: version 2, 2 days, created\n", load(two, "notice"))
	assert.Equal(t, "2027: version 2, 2 days, unchanged\n2028: version 1, 1 days, created\n",
		load(two+"2028-01-01,off,元旦\n", "notice"))
}
