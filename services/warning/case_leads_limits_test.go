package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC17_ALeadIsOpenedAboutWhatLiesBelowAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county)
	elsewhere := warned(t, s, suitetest.City, other)
	for name, c := range map[string]struct {
		by     custodian
		unit   string
		spoil  func(*warningv1.CreateCaseLeadRequest)
		faults map[string]string
	}{
		"own unit": {city, suitetest.City, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.About = suitetest.City }, map[string]string{
			"case_lead.about": "ABOUT_OWN_LINE",
		}},
		"above": {here, county, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.About = suitetest.City }, map[string]string{
			"case_lead.about": "ABOUT_OWN_LINE",
		}},
		"beside": {here, county, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.About = stranger }, map[string]string{
			"case_lead.about": "ABOUT_ELSEWHERE",
		}},
		"nowhere": {here, county, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.About = "units/none" }, map[string]string{
			"case_lead.about": "UNKNOWN_UNIT",
		}},
		"kind":    {city, suitetest.City, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.Kind = "rumour" }, map[string]string{"case_lead.kind": "UNKNOWN_TERM"}},
		"empty":   {city, suitetest.City, func(r *warningv1.CreateCaseLeadRequest) { r.Content = " " }, map[string]string{"content": "REQUIRED"}},
		"warning": {city, suitetest.City, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.Warning = elsewhere }, map[string]string{"case_lead.warning": "WARNING_ELSEWHERE"}},
		"another's warning": {here, county, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.Warning = elsewhere }, map[string]string{
			"case_lead.warning": "NOT_FOUND",
		}},
		"finding": {city, suitetest.City, func(r *warningv1.CreateCaseLeadRequest) { r.CaseLead.Finding = "findings/340500-none" }, map[string]string{
			"case_lead.finding": "NOT_FOUND",
		}},
	} {
		req := aLead(c.unit, township)
		c.spoil(req)
		_, err := c.by.CreateCaseLead(t.Context(), req)
		require.Error(t, err, name)
		suitetest.RequireFieldFaults(t, err, c.faults)
	}
	_, err := city.CreateCaseLead(t.Context(), aLead(county, township))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = custodianOf(s, "clerk", county).CreateCaseLead(t.Context(), aLead(county, township))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	assert.Empty(t, city.listed(t, &warningv1.ListCaseLeadsRequest{Unit: suitetest.City}), "nothing was stored")
}

func TestC17_ALeadIsNeverOfferedToWhomItIsAbout(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	ofBureau := city.open(t, aLead(suitetest.City, bureau)).GetName()
	for _, c := range []struct{ lead, to, reason string }{
		{name, township, "CASE_LEAD_ABOUT"},
		{name, village, "CASE_LEAD_ABOUT"},
		{name, suitetest.City, "HAS_CASE_LEAD"},
		{name, "units/none", "UNKNOWN_UNIT"},
		{ofBureau, lowerBureau, "CASE_LEAD_ABOUT"}, // it is below it on the system line
	} {
		_, err := city.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: c.lead, Unit: c.to})
		suitetest.RequireFieldFaults(t, err, map[string]string{"unit": c.reason})
	}
	findsNone(t, s, lowerBureau, ofBureau)
	_, err := here.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: other})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	city.offer(t, name, county)
	_, err = here.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: other})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	here.accept(t, name)
	_, err = here.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: stranger})
	suitetest.RequireFieldFaults(t, err, map[string]string{"unit": "UNKNOWN_UNIT"}) // it lies beside

	// An offer that is not answered gives way to another, of which the first hears no more than that.
	here.offer(t, name, other)
	heard(t, s, "handler", other, name, "inbox.case_lead_offered")
	l := here.offer(t, name, suitetest.City)
	assert.Len(t, l.GetOffers(), 3)
	_, err = custodianOf(s, "handler", other).AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	require.Eventually(t, func() bool { return len(toldAs(t, s, "handler", other, name, 0)) == 0 }, time.Minute, 50*time.Millisecond)
	assert.Equal(t, []string{"inbox.case_lead_offer_gone"}, onlyLeads(toldAs(t, s, "handler", other, "", 0)))
}

func TestC17_ALeadComesOfAFindingAndGivesItBack(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	office, city := as(s, "handler", suitetest.City), custodianOf(s, "handler", suitetest.City)
	past(t, s, township, "collective_funds", october, 3)
	found := office.found(t, office.run(t, "2026-10"))[0]
	require.Equal(t, township, found.GetCount().GetUnit())
	state := func(name string) warningv1.FindingState {
		read, err := office.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: name})
		require.NoError(t, err)
		return read.GetState()
	}
	req := aLead(suitetest.City, other)
	req.CaseLead.Finding = found.GetName()
	_, err := city.CreateCaseLead(t.Context(), req)
	suitetest.RequireFieldFaults(t, err, map[string]string{"case_lead.finding": "FINDING_ELSEWHERE"})
	req.CaseLead.About = township
	first := city.open(t, req)
	req.CaseLead.About = village
	second := city.open(t, req)
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_TAKEN_UP, state(found.GetName()))
	assert.Len(t, city.listed(t, &warningv1.ListCaseLeadsRequest{Unit: suitetest.City, Finding: found.GetName()}), 2)
	for i, l := range []*warningv1.CaseLead{first, second} {
		_, err := city.WithdrawCaseLead(t.Context(), &warningv1.WithdrawCaseLeadRequest{Name: l.GetName(), Reason: "不实。"})
		require.NoError(t, err)
		want := []warningv1.FindingState{warningv1.FindingState_FINDING_STATE_TAKEN_UP, warningv1.FindingState_FINDING_STATE_OPEN}[i]
		assert.Equal(t, want, state(found.GetName()), "released by the last that follows it")
	}

	// What the township found itself and passed up stays as it is: the township reads it there.
	_, err = as(s, "clerk", township).analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: township, Period: "2026-10"})
	require.NoError(t, err)
	below := as(s, "clerk", township)
	own := below.listed(t, &warningv1.ListFindingsRequest{Unit: township})[0]
	_, err = below.findings.PassUpFinding(t.Context(), &warningv1.PassUpFindingRequest{Name: own.GetName(), Reason: "本级无法解决。"})
	require.NoError(t, err)
	asked := aLead(county, township)
	asked.CaseLead.Finding = own.GetName()
	here := custodianOf(s, "handler", county)
	l := here.open(t, asked)
	assert.False(t, l.GetFindingTakenUp())
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_PASSED_UP, state(own.GetName()))
	findsNone(t, s, township, l.GetName())
	blue := notice("blue")
	blue.Unit, blue.SupervisingUnit, blue.Finding, blue.WarningLevelReason = township, county, own.GetName(), "性质不同"
	w := as(s, "handler", county).issue(t, blue)
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_TAKEN_UP, state(own.GetName()))
	as(s, "reviewer", county).withdraw(t, w.GetName())
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_PASSED_UP, state(own.GetName()), "the lead left it alone")
	_, err = here.WithdrawCaseLead(t.Context(), &warningv1.WithdrawCaseLeadRequest{Name: l.GetName(), Reason: "不实。"})
	require.NoError(t, err)
}

func TestC17_WhoHasALeadOrIsOfferedItIsReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", other)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	l := city.offer(t, name, other)
	assert.Equal(t, "2026-11-05", l.GetRemindOn())
	to := func(month time.Month, day int) {
		advanceTo(t, s, 2026, month, day)
		s.RunJob(leadsSlow)
		s.RunJob(leadsSlow)
	}
	to(time.November, 5)
	assert.Equal(t, []string{"inbox.case_lead_offered", "inbox.case_lead_offer_due"}, toldAs(t, s, "handler", other, name, 2))
	to(time.November, 10)
	assert.Contains(t, heard(t, s, "handler", other, name, "inbox.case_lead_offer_overdue"), "inbox.case_lead_offer_due")
	heard(t, s, "handler", suitetest.City, name, "inbox.case_lead_unanswered")
	heard(t, s, "handler", county, name, "inbox.case_lead_unanswered")
	overdue := &warningv1.ListCaseLeadsRequest{Unit: suitetest.City, Overdue: true}
	assert.Equal(t, []string{name}, city.listed(t, overdue))
	assert.Equal(t, "2026-12-10", here.accept(t, name).GetDueOn(), "a month from the day on which it came there")
	assert.Empty(t, city.listed(t, overdue))
	to(time.December, 8)
	heard(t, s, "handler", other, name, "inbox.case_lead_due")
	to(time.December, 11)
	heard(t, s, "handler", other, name, "inbox.case_lead_overdue")
	heard(t, s, "handler", county, name, "inbox.case_lead_overdue_below")
	findsNone(t, s, township, name)
	_, err := here.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "ended", Note: "经核实不属实。"})
	require.NoError(t, err)
	to(time.December, 31)
	assert.Len(t, toldAs(t, s, "handler", other, name, 0), 5, "nobody is reminded of what is closed")
}

// Whoever becomes one with the unit that a lead is about has it no more: the unit above does, and the other never hears of it.
func TestC17_AHolderThatBecomesTheSubjectLeavesTheLeadToTheUnitAbove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, ends, into string }{
		{"the holder ends in the subject", other, township}, {"the subject ends in the holder", township, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			s.Clock.Advance(24 * time.Hour) // a unit does not end on its first day
			city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", other)
			name := city.open(t, aLead(suitetest.City, township)).GetName()
			city.offer(t, name, other)
			heard(t, s, "handler", other, name, "inbox.case_lead_offered")
			here.accept(t, name)
			asked := city.open(t, aLead(suitetest.City, township)).GetName()
			city.offer(t, asked, other)
			heard(t, s, "handler", other, asked, "inbox.case_lead_offered")
			merge(t, s, c.ends, c.into)
			above := custodianOf(s, "handler", county)
			heard(t, s, "handler", county, name, "inbox.case_lead_passed_on")
			heard(t, s, "handler", county, asked, "inbox.case_lead_offer_passed_on")
			findsNone(t, s, c.into, name)
			findsNone(t, s, c.into, asked)
			assert.Equal(t, county, city.get(t, name).GetHoldingUnit())
			assert.Equal(t, secret, above.read(t, name))
			assert.True(t, above.verify(t, name, "").GetIntact())
			_, err := above.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: c.into})
			suitetest.RequireFieldFaults(t, err, map[string]string{"unit": "CASE_LEAD_ABOUT"})
			_, err = above.ReturnCaseLead(t.Context(), &warningv1.ReturnCaseLeadRequest{Name: name, Reason: "由上级办理。"})
			require.NoError(t, err)
			assert.Equal(t, county, city.get(t, name).GetCustody()[2].GetFrom())
			above.decline(t, asked)
		})
	}
}

func TestC17_TheSuccessorOfTheHolderHasTheLead(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(24 * time.Hour)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", other)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	city.offer(t, name, other)
	here.accept(t, name)
	offered := city.open(t, aLead(suitetest.City, village)).GetName()
	city.offer(t, offered, other)
	tree := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))
	_, err := tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: other, ChildrenTo: county, Reason: "撤销"})
	require.NoError(t, err)
	followed(s)
	successor := custodianOf(s, "handler", county)
	heard(t, s, "handler", county, name, "inbox.case_lead_passed_on")
	heard(t, s, "handler", county, offered, "inbox.case_lead_offer_passed_on")
	assert.Equal(t, secret, successor.read(t, name))
	assert.Equal(t, county, successor.accept(t, offered).GetHolder())
	_, err = successor.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "talk", Note: "已谈话函询。"})
	require.NoError(t, err)
	assert.True(t, successor.verify(t, name, "").GetIntact())
}

func TestC17_LeadsAreListedByPageAndFilter(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county)
	first := city.open(t, aLead(suitetest.City, township)).GetName()
	second := city.open(t, aLead(suitetest.City, other)).GetName()
	third := here.open(t, aLead(county, village)).GetName()
	city.offer(t, second, county)
	all := &warningv1.ListCaseLeadsRequest{Unit: suitetest.City, PageSize: 1}
	var paged []string
	for {
		page, err := city.ListCaseLeads(t.Context(), all)
		require.NoError(t, err)
		for _, l := range page.GetCaseLeads() {
			paged = append(paged, l.GetName())
		}
		if all.PageToken = page.GetNextPageToken(); all.GetPageToken() == "" {
			break
		}
	}
	assert.Equal(t, []string{third, second, first}, paged, "the newest first")
	assert.Equal(t, []string{third, second}, here.listed(t, &warningv1.ListCaseLeadsRequest{Unit: county}), "its own, and what it is offered")
	assert.Equal(t, []string{first}, city.listed(t, &warningv1.ListCaseLeadsRequest{Unit: suitetest.City, About: township}))
	assert.Equal(t, []string{second}, city.listed(t, &warningv1.ListCaseLeadsRequest{
		Unit: suitetest.City, Kinds: []string{"case_lead"}, States: []warningv1.CaseLeadState{warningv1.CaseLeadState_CASE_LEAD_STATE_OFFERED},
	}))
	assert.Equal(t, []string{second}, here.listed(t, &warningv1.ListCaseLeadsRequest{Unit: county, Offered: true}))
	assert.Empty(t, custodianOf(s, "handler", stranger).listed(t, &warningv1.ListCaseLeadsRequest{Unit: stranger}))
}

func TestC17_KindsOfLeadsAreDataOfTheScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	kind := scheme.GetCaseLeadKinds()[0]
	kind.Outcomes = append(kind.GetOutcomes(), proto.CloneOf(kind.GetOutcomes()[0]))
	kind.FiledWith = append(kind.GetFiledWith(), proto.CloneOf(kind.GetFiledWith()[0]))
	kind.Reminders[0].Days = 0
	scheme.CaseLeadKinds = append(scheme.GetCaseLeadKinds(), proto.CloneOf(kind))
	scheme.CaseLeadKinds[1].Outcomes, scheme.CaseLeadKinds[1].FiledWith = kind.GetOutcomes()[:1], nil
	scheme.CaseLeadKinds[1].Reminders = nil
	_, err = admin.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.case_lead_kinds[0].outcomes[5].id": "DUPLICATE", "scheme.case_lead_kinds[0].filed_with[3].id": "DUPLICATE",
		"scheme.case_lead_kinds[0].reminders[0].days": "REMINDER_DAYS", "scheme.case_lead_kinds[1].id": "DUPLICATE",
	})

	// A body without kinds proposes nothing; a lead goes on by the version that it was opened under.
	opened := custodianOf(s, "handler", suitetest.City).open(t, aLead(suitetest.City, township)).GetName()
	scheme.CaseLeadKinds = nil
	_, err = admin.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(24 * time.Hour)
	red := approved(t, s, notice("red"))
	as(s, "clerk", township).acknowledge(t, red)
	_, err = as(s, "reviewer", suitetest.City).warnings.DecideCase(t.Context(), decision(red, true))
	require.NoError(t, err)
	city := custodianOf(s, "handler", suitetest.City)
	_, err = city.CreateCaseLead(t.Context(), aLead(suitetest.City, township))
	suitetest.RequireFieldFaults(t, err, map[string]string{"case_lead.kind": "UNKNOWN_TERM"})
	assert.Equal(t, "2026-11-10", city.offer(t, opened, county).GetAnswerDueOn())
	heard(t, s, "handler", county, opened, "inbox.case_lead_offered")
	assert.Empty(t, onlyLeads(toldAs(t, s, "handler", suitetest.City, red, 0)))
}

// The invented group hands a grave matter to a hospital, which answers to it.
func TestC17_HospitalsHandOnAGraveMatter(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	w := h.warns(t, atPharmacy("inquest"))
	w = h.settle(t, w)
	heard(t, h.Suite, "group_auditor", hospitalGroup, w.GetName(), "inbox.case_lead_proposed")
	group, hospital := custodianOf(h.Suite, "group_auditor", hospitalGroup), custodianOf(h.Suite, "hospital_auditor", firstHospital)
	req := aLead(hospitalGroup, pharmacy)
	req.CaseLead.Kind, req.CaseLead.Warning = "grave_matter", w.GetName()
	name := group.open(t, req).GetName()
	l := group.offer(t, name, firstHospital)
	assert.Equal(t, "重大事项线索", l.GetKindTitle().GetZh())
	hospital.accept(t, name)
	assert.Equal(t, secret, hospital.read(t, name))
	findsNone(t, h.Suite, pharmacy, name)
	_, err := hospital.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{
		Name: name, Outcome: "dismissed_from_office", Note: "已免职。",
	})
	require.NoError(t, err)
	assert.Equal(t, name, h.committee.get(t, w.GetName()).GetCaseLead())
	assert.Empty(t, h.clerk.get(t, w.GetName()).GetCaseLead())
}

// A unit that has come below the one that a lead is about on the system line finds it no more, whatever it was offered before.
func TestC17_ALeadIsLostToWhoComesBelowTheSubjectOnTheSystemLine(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	city, below := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", lowerBureau)
	name := city.open(t, aLead(suitetest.City, audit)).GetName()
	city.offer(t, name, lowerBureau)
	below.get(t, name)
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: lowerBureau, SystemParent: audit, Reason: "划转"})
	require.NoError(t, err)
	followed(s)
	_, err = below.GetCaseLead(t.Context(), &warningv1.GetCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = below.AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Empty(t, below.listed(t, &warningv1.ListCaseLeadsRequest{Unit: lowerBureau}))
	assert.Equal(t, county, city.offer(t, name, county).GetOfferedTo(), "and is offered elsewhere")
}
