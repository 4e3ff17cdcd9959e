package calendar_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // zones with summer time, for the tests alone

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// anyDate draws a day from 1901 to 2198, so that neighbours stay in range.
func anyDate(t *rapid.T) calendar.Date {
	return day("1901-01-01").AddDays(rapid.IntRange(0, 108_000).Draw(t, "date"))
}

func TestParseDateRefusesWhatIsNoDay(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "2026", "2026-2-3", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31",
		"1899-12-31", "2200-01-01", "2026-11-23 ", "2026/11/23", "20261123", "+026-01-01", "2026-11-23T00:00:00Z",
	} {
		_, err := calendar.ParseDate(s)
		assert.Error(t, err, "%q", s)
	}
}

func TestDateRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDate(t), rapid.IntRange(-300, 300).Draw(t, "n")
		assert.Equal(t, d, day(d.String()))
		assert.Equal(t, d, d.AddDays(n).AddDays(-n))
		assert.Equal(t, n, d.DaysUntil(d.AddDays(n)))
		assert.Equal(t, n > 0, d.AddDays(n).After(d))
		assert.Equal(t, n < 0, d.AddDays(n).Before(d))
		assert.Equal(t, d.Weekday(), d.AddDays(7*n).Weekday())

		text, err := json.Marshal(d)
		require.NoError(t, err)
		var back calendar.Date
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, d, back)
	})
}

func TestADayBeginsAtItsFirstInstant(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		loaded, err := time.LoadLocation(name)
		require.NoError(t, err)
		return loaded
	}
	// São Paulo and Cairo used to skip midnight, Havana to pass it twice.
	saoPaulo := zone("America/Sao_Paulo")
	zones := []*time.Location{
		time.UTC, calendar.Shanghai, saoPaulo, zone("Africa/Cairo"), zone("America/Havana"), zone("Asia/Kathmandu"),
	}
	rapid.Check(t, func(t *rapid.T) {
		d, zone := anyDate(t), rapid.SampledFrom(zones).Draw(t, "zone")
		start := d.In(zone)
		assert.Equal(t, d, calendar.DateOf(start, zone), zone)
		assert.Equal(t, d.AddDays(-1), calendar.DateOf(start.Add(-time.Nanosecond), zone), zone)
	})
	skipped := day("2018-11-04").In(saoPaulo)
	assert.Equal(t, 1, skipped.Hour(), "summer time begins at midnight in São Paulo")
}

func TestShanghaiAgreesWithTheZoneData(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	for d := day("1992-01-01"); d.Year() < 2040; d = d.AddDays(1) {
		require.True(t, d.In(zone).Equal(d.In(calendar.Shanghai)), d)
	}
	lateEvening := time.Date(2026, time.September, 30, 16, 0, 0, 0, time.UTC)
	assert.Equal(t, day("2026-10-01"), calendar.DateOf(lateEvening, calendar.Shanghai))
}

func TestZeroDateIsNoDate(t *testing.T) {
	t.Parallel()
	var d calendar.Date
	assert.True(t, d.IsZero())
	assert.Empty(t, d.String())
	d = day("2026-11-23")
	require.NoError(t, d.UnmarshalText(nil))
	assert.True(t, d.IsZero())
	require.Error(t, d.UnmarshalText([]byte("soon")))
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-23", "2024-02-29", "1900-01-01", "2199-12-31", "", "0000-00-00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := calendar.ParseDate(s); err == nil {
			assert.Equal(t, s, d.String())
		} else {
			assert.True(t, d.IsZero())
		}
	})
}
