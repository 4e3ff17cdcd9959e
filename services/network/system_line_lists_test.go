package network_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
)

const (
	nextBureau = "units/finance_yushan"
	window     = "units/finance_window"
)

// newAgency is a system with a bureau in a second county, a window of the first one that its city's bureau has on its line as well,
// and an officer at each but the city's.
func newAgency(t *testing.T) system {
	t.Helper()
	s := newSystem(t)
	for name, parent := range map[string]string{nextBureau: otherCounty, window: countyBureau} {
		require.NoError(t, s.create("clerk", cityBureau, name, parent, cityBureau, typev1.Level_LEVEL_COUNTY))
	}
	s.Clock.Advance(6 * time.Second) // directories remember for five
	for _, unit := range []string{countyBureau, nextBureau, window} {
		_, err := s.appoint(cityBureau, unit)
		require.NoError(t, err)
	}
	return s
}

// bureaus are the roles of the city's bureau by how far they reach: a clerk's goes along the system line, a reviewer's does not.
var bureaus = map[string][]string{"clerk": {countyBureau, window, nextBureau}, "reviewer": nil}

func TestC5_AgenciesListTheOfficersOfTheirSystemByPages(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	ctx, clerk := t.Context(), s.As("clerk", cityBureau)
	listed := func(along bool, token string) *networkv1.ListOfficersResponse {
		return must(networkv1.NewOfficerServiceClient(clerk).ListOfficers(ctx, &networkv1.ListOfficersRequest{
			Unit: cityBureau, AlongSystemLine: along, PageSize: 2, PageToken: token,
		}))(t)
	}
	assert.Empty(t, listed(false, "").GetOfficers(), "they serve in other units' territory")
	first := listed(true, "")
	second := listed(true, first.GetNextPageToken())
	assert.Empty(t, second.GetNextPageToken())
	officers := append(first.GetOfficers(), second.GetOfficers()...)
	assert.Equal(t, []string{countyBureau, window, nextBureau}, unitsOf(officers), "each once, in the order of the tree")

	trainings := networkv1.NewTrainingServiceClient(clerk)
	session := must(trainings.ScheduleTrainingSession(ctx, &networkv1.ScheduleTrainingSessionRequest{
		Session: &networkv1.TrainingSession{
			Unit: cityBureau, Title: "系统培训", Form: "course", FirstDay: "2026-11-03", LastDay: "2026-11-03",
		},
	}))(t)
	must(trainings.InviteOfficers(ctx, &networkv1.InviteOfficersRequest{Name: session.GetName(), AllAppointed: true}))(t)
	s.Clock.Advance(48 * time.Hour)
	must(trainings.RecordAttendance(ctx, &networkv1.RecordAttendanceRequest{
		Name: session.GetName(), Attended: []string{officers[0].GetName()},
	}))(t)

	coverage := must(trainings.GetTrainingCoverage(ctx, &networkv1.GetTrainingCoverageRequest{
		Unit: cityBureau, AlongSystemLine: true,
	}))(t)
	assert.Equal(t, []string{"units/finance 1/3", "units/finance_huashan 1/2", "units/finance_yushan 0/1"},
		figuresOf(append([]*typev1.Figure{coverage.GetTotal()}, coverage.GetParts()...)), "the window counts once, within its bureau")
	untrained := must(trainings.ListUntrained(ctx, &networkv1.ListUntrainedRequest{Unit: cityBureau, AlongSystemLine: true}))(t)
	assert.Equal(t, []string{window, nextBureau}, unitsOf(untrained.GetOfficers()))
}

func TestC2_C7_AgenciesSeeWhatTheUnitsOfTheirSystemLack(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	for role, lacking := range bureaus {
		var token string
		units := map[string]bool{}
		for {
			gaps := must(networkv1.NewTreeServiceClient(s.As(role, cityBureau)).ListCoverageGaps(t.Context(),
				&networkv1.ListCoverageGapsRequest{
					Unit: cityBureau, Rule: "responsible_office", AlongSystemLine: true, PageSize: 1, PageToken: token,
				}))(t)
			for _, gap := range gaps.GetGaps() {
				assert.NotContains(t, units, gap.GetUnit(), "each once")
				units[gap.GetUnit()] = true
			}
			if token = gaps.GetNextPageToken(); token == "" {
				break
			}
		}
		want := map[string]bool{cityBureau: true}
		for _, unit := range lacking {
			want[unit] = true
		}
		assert.Equal(t, want, units, role)
	}
}

func TestC10_AgenciesSeeTheReportsOfTheirSystem(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	s.RunJob(reports.OpenReportsJob)
	for role, below := range bureaus {
		client := networkv1.NewReportServiceClient(s.As(role, cityBureau))
		all := must(client.ListReports(t.Context(), &networkv1.ListReportsRequest{
			Unit: cityBureau, Period: period, Schedule: "quarterly", AlongSystemLine: true,
		}))(t)
		owed := append([]string{cityBureau}, below...)
		assert.ElementsMatch(t, owed, unitsOf(all.GetReports()), role)

		sum := must(client.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
			Unit: cityBureau, Schedule: "quarterly", FromPeriod: period, ByChild: true, AlongSystemLine: true,
		}))(t)
		counted := sum.GetTotal().GetExpected()
		assert.Equal(t, int64(len(owed)), counted, role)
		var parts []string
		for _, part := range sum.GetChildren() {
			parts = append(parts, part.GetUnit())
		}
		assert.Equal(t, slices.DeleteFunc(owed, func(unit string) bool { return unit == window }), parts,
			"the window counts within its bureau")
	}
	s.Clock.Advance(90 * 24 * time.Hour)
	clerk := networkv1.NewReportServiceClient(s.As("clerk", cityBureau))
	overdue := must(clerk.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: cityBureau, Period: period, Overdue: true, AlongSystemLine: true,
	}))(t)
	assert.Len(t, overdue.GetReports(), 4)
	late := must(clerk.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: cityBureau, Period: period, Late: true, AlongSystemLine: true,
	}))(t)
	assert.Empty(t, late.GetReports())
}

// figuresOf are the units of figures with their shares.
func figuresOf(figures []*typev1.Figure) []string {
	var shares []string
	for _, f := range figures {
		shares = append(shares, fmt.Sprintf("%s %d/%d", f.GetUnit(), f.GetNumerator(), f.GetDenominator()))
	}
	return shares
}

// unitsOf are the units that records are of.
func unitsOf[M interface{ GetUnit() string }](records []M) []string {
	var units []string
	for _, r := range records {
		units = append(units, r.GetUnit())
	}
	return units
}

func TestC5_C10_H4_AgenciesListWhatTheirSystemDoes(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	ctx, by := t.Context(), s.As("clerk", countyBureau)
	officer, err := s.appoint(countyBureau, window)
	require.NoError(t, err)
	trainings := networkv1.NewTrainingServiceClient(by)
	must(trainings.CreateTrainingPlan(ctx, &networkv1.CreateTrainingPlanRequest{Plan: &networkv1.TrainingPlan{
		Unit: countyBureau, Title: "年度计划", Year: 2026,
	}}))(t)
	must(trainings.ScheduleTrainingSession(ctx, &networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
		Unit: countyBureau, Title: "培训", Form: "course", FirstDay: "2026-11-03", LastDay: "2026-11-03",
	}}))(t)
	must(networkv1.NewOfficerContactServiceClient(by).RecordOfficerContact(ctx, &networkv1.RecordOfficerContactRequest{
		Contact: &networkv1.OfficerContact{
			Unit: countyBureau, Kind: "visit", Day: "2026-11-02", Note: "走访。", Officers: []string{officer.GetName()},
		},
	}))(t)
	must(networkv1.NewInquiryServiceClient(by).OpenInquiry(ctx, &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: countyBureau, Point: window, Kind: "survey", SubjectUnits: []string{window}, Title: "公开情况调研",
		Questions: []string{"多久更新一次？"}, DueOn: "2026-11-20",
	}}))(t)
	must(networkv1.NewReportExceptionServiceClient(s.As("clerk", county)).GrantReportException(ctx,
		&networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
			Unit: countyBureau, Schedule: "quarterly", Period: period, Waived: true, Reason: "机构改革",
		}}))(t)

	for role, below := range map[string][]string{"clerk": {countyBureau}, "handler": nil} {
		conn := s.As(role, cityBureau) // a handler's reach does not go along the system line
		for _, along := range []bool{true, false} {
			var want []string
			if along {
				want = below
			}
			plans := must(networkv1.NewTrainingServiceClient(conn).ListTrainingPlans(ctx,
				&networkv1.ListTrainingPlansRequest{Unit: cityBureau, AlongSystemLine: along}))(t)
			assert.Equal(t, want, unitsOf(plans.GetPlans()), role)
			sessions := must(networkv1.NewTrainingServiceClient(conn).ListTrainingSessions(ctx,
				&networkv1.ListTrainingSessionsRequest{Unit: cityBureau, AlongSystemLine: along}))(t)
			assert.Equal(t, want, unitsOf(sessions.GetSessions()), role)
			contacts := must(networkv1.NewOfficerContactServiceClient(conn).ListOfficerContacts(ctx,
				&networkv1.ListOfficerContactsRequest{Unit: cityBureau, AlongSystemLine: along}))(t)
			assert.Equal(t, want, unitsOf(contacts.GetContacts()), role)
			inquiries := must(networkv1.NewInquiryServiceClient(conn).ListInquiries(ctx,
				&networkv1.ListInquiriesRequest{Unit: cityBureau, AlongSystemLine: along}))(t)
			assert.Equal(t, want, unitsOf(inquiries.GetInquiries()), role)
			exceptions := must(networkv1.NewReportExceptionServiceClient(conn).ListReportExceptions(ctx,
				&networkv1.ListReportExceptionsRequest{Unit: cityBureau, AlongSystemLine: along}))(t)
			assert.Equal(t, want, unitsOf(exceptions.GetExceptions()), role)
		}
	}
}

func TestC2_X10_AgenciesFindTheUnitsOfTheirSystem(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	for role, along := range bureaus {
		found := func(query string, line bool) (names []string) {
			client := networkv1.NewUnitServiceClient(s.As(role, cityBureau))
			for token := ""; ; {
				page := must(client.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{
					Unit: cityBureau, Query: query, AlongSystemLine: line, PageSize: 2, PageToken: token,
				}))(t)
				for _, unit := range page.GetUnits() {
					names = append(names, unit.GetName())
				}
				if token = page.GetNextPageToken(); token == "" {
					return names
				}
			}
		}
		assert.Equal(t, []string{cityBureau}, found("财政局", false), role)
		assert.ElementsMatch(t, append([]string{cityBureau}, along...), found("财政局", true), role)
		id := nextBureau[len("units/"):]
		assert.Empty(t, found(id, false), role)
		assert.Len(t, found(id, true), len(along)/3, "by its identifier as well, as far as the role reaches")
		assert.Empty(t, found("花山", true), "what the system does not hold")
	}
}
