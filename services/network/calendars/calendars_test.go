package calendars_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/network/calendars"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func client(s *suitetest.Suite, role, unit string) networkv1.CalendarServiceClient {
	return networkv1.NewCalendarServiceClient(s.As(role, unit))
}

// day is a day of a notice as a test writes it.
func day(date string, work bool, name string) *networkv1.CalendarDay {
	kind := networkv1.DayKind_DAY_KIND_OFF
	if work {
		kind = networkv1.DayKind_DAY_KIND_WORK
	}
	return &networkv1.CalendarDay{Date: date, Kind: kind, Name: name}
}

// madeUp is a notice for a year that has none yet; its days are the test's own.
func madeUp() *networkv1.CalendarYear {
	return &networkv1.CalendarYear{Year: 2027, Source: "测试用放假安排", Days: []*networkv1.CalendarDay{
		day("2026-12-31", false, "元旦"), day("2027-01-01", false, "元旦"), day("2027-01-03", true, "元旦"),
	}}
}

func due(t *testing.T, c networkv1.CalendarServiceClient, req *networkv1.ComputeDeadlineRequest) *typev1.Deadline {
	t.Helper()
	answer, err := c.ComputeDeadline(t.Context(), req)
	require.NoError(t, err)
	return answer.GetDeadline()
}

func fiveWorkingDays(start string) *networkv1.ComputeDeadlineRequest {
	return &networkv1.ComputeDeadlineRequest{
		Start: start, Rule: &typev1.DeadlineRule{Days: 5, Unit: typev1.DayUnit_DAY_UNIT_WORKING},
	}
}

func TestYearWithoutNoticeIsMarkedAssumed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "administrator", networktest.City)

	before := due(t, city, fiveWorkingDays("2026-12-30"))
	assert.Equal(t, "2027-01-06", before.GetDue())
	assert.True(t, before.GetProvisional())
	assert.Contains(t, before.GetArithmetic().GetZh(), "2027")

	imported, err := city.ImportYear(t.Context(), &networkv1.ImportYearRequest{Year: madeUp()})
	require.NoError(t, err)
	assert.EqualValues(t, 1, imported.GetVersion())

	after := due(t, city, fiveWorkingDays("2026-12-30"))
	assert.Equal(t, "2027-01-07", after.GetDue(), "31 December and 1 January are off, Sunday the third is worked")
	assert.False(t, after.GetProvisional())

	listed, err := client(s, "clerk", networktest.Township).ListWorkdays(t.Context(),
		&networkv1.ListWorkdaysRequest{From: "2026-12-31", To: "2027-01-03"})
	require.NoError(t, err)
	var works []bool
	for _, d := range listed.GetDays() {
		works = append(works, d.GetWorkday())
		assert.False(t, d.GetAssumed(), d.GetDate())
	}
	assert.Equal(t, []bool{false, false, false, true}, works)
	assert.Equal(t, "元旦", listed.GetDays()[3].GetName())
}

func TestCorrectedYearIsANewVersion(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "administrator", networktest.City)
	first := madeUp()
	_, err := city.ImportYear(t.Context(), &networkv1.ImportYearRequest{Year: first})
	require.NoError(t, err)
	second := madeUp()
	second.Days = second.Days[:2]
	_, err = city.ImportYear(t.Context(), &networkv1.ImportYearRequest{Year: second})
	require.NoError(t, err)

	assert.Equal(t, "2027-01-08", due(t, city, fiveWorkingDays("2026-12-30")).GetDue())
	listed, err := city.ListYears(t.Context(), &networkv1.ListYearsRequest{PageSize: 1})
	require.NoError(t, err)
	assert.EqualValues(t, 2, listed.GetYears()[0].GetVersion())
	listed, err = city.ListYears(t.Context(), &networkv1.ListYearsRequest{PageSize: 1, PageToken: listed.GetNextPageToken()})
	require.NoError(t, err)
	assert.EqualValues(t, 1, listed.GetYears()[0].GetVersion())
	assert.Len(t, listed.GetYears()[0].GetDays(), 3)
	assert.Empty(t, listed.GetNextPageToken())
}

func TestFaultyYearNamesEveryDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "administrator", networktest.City)
	bad := &networkv1.CalendarYear{Year: 2027, Source: "x", Days: []*networkv1.CalendarDay{
		day("2027-05-01", false, "劳动节"), day("2027-05-01", true, "劳动节"), day("2028-05-01", false, "劳动节"),
		day("2027-02-30", false, "春节"),
	}}
	_, err := city.ImportYear(t.Context(), &networkv1.ImportYearRequest{Year: bad})
	networktest.Refused(t, err, codes.InvalidArgument, "year.days[1].date", "year.days[2].date", "year.days[3].date", "year.days")
	_, err = client(s, "administrator", networktest.Township).ImportYear(t.Context(),
		&networkv1.ImportYearRequest{Year: madeUp()})
	networktest.Refused(t, err, codes.PermissionDenied)
	listed, err := city.ListYears(t.Context(), &networkv1.ListYearsRequest{})
	require.NoError(t, err)
	assert.Empty(t, listed.GetYears())
}

func TestPauseMovesADeadline(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "handler", networktest.City)
	req := &networkv1.ComputeDeadlineRequest{
		Start: "2026-11-02",
		Rule:  &typev1.DeadlineRule{Days: 60, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR, Source: "信访工作条例 art. 34"},
	}
	assert.Equal(t, "2027-01-01", due(t, city, req).GetDue())
	req.Pauses = []*typev1.Pause{{From: "2026-11-10", To: "2026-11-19", Reason: "听证"}}
	paused := due(t, city, req)
	assert.Equal(t, "2027-01-11", paused.GetDue())
	assert.Contains(t, paused.GetArithmetic().GetZh(), "听证")
	req.Pauses[0].To = ""
	assert.Empty(t, due(t, city, req).GetDue(), "an open pause keeps the clock standing")

	req.Pauses[0].To = "2026-11-01"
	req.Start = "2026-02-30"
	_, err := city.ComputeDeadline(t.Context(), req)
	networktest.Refused(t, err, codes.InvalidArgument, "start", "pauses[0].to")
	_, err = city.ListWorkdays(t.Context(), &networkv1.ListWorkdaysRequest{From: "2026-01-01", To: "2036-01-01"})
	networktest.Refused(t, err, codes.InvalidArgument, "to")
	_, err = city.ComputeDeadline(t.Context(), &networkv1.ComputeDeadlineRequest{
		Start: "2026-11-02", Rule: &typev1.DeadlineRule{Days: 121, Unit: typev1.DayUnit_DAY_UNIT_MONTH},
	})
	networktest.Refused(t, err, codes.InvalidArgument)
}

// A month from the last day of a longer one ends with the shorter month, whether the first day counts or not.
func TestMonthFromItsLastDayEndsWithTheNext(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "handler", networktest.City)
	month := func(start string, counted bool) string {
		return due(t, city, &networkv1.ComputeDeadlineRequest{
			Start: start, Rule: &typev1.DeadlineRule{Days: 1, Unit: typev1.DayUnit_DAY_UNIT_MONTH, CountFirstDay: counted},
		}).GetDue()
	}
	for start, want := range map[string][2]string{ // the first day counted, and not
		"2027-01-31": {"2027-02-28", "2027-02-28"}, "2028-01-31": {"2028-02-29", "2028-02-29"}, "2027-03-31": {"2027-04-30", "2027-04-30"},
		"2027-01-15": {"2027-02-14", "2027-02-15"}, "2027-02-28": {"2027-03-27", "2027-03-28"},
	} {
		assert.Equal(t, want, [2]string{month(start, true), month(start, false)}, start)
	}
}

// The notice for a year may name days of the December before, which it knows better than the notice for that December's year.
func TestLaterNoticeOverridesDecember(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := client(s, "administrator", networktest.City)
	for _, year := range []*networkv1.CalendarYear{
		madeUp(), {Year: 2026, Source: "测试用放假安排", Days: []*networkv1.CalendarDay{
			day("2026-01-01", false, "元旦"), day("2026-12-31", true, "元旦"),
		}},
	} {
		_, err := city.ImportYear(t.Context(), &networkv1.ImportYearRequest{Year: year})
		require.NoError(t, err)
	}
	listed, err := city.ListWorkdays(t.Context(), &networkv1.ListWorkdaysRequest{From: "2026-12-31", To: "2026-12-31"})
	require.NoError(t, err)
	assert.False(t, listed.GetDays()[0].GetWorkday())

	remote, err := calendars.Remote(city, s.Clock)(t.Context())
	require.NoError(t, err)
	works, known := remote.IsWorkday(calendar.NewDate(2026, time.December, 31))
	assert.True(t, known)
	assert.False(t, works)
}

func TestDeadlineOutOfCalendarIsInvalid(t *testing.T) {
	t.Parallel()
	city := client(suitetest.New(t), "administrator", networktest.City)
	_, err := city.ComputeDeadline(t.Context(), fiveWorkingDays("2199-12-30"))
	suitetest.RequireFieldFaults(t, err, map[string]string{"start": "OUT_OF_CALENDAR"})
}
