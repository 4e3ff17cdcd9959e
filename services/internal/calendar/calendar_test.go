package calendar_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func TestDefaultCalendarKnowsTheNotices(t *testing.T) {
	t.Parallel()
	c := calendar.BuiltIn()
	assert.Equal(t, []int{2020, 2021, 2022, 2023, 2024, 2025, 2026}, c.Years())
	for _, tc := range []struct {
		date, what     string
		workday, known bool
	}{
		{"2026-11-23", "an ordinary Monday", true, true},
		{"2026-11-22", "an ordinary Sunday", false, true},
		{"2020-01-31", "Spring Festival, extended", false, true},
		{"2020-02-03", "the Monday after it, named as worked", true, true},
		{"2022-12-31", "New Year's Day of 2023", false, true},
		{"2025-09-28", "a Sunday worked for National Day", true, true},
		{"2025-10-08", "the Wednesday that ends National Day", false, true},
		{"2026-02-14", "a Saturday worked for Spring Festival", true, true},
		{"2026-02-23", "the Monday that ends Spring Festival", false, true},
		{"2026-02-28", "a Saturday worked for Spring Festival", true, true},
		{"2019-10-01", "a Tuesday before the data", true, false},
		{"2027-01-01", "a Friday after the data", true, false},
		{"2027-01-02", "a Saturday after the data", false, false},
	} {
		workday, known := c.IsWorkday(day(tc.date))
		assert.Equal(t, tc.workday, workday, "%s, %s", tc.date, tc.what)
		assert.Equal(t, tc.known, known, "%s, %s", tc.date, tc.what)
	}
}

// A year has 365 or 366 days, 104 to 106 of them on weekends, and 11 days of
// statutory holiday, 13 since 2025.
func TestYearsHaveTheRightNumberOfWorkdays(t *testing.T) {
	t.Parallel()
	// The extension of Spring Festival 2020 took a Friday and a Saturday that was
	// to be worked.
	want := map[int]int{2020: 262 - 11 - 2, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248}
	got := map[int]int{}
	for d := day("2020-01-01"); d.Year() <= 2026; d = d.AddDays(1) {
		if workday, _ := calendar.BuiltIn().IsWorkday(d); workday {
			got[d.Year()]++
		}
	}
	assert.Equal(t, want, got)
}

func TestParseNamesEveryBadRow(t *testing.T) {
	t.Parallel()
	_, err := calendar.Parse(strings.NewReader(strings.Join([]string{
		"date,kind,name",
		"2027-01-01,off,元旦",
		"2027-02-30,off,春节",
		"2027-01-01,off,元旦",
		"2027-01-02,holiday,元旦",
		"2027-01-04,WORK,元旦",
		"2027-01-05,off,",
		"2027-01-06,off",
		`2027-01-07,"o"ff,元旦`,
		"2027-01-09,work,元旦",
	}, "\n")))
	require.Error(t, err)
	for _, fault := range []string{
		`line 3: date "2027-02-30"`, "line 4: 2027-01-01 is listed twice", `line 5: kind "holiday"`,
		`line 6: kind "WORK"`, "line 7: want a name", "line 8: want 3 columns, got 2", "on line 9",
	} {
		require.ErrorContains(t, err, fault)
	}
	assert.Equal(t, 7, strings.Count(err.Error(), "\n")+1, "good rows are not named:\n%v", err)
}

func TestParseRefusesWhatIsNotHolidayData(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"nothing": "", "other header": "day,kind,name\n", "too long": "date,kind,name\n" + strings.Repeat("\n", 1<<20),
	} {
		c, err := calendar.Parse(strings.NewReader(data))
		require.Error(t, err, name)
		assert.Nil(t, c, name)
	}
}

func TestParseTakesASpreadsheetsFile(t *testing.T) {
	t.Parallel()
	c, err := calendar.Parse(
		strings.NewReader("\ufeffdate,kind,name\r\n2022-12-31,off,元旦\r\n2023-01-01,off,元旦\r\n2024-01-02,off,元旦\r\n"),
	)
	require.NoError(t, err)
	assert.Equal(t, []int{2023}, c.Years(),
		"a day of 2022 in the notice for 2023 does not make 2022 known, nor does 2 January 2024")
	_, known := c.IsWorkday(day("2022-12-31"))
	assert.True(t, known, "a listed day is known")
	_, known = c.IsWorkday(day("2022-12-30"))
	assert.False(t, known)
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("holidays.csv")
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte("date,kind,name\n2027-01-01,off,元旦\n\"2027"))
	f.Add([]byte("date,kind,name\n\n,,\n\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := calendar.Parse(bytes.NewReader(data))
		assert.Equal(t, err == nil, c != nil)
	})
}
