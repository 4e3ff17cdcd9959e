package warning_test

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
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// closes records what came of a lead.
func (d custodian) closes(t *testing.T, name string) *warningv1.CaseLead {
	t.Helper()
	made, err := d.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "ended", Note: "经核实不属实。"})
	require.NoError(t, err)
	return made
}

// belowAudit has the lower bureau come below the audit bureau on the system line.
func belowAudit(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: lowerBureau, SystemParent: audit, Reason: "划转"})
	require.NoError(t, err)
	followed(s)
}

func TestC17_APartyBelowTheSubjectOnTheSystemLineLeavesTheLeadToTheUnitAbove(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	city, below := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", lowerBureau)
	name := city.open(t, aLead(suitetest.City, audit)).GetName()
	city.offer(t, name, lowerBureau)
	below.accept(t, name)
	asked := city.open(t, aLead(suitetest.City, audit)).GetName()
	city.offer(t, asked, lowerBureau)
	heard(t, s, "handler", lowerBureau, name, "inbox.case_lead_offered")
	belowAudit(t, s)
	s.Clock.Advance(6 * time.Second) // directories remember for five

	above := custodianOf(s, "handler", county)
	assert.Equal(t, county, city.get(t, name).GetHoldingUnit())
	listed, err := city.ListCaseLeads(t.Context(), &warningv1.ListCaseLeadsRequest{
		Unit: suitetest.City, States: []warningv1.CaseLeadState{leadHeld},
	})
	require.NoError(t, err)
	require.Len(t, listed.GetCaseLeads(), 1)
	assert.Equal(t, county, listed.GetCaseLeads()[0].GetHoldingUnit(), "also in a list")
	_, err = below.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, secret, above.read(t, name))
	filesOf(s.As("handler", county)).attach(t, name)

	before := onlyLeads(toldAs(t, s, "handler", lowerBureau, name, 0))
	advanceTo(t, s, 2026, time.November, 10)
	s.RunJob(leadsSlow)
	heard(t, s, "handler", county, asked, "inbox.case_lead_offer_overdue")
	advanceTo(t, s, 2026, time.December, 3)
	s.RunJob(leadsSlow)
	heard(t, s, "handler", county, name, "inbox.case_lead_overdue")
	assert.Equal(t, before, onlyLeads(toldAs(t, s, "handler", lowerBureau, name, 0)), "who may not read it is reminded of nothing")
	assert.Equal(t, county, above.accept(t, asked).GetHolder())
	assert.Equal(t, county, above.closes(t, name).GetHoldingUnit())
}

func TestC17_AnOfferLeavesTheDayOfTheOutcomeAsItWas(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", other)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	overdue := &warningv1.ListCaseLeadsRequest{Unit: suitetest.City, Overdue: true}
	to := func(month time.Month, day int) {
		advanceTo(t, s, 2026, month, day)
		s.RunJob(leadsSlow)
	}
	to(time.November, 27)
	l := city.offer(t, name, other)
	assert.Equal(t, []string{"2026-12-02", "2026-12-04"}, []string{l.GetDueOn(), l.GetAnswerDueOn()})
	to(time.November, 30)
	heard(t, s, "handler", suitetest.City, name, "inbox.case_lead_due")
	to(time.December, 3)
	heard(t, s, "handler", suitetest.City, name, "inbox.case_lead_overdue")
	heard(t, s, "handler", other, name, "inbox.case_lead_offer_due")
	assert.Equal(t, []string{name}, city.listed(t, overdue), "overdue for its outcome, whoever is to answer")
	here.decline(t, name)
	assert.Equal(t, []string{name}, city.listed(t, overdue))
	l = city.offer(t, name, county)
	assert.Equal(t, "2026-12-02", l.GetDueOn())
	assert.Equal(t, []string{name}, city.listed(t, overdue), "another offer does not take it off the list")
	to(time.December, 11)
	heard(t, s, "handler", county, name, "inbox.case_lead_offer_overdue")
	heard(t, s, "handler", suitetest.City, name, "inbox.case_lead_unanswered")
	l = custodianOf(s, "handler", county).accept(t, name)
	assert.Equal(t, []string{"2027-01-11", ""}, []string{l.GetDueOn(), l.GetAnswerDueOn()})
	assert.Empty(t, city.listed(t, overdue))
}

func TestC17_WhatTheHolderDoesEndsItsOffer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here, asked := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county), custodianOf(s, "handler", other)
	filing := &warningv1.CaseLeadFiling{FiledWith: "procuratorate", FiledOn: "2026-11-02", ReceiptNumber: "1"}
	for name, ends := range map[string]func(string) (*warningv1.CaseLead, error){
		"closed": func(name string) (*warningv1.CaseLead, error) {
			return here.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "ended", Note: "不属实。"})
		},
		"filed": func(name string) (*warningv1.CaseLead, error) {
			return here.FileCaseLead(t.Context(), &warningv1.FileCaseLeadRequest{Name: name, Filing: filing})
		},
		"returned": func(name string) (*warningv1.CaseLead, error) {
			return here.ReturnCaseLead(t.Context(), &warningv1.ReturnCaseLeadRequest{Name: name, Reason: "由上级办理。"})
		},
	} {
		lead := city.open(t, aLead(suitetest.City, township)).GetName()
		city.offer(t, lead, county)
		here.accept(t, lead)
		here.offer(t, lead, other)
		heard(t, s, "handler", other, lead, "inbox.case_lead_offered")
		filesOf(s.As("handler", county)).attach(t, lead)
		l, err := ends(lead)
		require.NoError(t, err, name)
		assert.Empty(t, l.GetOfferedTo()+l.GetAnswerDueOn(), name)
		offers := city.get(t, lead).GetOffers()
		require.Len(t, offers, 2, name)
		assert.Empty(t, offers[1].GetAnsweredOn(), "nobody answered it")
		assert.True(t, city.verify(t, lead, "").GetIntact(), name)
		_, err = asked.AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: lead})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		require.Eventually(t, func() bool { return len(toldAs(t, s, "handler", other, lead, 0)) == 0 }, time.Minute, 50*time.Millisecond, name)
		assert.Empty(t, asked.listed(t, &warningv1.ListCaseLeadsRequest{Unit: other}), name)
	}
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	city.offer(t, name, other)
	l, err := city.WithdrawCaseLead(t.Context(), &warningv1.WithdrawCaseLeadRequest{Name: name, Reason: "不实。"})
	require.NoError(t, err)
	assert.Empty(t, l.GetOffers()[0].GetAnsweredOn(), "nor is a withdrawal an answer")
}

func TestC17_AHolderThatTakesInWhomItAskedIsNotStuck(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(24 * time.Hour)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	city.offer(t, name, county)
	here.accept(t, name)
	here.offer(t, name, other)
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: other, ChildrenTo: county, Reason: "撤销"})
	require.NoError(t, err)
	followed(s)
	_, err = here.AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CASE_LEAD")
	assert.Equal(t, warningv1.CaseLeadState_CASE_LEAD_STATE_CLOSED, here.closes(t, name).GetState())
}

// A unit that ends takes what it was told of leads to nobody: the one that it ends in may be whom they are about.
func TestC17_MessagesAboutLeadsGoToNoSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(24 * time.Hour)
	city := custodianOf(s, "handler", suitetest.City)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	city.offer(t, name, other)
	heard(t, s, "handler", other, name, "inbox.case_lead_offered")
	city.offer(t, name, county)
	require.Eventually(t, func() bool {
		return slices.Contains(toldAs(t, s, "handler", other, "", 0), "inbox.case_lead_offer_gone")
	}, time.Minute, 50*time.Millisecond)
	merge(t, s, other, township)
	findsNone(t, s, township, name)
}

// Where the opener has become the unit that a lead is about, what is done with it stands in the journal of the unit above.
func TestC17_TheJournalOfTheSubjectSaysNothingOfALead(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(24 * time.Hour)
	name := custodianOf(s, "handler", township).open(t, aLead(township, village)).GetName()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: village, ChildrenTo: township, Reason: "撤销"})
	require.NoError(t, err)
	entries := func(unit string) (events []string) {
		listed, err := warningv1.NewJournalServiceClient(s.As("reviewer", suitetest.City)).ListJournal(t.Context(),
			&typev1.ListJournalRequest{Unit: unit, Resource: name})
		require.NoError(t, err)
		for _, e := range listed.GetEntries() {
			events = append(events, e.GetEvent())
		}
		return events
	}
	before := entries(township)
	followed(s)
	above := custodianOf(s, "handler", county)
	assert.Equal(t, secret, above.read(t, name))
	above.closes(t, name)
	findsNone(t, s, township, name)
	assert.Equal(t, before, entries(township))
	all := strings.Join(entries(county), " ")
	assert.Contains(t, all, "ReadCaseLead")
	assert.Contains(t, all, "CloseCaseLead")
}
