package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// grant asks for an exception for a township's monthly report; it is waived where no day is given.
func (d *clerk) grant(t *testing.T, period, extendTo string) (*networkv1.ReportException, error) {
	t.Helper()
	answer, err := d.exceptions.GrantReportException(t.Context(),
		&networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
			Unit: d.unit, Schedule: "monthly", Period: period, Waived: extendTo == "", ExtendTo: extendTo, Reason: "抗洪救灾",
		}})
	return answer, err
}

func TestC10_ExtensionMovesTheCloseDate(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	granted, err := d.grant(t, "2026-11", "2026-12-20")
	require.NoError(t, err)
	assert.Equal(t, "2026-12-07", granted.GetExtendedFrom())
	assert.EqualValues(t, 13, granted.GetDaysAdded())
	assert.Equal(t, networktest.City, granted.GetGrantedBy())
	journal, err := networkv1.NewJournalServiceClient(d.s.As("reviewer", networktest.City)).ListJournal(t.Context(),
		&typev1.ListJournalRequest{Unit: networktest.City, Resource: granted.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "抗洪救灾", journal.GetEntries()[0].GetReason(), "X3: the reason stands in the exception that is asked for")
	report := d.get(t, "2026-11", 0)
	assert.Equal(t, "2026-12-20", report.GetCloseOn())
	assert.Equal(t, "2026-12-07", report.GetScheduledCloseOn())
	assert.Equal(t, "抗洪救灾", report.GetException().GetReason())

	_, err = d.grant(t, "2026-11", "2026-12-25")
	networktest.Refused(t, err, codes.AlreadyExists)
	require.ErrorContains(t, err, granted.GetName())
	d.s.Clock.Advance(48 * day) // 20 December
	assert.False(t, d.send(t, "2026-11").GetLate())
	revoke := &networkv1.RevokeReportExceptionRequest{Name: granted.GetName(), Reason: "有误"}
	_, err = d.exceptions.RevokeReportException(t.Context(), revoke)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REPORT_SUBMITTED")
}

func TestC10_ExceptionGrantedBeforeTheWindowApplies(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d, other := newClerk(t, s, networktest.Township), newClerk(t, s, networktest.OtherTownship)
	opened(t, d.clerk, november)
	_, err := d.grant(t, "2027-01", "2027-02-15")
	require.NoError(t, err)
	_, err = other.grant(t, "2027-01", "")
	require.NoError(t, err)
	s.Clock.Advance(70 * day)
	s.RunJob(reports.OpenReportsJob)
	assert.Equal(t, "2027-02-15", opened(t, d.clerk, d.name("2027-01")).GetCloseOn())
	exempted := opened(t, other.clerk, other.name("2027-01"))
	assert.True(t, exempted.GetExempted())
	assert.Equal(t, "2027-02-05", exempted.GetCloseOn())
	assert.Equal(t, "抗洪救灾", exempted.GetException().GetReason())
}

func TestC10_ExceptionIsRevokedOnlyBeforeTheCloseDate(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	waived, err := d.grant(t, "2026-11", "")
	require.NoError(t, err)
	assert.True(t, d.get(t, "2026-11", 0).GetExempted())
	revoke := func(e *networkv1.ReportException) error {
		_, err := d.exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
			Name: e.GetName(), Reason: "汛情解除", Etag: e.GetEtag(),
		})
		return err
	}
	self := networkv1.NewReportExceptionServiceClient(d.s.As("clerk", networktest.Township))
	_, err = self.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: waived.GetName(), Reason: "不需要",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_REPORT")
	_, err = self.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: networktest.Township, Schedule: "monthly", Period: "2026-12", Waived: true, Reason: "自己免报",
	}})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_REPORT")
	require.NoError(t, revoke(waived))
	report := d.get(t, "2026-11", 0)
	assert.False(t, report.GetExempted())
	assert.Nil(t, report.GetException())
	networktest.Refused(t, revoke(waived), codes.Aborted)
	waived.Etag = ""
	err = revoke(waived)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EXCEPTION_REVOKED")

	later, err := d.grant(t, "2026-11", "2027-01-31")
	require.NoError(t, err, "after one was revoked another may be granted")
	d.s.Clock.Advance(36 * day) // 8 December
	err = revoke(later)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WINDOW_CLOSED")

	listed, err := self.ListReportExceptions(t.Context(), &networkv1.ListReportExceptionsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	require.Len(t, listed.GetExceptions(), 2)
	assert.Equal(t, later.GetName(), listed.GetExceptions()[0].GetName(), "the newest first")
	assert.True(t, listed.GetExceptions()[1].GetRevoked())
	assert.Equal(t, "汛情解除", listed.GetExceptions()[1].GetRevokeReason())
	beside := networkv1.NewReportExceptionServiceClient(d.s.As("clerk", networktest.OtherTownship))
	_, err = beside.GetReportException(t.Context(), &networkv1.GetReportExceptionRequest{Name: later.GetName()})
	networktest.Refused(t, err, codes.NotFound)
}

// What an ended unit still owes its successor writes: those above the successor may extend and exempt it, and nobody else.
func TestC10_UnitAboveSuccessorExtendsReportOfEndedUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	before, err := d.grant(t, "2026-11", "2026-12-15")
	require.NoError(t, err)
	mergeRows(t, s, networktest.Township, networktest.OtherTownship, "")
	successor := networkv1.NewReportExceptionServiceClient(s.As("clerk", networktest.OtherTownship))
	_, err = successor.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: before.GetName(), Reason: "不需要",
	})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = d.exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: before.GetName(), Reason: "重新核定",
	})
	require.NoError(t, err)

	later, err := d.grant(t, "2026-11", "2026-12-20")
	require.NoError(t, err)
	assert.Equal(t, networktest.Township, later.GetUnit())
	d.clerk = networkv1.NewReportServiceClient(s.As("clerk", networktest.OtherTownship))
	assert.Equal(t, "2026-12-20", d.get(t, "2026-11", 0).GetCloseOn())
	listed, err := successor.ListReportExceptions(t.Context(), &networkv1.ListReportExceptionsRequest{
		Unit: networktest.OtherTownship,
	})
	require.NoError(t, err)
	assert.Len(t, listed.GetExceptions(), 2)

	asked := func(role, unit string, e *networkv1.ReportException) error {
		e.Schedule, e.Waived, e.Reason = "monthly", true, "抗洪救灾"
		_, err := networkv1.NewReportExceptionServiceClient(s.As(role, unit)).GrantReportException(t.Context(),
			&networkv1.GrantReportExceptionRequest{Exception: e})
		return err
	}
	for name, c := range map[string]struct {
		role, unit string
		asked      *networkv1.ReportException
		code       codes.Code
	}{
		"the successor": {
			"clerk", networktest.OtherTownship,
			&networkv1.ReportException{Unit: networktest.Township, Period: "2026-11"}, codes.PermissionDenied,
		},
		"where it stood": {
			"handler", networktest.County,
			&networkv1.ReportException{Unit: networktest.Township, Period: "2026-11"}, codes.NotFound,
		},
		"a report that is none": {
			"handler", networktest.City,
			&networkv1.ReportException{Unit: networktest.Township, Period: "2027-03"}, codes.NotFound,
		},
		"a unit that never was": {
			"handler", networktest.City, &networkv1.ReportException{Unit: "units/999", Period: "2026-11"},
			codes.NotFound,
		},
		"one that is in force": {
			"handler", networktest.City,
			&networkv1.ReportException{Unit: networktest.Township, Period: "2026-11"}, codes.AlreadyExists,
		},
		"another's, out of view": {
			"clerk", "units/340503002",
			&networkv1.ReportException{Unit: networktest.Township, Period: "2026-11"}, codes.NotFound,
		},
	} {
		assert.Equal(t, c.code, status.Code(asked(c.role, c.unit, c.asked)), name)
	}
	d.s.Clock.Advance(40 * day) // 12 December
	assert.False(t, d.send(t, "2026-11").GetLate(), "the successor sends it in the time that was given")
	err = asked("clerk", "units/340503002", &networkv1.ReportException{Unit: networktest.Township, Period: "2026-11"})
	networktest.Refused(t, err, codes.NotFound) // and not that it was sent
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestC10_FaultyExceptionsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	for name, c := range map[string]struct {
		spoil func(*networkv1.ReportException)
		named []string
	}{
		"both":      {func(e *networkv1.ReportException) { e.Waived = true }, []string{"exception.extend_to"}},
		"neither":   {func(e *networkv1.ReportException) { e.ExtendTo = "" }, []string{"exception.extend_to"}},
		"no reason": {func(e *networkv1.ReportException) { e.Reason = "" }, []string{"exception.reason"}},
		"an earlier day": {func(e *networkv1.ReportException) { e.ExtendTo = "2026-12-07" }, []string{
			"exception.extend_to",
		}},
		"a day that is past": {func(e *networkv1.ReportException) { e.ExtendTo = "2026-11-01" }, []string{
			"exception.extend_to",
		}},
		"a day that is not": {func(e *networkv1.ReportException) { e.ExtendTo = "2027-02-30" }, []string{
			"exception.extend_to",
		}},
		"unknown schedule":          {func(e *networkv1.ReportException) { e.Schedule = "weekly" }, []string{"exception.schedule"}},
		"another kind of period":    {func(e *networkv1.ReportException) { e.Period = "2026-Q4" }, []string{"exception.period"}},
		"before there was a scheme": {func(e *networkv1.ReportException) { e.Period = "2020-01" }, []string{"exception.period"}},
		"in another century": {
			func(e *networkv1.ReportException) { e.Period, e.ExtendTo = "2190-01", "2190-03-01" }, []string{"exception.period"},
		},
		"everything at once": {
			func(e *networkv1.ReportException) { e.Schedule, e.ExtendTo = "weekly", "" },
			[]string{"exception.schedule", "exception.extend_to"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := &networkv1.ReportException{
				Unit: networktest.Township, Schedule: "monthly", Period: "2026-11", ExtendTo: "2026-12-20", Reason: "抗洪救灾",
			}
			c.spoil(e)
			_, err := d.exceptions.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: e})
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
		})
	}
	e := &networkv1.ReportException{Unit: networktest.Township, Schedule: "monthly", Period: "2026-11", Waived: true, Reason: "忙"}
	for role, code := range map[string]codes.Code{
		networktest.Township: codes.PermissionDenied, networktest.OtherTownship: codes.NotFound,
	} {
		_, err := networkv1.NewReportExceptionServiceClient(s.As("clerk", role)).GrantReportException(t.Context(),
			&networkv1.GrantReportExceptionRequest{Exception: e})
		networktest.Refused(t, err, code)
	}
	d.send(t, "2026-11")
	_, err := d.grant(t, "2026-11", "")
	networktest.Refused(t, err, codes.FailedPrecondition)
	listed, err := d.exceptions.ListReportExceptions(t.Context(), &networkv1.ListReportExceptionsRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Empty(t, listed.GetExceptions(), "nothing was stored")
}

func TestH6_ExemptedUnitIsNotReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d, owes := newClerk(t, s, networktest.Township), newClerk(t, s, networktest.OtherTownship)
	opened(t, d.clerk, november)
	_, err := d.grant(t, "2026-11", "")
	require.NoError(t, err)
	s.Clock.Advance(31 * day) // 3 December, two days before the last
	s.RunJob(reports.RemindReportsJob)
	told := func(unit string) []string {
		answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		var about []string
		for _, m := range answer.GetMessages() {
			about = append(about, m.GetResource())
		}
		return about
	}
	assert.Contains(t, told(owes.unit), owes.name("2026-11"))
	assert.NotContains(t, told(d.unit), november, "one statement tells all, and leaves out who need not send it")
}

func TestC10_AUnitToComeIsExemptedFromItsFirstReport(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	merged, err := trees(s).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, NewUnitId: "merged_town", EffectiveFrom: "2026-12-10",
		Reason: "撤并", NewUnit: &networkv1.Unit{
			Title: "新镇", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: networktest.County,
		},
	})
	require.NoError(t, err)
	d := newClerk(t, s, networktest.OtherTownship)
	d.unit = "units/merged_town"
	_, err = d.grant(t, "2026-10", "")
	networktest.Refused(t, err, codes.InvalidArgument, "exception.period")
	revoked, err := d.grant(t, "2026-12", "")
	require.NoError(t, err)
	_, err = trees(s).CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: merged.GetChange(), Reason: "批复收回"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "《乡镇月报》（2026-12）的免报或延期")
	_, err = d.exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{Name: revoked.GetName(), Reason: "有误"})
	require.NoError(t, err)
	granted, err := d.grant(t, "2026-12", "")
	require.NoError(t, err)
	heard := []string{
		"2026-11-02 report_waived " + granted.GetName(), "2026-11-02 report_exception_revoked " + revoked.GetName(),
		"2026-11-02 report_waived " + revoked.GetName(),
	}
	assert.Subset(t, told(t, s, networktest.County), heard, "who stands for it today hears at once")
	s.Clock.Advance(60 * day) // 1 January
	s.RunJob("network.follow_moves")
	s.RunJob(reports.OpenReportsJob)
	report, err := networkv1.NewReportServiceClient(s.As("clerk", d.unit)).GetReport(t.Context(),
		&networkv1.GetReportRequest{Name: "reports/merged_town.monthly.2026-12"})
	require.NoError(t, err)
	assert.Equal(t, granted.GetName(), report.GetException().GetName())
	assert.Subset(t, told(t, s, d.unit), heard)
}

func TestC10_ExceptionsEndByWhoGrantedThemOrAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	county := networkv1.NewReportExceptionServiceClient(s.As(access.Administrator, networktest.County))
	ofCity, err := d.grant(t, "2026-12", "")
	require.NoError(t, err)
	revoke := &networkv1.RevokeReportExceptionRequest{Name: ofCity.GetName(), Reason: "有误"}
	_, err = county.RevokeReportException(t.Context(), revoke)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "EXCEPTION_OF_ANOTHER")
	_, err = d.exceptions.RevokeReportException(t.Context(), revoke)
	require.NoError(t, err)
	city := d.exceptions
	d.exceptions = county
	ofCounty, err := d.grant(t, "2026-12", "")
	require.NoError(t, err)
	_, err = city.RevokeReportException(t.Context(),
		&networkv1.RevokeReportExceptionRequest{Name: ofCounty.GetName(), Reason: "有误"})
	require.NoError(t, err, "the city is above the county")
}

func TestC10_WhoStandsForAUnitToComeGrantsAndRevokesItsExceptions(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.OtherTownship)
	d.exceptions = networkv1.NewReportExceptionServiceClient(s.As(access.Administrator, networktest.County))
	_, err := networkv1.NewUnitServiceClient(s.As("handler", networktest.City)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "new_town", Unit: &networkv1.Unit{
			Title: "新镇", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: networktest.County, EffectiveFrom: "2026-12-10",
		},
	})
	require.NoError(t, err)
	d.unit = "units/new_town"
	before := told(t, s, networktest.County)
	granted, err := d.grant(t, "2026-12", "")
	require.NoError(t, err)
	_, err = d.exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{Name: granted.GetName(), Reason: "有误"})
	require.NoError(t, err)
	assert.Equal(t, before, told(t, s, networktest.County), "who decides knows")
	s.Clock.Advance(38 * day) // 10 December
	s.RunJob("network.follow_moves")
	assert.Subset(t, told(t, s, d.unit), []string{
		"2026-11-02 report_exception_revoked " + granted.GetName(), "2026-11-02 report_waived " + granted.GetName(),
	})
}
