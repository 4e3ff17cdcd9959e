package reports_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// told are the messages of a unit, the oldest first, as "day kind record".
func told(t *testing.T, s *suitetest.Suite, unit string) []string {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(), &networkv1.ListMessagesRequest{
		Unit: unit, PageSize: 1000,
	})
	require.NoError(t, err)
	list := make([]string, len(answer.GetMessages()))
	for i, m := range answer.GetMessages() {
		day := calendar.DateOf(m.GetCreateTime().AsTime(), calendar.Shanghai).String()
		list[len(list)-1-i] = strings.Join([]string{day, strings.TrimPrefix(m.GetKind(), "inbox."), m.GetResource()}, " ")
	}
	return list
}

// of are the messages about one record.
func of(lines []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasSuffix(line, " "+name) })
}

// remindUntil lets the suite live day by day until a date, as it would.
func remindUntil(s *suitetest.Suite, last string) {
	for clock.Today(s.Clock).String() <= last {
		s.RunJob(reports.OpenReportsJob)
		s.RunJob(reports.RemindReportsJob)
		s.Clock.Advance(24 * time.Hour)
	}
}

// send does what a township does to send a report.
func send(t *testing.T, s *suitetest.Suite, unit, name string) {
	t.Helper()
	end(t, s, name[strings.LastIndex(name, ".")+1:])
	submit(t, networkv1.NewReportServiceClient(s.As("clerk", unit)), name)
}

// submit writes, computes, confirms and submits a report.
func submit(t *testing.T, client networkv1.ReportServiceClient, name string) {
	t.Helper()
	_, err := client.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: wordy()})
	require.NoError(t, err)
	computed, err := client.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	_, err = client.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()})
	require.NoError(t, err)
	_, err = client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	require.NoError(t, err)
}

func TestH6_UnitsAreRemindedBeforeOnAndAfterTheWindow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const october, other = "reports/340503001.monthly.2026-10", "reports/340504001.monthly.2026-10"
	s.RunJob(reports.OpenReportsJob)
	send(t, s, networktest.OtherTownship, other)
	remindUntil(s, "2026-12-08")
	assert.Equal(t, []string{
		"2026-11-02 report_closes " + october, // three working days before 5 November, a Thursday
		"2026-11-05 report_closes_today " + october,
		"2026-11-06 report_late " + october,
		"2026-11-13 report_late " + october,
		"2026-11-20 report_late " + october,
		"2026-11-27 report_late " + october,
		"2026-12-02 report_closes " + november, // three working days before Monday the seventh: the fifth is a Saturday
		"2026-12-04 report_late " + october,
		"2026-12-07 report_closes_today " + november,
		"2026-12-08 report_late " + november,
	}, told(t, s, networktest.Township))
	for _, message := range of(told(t, s, networktest.OtherTownship), other) {
		assert.True(t, strings.HasPrefix(message, "2026-11-02 "), "it was sent that day, and owed no more: %s", message)
	}
	above := told(t, s, networktest.County)
	assert.Len(t, above, 6, "one message a week of October's and one of November's, however many are late")
	assert.Equal(t, "2026-11-06 reports_late_below "+networktest.County, above[0])
}

func TestH6_AfterAnOutageOnlyTheLatestReminderIsSent(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t, suitetest.StartAt(suitetest.Start.Add(-24*time.Hour))) // a Sunday: nothing falls due before the outage
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(33 * 24 * time.Hour) // 4 December: October's window closed, a reminder of November's has come
	for range 3 {
		s.RunJob(reports.RemindReportsJob)
	}
	assert.ElementsMatch(t, []string{
		"2026-12-04 report_late reports/340503001.monthly.2026-10", "2026-12-04 report_closes " + november,
	}, told(t, s, networktest.Township))
	send(t, s, networktest.Township, november)
	s.Clock.Advance(60 * 24 * time.Hour)
	s.RunJob(reports.RemindReportsJob)
	own := told(t, s, networktest.Township)
	assert.Len(t, of(own, "reports/340503001.monthly.2026-10"), 1, "its last reminder fell due on 4 December, and was sent then")
	assert.Len(t, of(own, november), 1, "it is owed no more")
	late := of(told(t, s, networktest.OtherTownship), "reports/340504001.monthly.2026-11")
	require.Len(t, late, 2)
	assert.Equal(t, "2027-02-02 report_late reports/340504001.monthly.2026-11", late[1])
}

// What has been opened is reminded of by the schedule that opened it, when the scheme has dropped that schedule or another scheme
// holds for the unit; a window that has not opened is not announced any more.
func TestH6_OpenReportIsRemindedAfterItsScheduleIsRemoved(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(24 * time.Hour)
	removeSchedules(t, s, otherCounty, "2026-11-03")
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) { c.Schedules = c.GetSchedules()[1:] })
	s.Clock.Advance(28 * 24 * time.Hour) // 1 December
	remindUntil(s, "2026-12-08")
	for unit, name := range map[string]string{
		networktest.Township: november, networktest.OtherTownship: "reports/340504001.monthly.2026-11",
	} {
		assert.Equal(t, []string{
			"2026-12-02 report_closes " + name, "2026-12-07 report_closes_today " + name, "2026-12-08 report_late " + name,
		}, of(told(t, s, unit), name))
		assert.NotContains(t, strings.Join(told(t, s, unit), " "), "monthly.2026-12", "it is not asked for")
	}
	assert.Contains(t, told(t, s, networktest.County), "2026-12-08 reports_late_below "+networktest.County)
}

// Two versions of a scheme that ask for the same period side by side each remind of their own.
func TestH6_SchemeVersionsRemindIndependently(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(24 * time.Hour)
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) {
		c.Schedules[0].UnitLevels = append(c.Schedules[0].UnitLevels, typev1.Level_LEVEL_COUNTY)
	})
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(29 * 24 * time.Hour) // 2 December
	s.RunJob(reports.RemindReportsJob)
	assert.Contains(t, told(t, s, networktest.Township), "2026-12-02 report_closes "+november)
	assert.Contains(t, told(t, s, networktest.County), "2026-12-02 report_closes reports/340503.monthly.2026-11")
}

// A later version with another window does not announce what its forerunner has opened, nor what was sent by then.
func TestH6_LaterVersionDoesNotRemindOfWhatIsOpen(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t, suitetest.StartAt(suitetest.Start.Add(9*24*time.Hour))) // 11 November
	s.RunJob(reports.OpenReportsJob)
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) {
		c.Schedules[0].Window.OpenDay = 25
		c.Schedules[0].Reminders = []*typev1.Reminder{
			reminder("ahead", typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN, 5),
		}
	})
	s.Clock.Advance(11 * 24 * time.Hour) // 22 November
	s.RunJob(reports.RemindReportsJob)
	assert.Empty(t, of(told(t, s, networktest.Township), november))
}

func TestH6_SuccessorIsRemindedOfOwedReports(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	mergeRows(t, s, networktest.Township, networktest.OtherTownship, "")
	s.Clock.Advance(29 * 24 * time.Hour) // 1 December
	remindUntil(s, "2026-12-08")
	assert.Equal(t, []string{
		"2026-12-02 report_closes " + november, "2026-12-07 report_closes_today " + november, "2026-12-08 report_late " + november,
	}, of(told(t, s, networktest.OtherTownship), november))
	var late string
	require.NoError(t, networktest.Database(t, s).QueryRow(t.Context(), `SELECT string_agg(args[array_position(args, 'count') + 1], ' ')
		FROM network.messages WHERE unit_id = '340504' AND kind = 'inbox.reports_late_below' AND dedup_key LIKE '% 2026-11 %'`).Scan(&late))
	assert.Equal(t, strconv.Itoa(len(listOwed(t, s, otherCounty, "2026-11"))), late, "its report is late below the successor's county")
}

func TestC10_SuccessorIsNotifiedOfAReturnedReport(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	send(t, s, networktest.Township, november)
	mergeRows(t, s, networktest.Township, networktest.OtherTownship, "")
	above := networkv1.NewReportServiceClient(s.As("handler", networktest.City))
	sent, err := above.GetReport(t.Context(), &networkv1.GetReportRequest{Name: november})
	require.NoError(t, err)
	_, err = above.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: november, Reason: "数据不全。", Etag: sent.GetEtag(),
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"2026-12-01 report_returned " + november}, of(told(t, s, networktest.OtherTownship), november))
}

// quarter is a scheme for the city with a window from the 10th to the 15th of the third month (H6).
func quarter(t *testing.T, s *suitetest.Suite, reminders ...*typev1.Reminder) error {
	t.Helper()
	client := networkv1.NewSchemeServiceClient(s.As(access.Administrator, networktest.City))
	scheme, err := client.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	next, ok := proto.Clone(scheme).(*networkv1.Scheme)
	require.True(t, ok)
	next.EffectiveFrom = "2026-11-03"
	next.Schedules = []*networkv1.Schedule{{
		Id: "point", Title: &typev1.Text{Zh: "监测点季报"}, PeriodKind: typev1.PeriodKind_PERIOD_KIND_QUARTER,
		Window:     &typev1.Window{OpenMonth: 3, OpenDay: 10, CloseMonth: 3, CloseDay: 15},
		UnitLevels: []typev1.Level{typev1.Level_LEVEL_COUNTY}, Form: "four_parts", Reminders: reminders,
	}}
	_, err = client.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: next})
	return err
}

func reminder(id string, moment typev1.ReminderMoment, days int32) *typev1.Reminder {
	return &typev1.Reminder{Id: id, Moment: moment, Days: days, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
}

func TestH6_ShortWindowRemindsBeforeOpenAndClose(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	require.NoError(t, quarter(t, s, reminder("week", typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN, 7),
		reminder("open", typev1.ReminderMoment_REMINDER_MOMENT_ON_OPEN, 0),
		reminder("soon", typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE, 2),
		reminder("last", typev1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE, 0),
		reminder("late", typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE, 3)))
	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	remindUntil(s, "2026-12-24")
	const name = "reports/340503.point.2026-Q4"
	assert.Equal(t, []string{
		"2026-12-03 report_opens " + name, "2026-12-10 report_opened " + name, "2026-12-13 report_closes " + name,
		"2026-12-15 report_closes_today " + name, "2026-12-18 report_late " + name,
	}, of(told(t, s, networktest.County), name))
}

// Five working days before Tuesday the fifteenth is the eighth, when nobody owes anything yet.
func TestH6_WhatFellDueBeforeTheWindowIsToldAsItOpens(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	soon := reminder("soon", typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE, 5)
	soon.Unit = typev1.DayUnit_DAY_UNIT_WORKING
	require.NoError(t, quarter(t, s, soon))
	s.Clock.Advance(35 * 24 * time.Hour) // 7 December
	remindUntil(s, "2026-12-16")
	const name = "reports/340503.point.2026-Q4"
	assert.Equal(t, []string{"2026-12-10 report_closes " + name}, of(told(t, s, networktest.County), name))
}

func TestH6_FaultyRemindersAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	again := reminder("again", typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE, 5)
	again.RepeatEveryDays, again.RepeatUntilDays = 3, 4
	above := reminder("above", typev1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE, 0)
	above.TellsAbove = 1
	err := quarter(t, s, reminder("a", typev1.ReminderMoment_REMINDER_MOMENT_ON_OPEN, 1),
		reminder("a", typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN, 0), again, above)
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.schedules[0].reminders[0].days",
		"scheme.schedules[0].reminders[1].id",
		"scheme.schedules[0].reminders[1].days", "scheme.schedules[0].reminders[2].repeat_every_days",
		"scheme.schedules[0].reminders[3].repeat_every_days")
	months := reminder("months", typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE, 1)
	months.Unit = typev1.DayUnit_DAY_UNIT_MONTH
	networktest.Refused(t, quarter(t, s, months), codes.InvalidArgument, "scheme.schedules[0].reminders[0].unit")
}

// importYear imports a notice for a year that gives some days off.
func importYear(t *testing.T, s *suitetest.Suite, year int32, off ...string) {
	t.Helper()
	days := make([]*networkv1.CalendarDay, len(off))
	for i, date := range off {
		days[i] = &networkv1.CalendarDay{Date: date, Kind: networkv1.DayKind_DAY_KIND_OFF, Name: "测试"}
	}
	_, err := networkv1.NewCalendarServiceClient(s.As(access.Administrator, networktest.City)).ImportYear(t.Context(),
		&networkv1.ImportYearRequest{Year: &networkv1.CalendarYear{Year: year, Source: "测试用放假安排", Days: days}})
	require.NoError(t, err)
}

func TestH6_RemindersFallOnTheWorkingDaysOfImportedYears(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	importYear(t, s, 2027, "2026-12-04", "2027-01-01")
	s.Clock.Advance(28 * 24 * time.Hour) // 30 November
	remindUntil(s, "2026-12-07")
	assert.Equal(t, []string{
		"2026-12-01 report_closes " + november, // three working days before Monday the seventh, the fourth being off
		"2026-12-07 report_closes_today " + november,
	}, of(told(t, s, networktest.Township), november))
}

func TestH6_ReminderNamesAssumedYears(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(63 * 24 * time.Hour) // 4 January 2027
	remindUntil(s, "2027-01-04")
	const name = "reports/340503001.monthly.2026-12"
	titles := func(unit string) (list []string) {
		answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			if m.GetResource() == name {
				list = append(list, m.GetTitle())
			}
		}
		return list
	}
	assumed := titles(networktest.Township)
	require.Len(t, assumed, 1)
	assert.Contains(t, assumed[0], "2027 年的放假安排尚未导入")
	importYear(t, s, 2027, "2027-01-01")
	remindUntil(s, "2027-01-05")
	known := titles(networktest.Township)
	require.Len(t, known, 2)
	assert.NotContains(t, known[0], "2027 年的放假安排", "that day is known now")
}

func TestH6_ImportedYearRepeatsNoReminder(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(58 * 24 * time.Hour) // 30 December
	remindUntil(s, "2026-12-31")
	const name = "reports/340503001.monthly.2026-12"
	before := of(told(t, s, networktest.Township), name)
	require.Equal(t, []string{"2026-12-31 report_closes " + name}, before,
		"three working days before 5 January, the first being none known")
	importYear(t, s, 2027, "2027-01-01", "2027-01-04")
	s.RunJob(reports.RemindReportsJob)
	assert.Equal(t, before, of(told(t, s, networktest.Township), name))
}
