package network_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC4_C15_CountsAlongTheSystemLineTellNoFewerThanThreeOfARole(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	officer := networktest.AppointHolding(t, s.Suite, town, village, 3, "mediator")[0]
	sender := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/zhang", Officer: officer, Roles: []string{"informant"},
	}))
	content := networktest.ValidTip()
	content.Unit = countyBureau
	for sent, want := range []map[string]int64{{"": 1}, {"": 2}, {"mediator": 3}} {
		must(sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: county}))(t)
		byRole := map[string]int64{}
		req := &networkv1.CountTipsRequest{
			Unit: cityBureau, Period: "2026-11", BySourceRole: true, AlongSystemLine: true, PageSize: 1,
		}
		for more := true; more; more = req.GetPageToken() != "" {
			page := must(networkv1.NewTipServiceClient(s.As("clerk", cityBureau)).CountTips(t.Context(), req))(t)
			for _, c := range page.GetCounts() {
				byRole[c.GetSourceRole()] += c.GetReceived()
			}
			req.PageToken = page.GetNextPageToken()
		}
		assert.Equal(t, want, byRole, "after %d tips", sent+1)
	}
}

// submitted is the county bureau's report of the quarter, sent after its end.
func (s system) submitted(t *testing.T) *networkv1.Report {
	t.Helper()
	const name = "reports/finance_huashan.quarterly." + period
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(65 * 24 * time.Hour)
	own := networkv1.NewReportServiceClient(s.As("clerk", countyBureau))
	must(own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: networktest.FourParts("work_style")}))(t)
	read := must(own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name}))(t)
	must(own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: read.GetEtag()}))(t)
	return must(own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
}

func TestC10_OnlyThoseAboveTheUnitThatAcceptedAReportReturnIt(t *testing.T) {
	t.Parallel()
	for accepter, role := range map[string]string{cityBureau: "clerk", county: "handler"} {
		s := newSystem(t)
		sent := s.submitted(t)
		for _, above := range []string{cityBureau, county, networktest.City} {
			assert.Len(t, s.told(above, "inbox.report_submitted"), 1, "%s is told once", above)
		}
		report := must(networkv1.NewReportServiceClient(s.As(role, accepter)).AcceptReport(t.Context(),
			&networkv1.AcceptReportRequest{Name: sent.GetName(), Etag: sent.GetEtag()}))(t)
		req := &networkv1.ReturnReportRequest{Name: sent.GetName(), Reason: "再看一次", Etag: report.GetEtag()}
		for unit, role := range map[string]string{cityBureau: "clerk", county: "handler"} {
			_, err := networkv1.NewReportServiceClient(s.As(role, unit)).ReturnReport(t.Context(), req)
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "ACCEPTED_BELOW_ONLY")
		}
		must(networkv1.NewReportServiceClient(s.As("handler", networktest.City)).ReturnReport(t.Context(), req))(t)
	}
}

// told are what a unit hears of one kind.
func (s system) told(unit, kind string) []*networkv1.Message {
	return must(networkv1.NewInboxServiceClient(s.As(access.Administrator, networktest.City)).ListMessages(s.t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{kind}}))(s.t).GetMessages()
}

func TestC5_AnAgencysHandbookHoldsAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	clerk := networkv1.NewHandbookServiceClient(s.As("clerk", cityBureau))
	handbook := must(clerk.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
		Unit: cityBureau, Title: "系统信息员手册", Version: "2026年版", PublishedOn: "2026-11-01",
	}}))(t)
	for _, unit := range []string{countyBureau, window, nextBureau} {
		listed := must(networkv1.NewHandbookServiceClient(s.As("clerk", unit)).ListHandbooks(t.Context(),
			&networkv1.ListHandbooksRequest{Unit: unit}))(t)
		assert.Len(t, listed.GetHandbooks(), 1, unit)
		assert.Len(t, s.told(unit, "inbox.handbook_published"), 1, unit)
	}
	stranger := must(networkv1.NewHandbookServiceClient(s.As("clerk", town)).ListHandbooks(t.Context(),
		&networkv1.ListHandbooksRequest{Unit: town}))(t)
	assert.Empty(t, stranger.GetHandbooks())

	holders := func(unit string, along, missing bool) []*networkv1.Officer {
		return must(clerk.ListHandbookHolders(t.Context(), &networkv1.ListHandbookHoldersRequest{
			Unit: unit, Handbook: handbook.GetName(), AlongSystemLine: along, Missing: missing,
		}))(t).GetOfficers()
	}
	lacking := holders(cityBureau, true, true)
	require.Equal(t, []string{countyBureau, window, nextBureau}, unitsOf(lacking))
	must(clerk.RecordHandbookReceipts(t.Context(), &networkv1.RecordHandbookReceiptsRequest{
		Unit: cityBureau, Handbook: handbook.GetName(), Officers: []string{lacking[2].GetName()}, Day: "2026-11-02",
	}))(t)
	assert.Equal(t, []string{nextBureau}, unitsOf(holders(cityBureau, true, false)))
	assert.Equal(t, []string{nextBureau}, unitsOf(holders(nextBureau, false, false)))
	assert.Empty(t, holders(cityBureau, false, false))
}

func TestC7_TheTopmostUnitDoesNotLackWhoLeadsIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	gaps := must(networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).ListCoverageGaps(t.Context(),
		&networkv1.ListCoverageGapsRequest{Unit: networktest.City, Rule: "first_responsible", PageSize: 1000}))(t).GetGaps()
	assert.True(t, slices.ContainsFunc(gaps, func(g *networkv1.CoverageGap) bool { return g.GetUnit() == county }))
	assert.False(t, slices.ContainsFunc(gaps, func(g *networkv1.CoverageGap) bool { return g.GetUnit() == networktest.City }))
}

func TestC10_UrgentTipsAreToldAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	content := networktest.ValidTip()
	content.Unit, content.Urgent = countyBureau, true
	must(networkv1.NewTipServiceClient(s.As("informant", village)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: content, Recipient: countyBureau,
	}))(t)
	for _, unit := range []string{countyBureau, cityBureau, county} {
		assert.Len(t, s.told(unit, "inbox.urgent_tip"), 1, unit)
	}
}

func TestH4_AgenciesInquireAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	client := networkv1.NewInquiryServiceClient(s.As("clerk", cityBureau))
	inquiry := &networkv1.Inquiry{
		Unit: cityBureau, Point: countyBureau, Kind: "survey", Title: "公开情况调研", Questions: []string{"多久更新一次？"}, DueOn: "2026-11-20",
	}
	inquiry.SubjectUnits = []string{countyBureau}
	must(client.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: inquiry}))(t)
	inquiry.Point, inquiry.SubjectUnits = town, []string{town}
	_, err := client.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: inquiry})
	networktest.Refused(t, err, codes.InvalidArgument, "inquiry.point", "inquiry.subject_units[0]")
}

// The topmost unit has nobody above it: what a unit directly below owed when it ended is judged there, or by nobody.
func TestC10_TheTopmostUnitJudgesWhatUnitsThatEndedBelowItOwed(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.RunJob(reports.OpenReportsJob)
	for _, name := range []string{"units/bureau_one", "units/bureau_two", "units/bureau_three"} {
		require.NoError(t, s.create("handler", networktest.City, name, networktest.City, "", typev1.Level_LEVEL_CITY))
		must(networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
			Name: name, EffectiveFrom: "2026-12-01", Reason: "误设",
		}))(t)
	}
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(65 * 24 * time.Hour)
	s.RunJob(reports.OpenReportsJob)
	sent := must(networkv1.NewReportServiceClient(s.As("clerk", networktest.City)).SubmitZeroReport(t.Context(),
		&networkv1.SubmitZeroReportRequest{Name: "reports/bureau_one.quarterly." + period, LateReason: "单位已撤销"}))(t)
	both := s.AsPrincipal(access.Principal{
		Subject: "accounts/clerk." + resource.ID(networktest.City), Unit: networktest.City, Roles: []string{"clerk", "handler"},
	})
	_, err := networkv1.NewReportServiceClient(both).AcceptReport(t.Context(),
		&networkv1.AcceptReportRequest{Name: sent.GetName(), Etag: sent.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
	centre := s.As("handler", networktest.City)
	accepted := must(networkv1.NewReportServiceClient(centre).AcceptReport(t.Context(),
		&networkv1.AcceptReportRequest{Name: sent.GetName(), Etag: sent.GetEtag()}))(t)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_ACCEPTED, accepted.GetState())
	of := "reports/bureau_three.quarterly." + period
	wrote := networkv1.NewReportServiceClient(both)
	written := must(wrote.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: of}))(t)
	must(wrote.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: of, Etag: written.GetEtag()}))(t)
	other := s.AsPrincipal(access.Principal{Subject: "accounts/other", Unit: networktest.City, Roles: []string{"clerk"}})
	sent = must(networkv1.NewReportServiceClient(other).SubmitZeroReport(t.Context(),
		&networkv1.SubmitZeroReportRequest{Name: of, LateReason: "单位已撤销"}))(t)
	_, err = wrote.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: of, Etag: sent.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK") // what they confirmed, and another sent
	must(networkv1.NewReportExceptionServiceClient(centre).GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{
		Exception: &networkv1.ReportException{
			Unit: "units/bureau_two", Schedule: "quarterly", Period: period, Waived: true, Reason: "误设单位，无事可报",
		},
	}))(t)
}

func TestC5_AHandbookGoesOnWithWhatAnAgencyBecame(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	handbook := must(networkv1.NewHandbookServiceClient(s.As("clerk", cityBureau)).PublishHandbook(t.Context(),
		&networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
			Unit: cityBureau, Title: "系统手册", Version: "2026", PublishedOn: "2026-11-02",
		}}))(t)
	const became = "units/finance_new"
	require.NoError(t, s.create("handler", networktest.City, became, networktest.City, "", typev1.Level_LEVEL_CITY))
	must(networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Into: became, Units: []*networkv1.MergedUnit{{Name: cityBureau}}, EffectiveFrom: "2026-11-03", Reason: "机构改革",
	}))(t)
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.follow_moves")
	listed := must(networkv1.NewHandbookServiceClient(s.As("clerk", countyBureau)).ListHandbooks(t.Context(),
		&networkv1.ListHandbooksRequest{Unit: countyBureau}))(t).GetHandbooks()
	require.Len(t, listed, 1)
	assert.Equal(t, handbook.GetName(), listed[0].GetName())
}

func TestC2_AnAgencyKeepsWhatAUnitOfItsSystemLeaves(t *testing.T) {
	t.Parallel()
	for by, keeps := range map[string]string{cityBureau: cityBureau, networktest.City: county} {
		s := newSystem(t)
		s.RunJob(reports.OpenReportsJob)
		s.tipAbout(countyBureau, countyBureau)
		role := map[bool]string{true: "clerk", false: "handler"}[by == cityBureau]
		must(networkv1.NewTreeServiceClient(s.As(role, by)).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
			Name: countyBureau, EffectiveFrom: "2026-11-03", Reason: "机构改革",
		}))(t)
		s.Clock.Advance(24 * time.Hour)
		s.RunJob("network.follow_moves")
		left := func(unit string) int {
			return len(must(networkv1.NewTipServiceClient(s.As("clerk", unit)).ListTips(t.Context(),
				&networkv1.ListTipsRequest{Unit: unit}))(t).GetTips())
		}
		want := map[string]int{cityBureau: 0, county: 0}
		want[keeps] = 1
		assert.Equal(t, want, map[string]int{cityBureau: left(cityBureau), county: left(county)}, "ended by %s", by)
		s.tipAbout(countyBureau, keeps)
		want[keeps]++
		assert.Equal(t, want, map[string]int{cityBureau: left(cityBureau), county: left(county)},
			"it stood above on one line or the other, and became nothing of it: a new tip comes to it (H4)")
		s.Clock.Advance(65 * 24 * time.Hour)
		s.RunJob(reports.OpenReportsJob)
		must(networkv1.NewReportServiceClient(s.As("clerk", keeps)).ComputeReport(t.Context(), &networkv1.ComputeReportRequest{
			Name: "reports/finance_huashan.quarterly." + period,
		}))(t)
	}
}

func TestC2_C5_AReferralAcrossTheLinesNamesTheUnitThroughWhichItGoes(t *testing.T) {
	t.Parallel()
	s := newAgency(t)
	s.tipAbout(village, town)
	s.tipAbout(window, countyBureau)
	for from, c := range map[string]struct{ to, through string }{
		town:         {countyBureau, "花山区"},
		countyBureau: {nextBureau, "马鞍山市、财政局finance"},
	} {
		tips := networkv1.NewTipServiceClient(s.As("clerk", from))
		listed := must(tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: from}))(t).GetTips()
		require.Len(t, listed, 1, from)
		_, err := tips.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: listed[0].GetName(), ToUnit: c.to, Reason: "归其办理。"})
		networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
		said := suitetest.FieldViolations(t, err)[0].GetDescription()
		assert.True(t, strings.HasSuffix(said, "共同上级："+c.through+"。"), said)
	}
	tips := networkv1.NewTipServiceClient(s.As("clerk", town))
	name := must(tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: town}))(t).GetTips()[0].GetName()
	must(tips.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: name, ToUnit: county, Reason: "归财政办理。"}))(t)
	must(networkv1.NewTipServiceClient(s.As("handler", county)).ReferTip(t.Context(),
		&networkv1.ReferTipRequest{Name: name, ToUnit: countyBureau, Reason: "归其办理。"}))(t)
}
