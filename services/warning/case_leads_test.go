package warning_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	secret    = "乡镇负责人涉嫌截留集体资金，经办凭证编号 11 至 19。"
	leadHeld  = warningv1.CaseLeadState_CASE_LEAD_STATE_HELD
	leadTold  = "inbox.case_lead_"
	leadsSlow = "warning.remind_case_leads"
)

// custodian is one role in one unit that has to do with case leads.
type custodian struct {
	warningv1.CaseLeadServiceClient
}

func custodianOf(s *suitetest.Suite, role, unit string) custodian {
	return custodian{warningv1.NewCaseLeadServiceClient(s.As(role, unit))}
}

// aLead asks for a case lead of a unit about another one.
func aLead(unit, about string) *warningv1.CreateCaseLeadRequest {
	return &warningv1.CreateCaseLeadRequest{Content: secret, CaseLead: &warningv1.CaseLead{
		Unit: unit, About: about, Kind: "case_lead", Title: "集体资金去向不明",
	}}
}

func (d custodian) open(t *testing.T, req *warningv1.CreateCaseLeadRequest) *warningv1.CaseLead {
	t.Helper()
	made, err := d.CreateCaseLead(t.Context(), req)
	require.NoError(t, err)
	return made
}

func (d custodian) get(t *testing.T, name string) *warningv1.CaseLead {
	t.Helper()
	read, err := d.GetCaseLead(t.Context(), &warningv1.GetCaseLeadRequest{Name: name})
	require.NoError(t, err)
	return read
}

func (d custodian) offer(t *testing.T, name, to string) *warningv1.CaseLead {
	t.Helper()
	made, err := d.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: to, Note: "属贵单位管辖。"})
	require.NoError(t, err)
	return made
}

func (d custodian) accept(t *testing.T, name string) *warningv1.CaseLead {
	t.Helper()
	made, err := d.AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: name})
	require.NoError(t, err)
	return made
}

func (d custodian) decline(t *testing.T, name string) *warningv1.CaseLead {
	t.Helper()
	made, err := d.DeclineCaseLead(t.Context(), &warningv1.DeclineCaseLeadRequest{Name: name, Reason: "不属本单位管辖。"})
	require.NoError(t, err)
	return made
}

func (d custodian) read(t *testing.T, name string) string {
	t.Helper()
	read, err := d.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: name})
	require.NoError(t, err)
	return read.GetContent().GetText()
}

func (d custodian) verify(t *testing.T, name, kept string) *warningv1.VerifyCaseLeadResponse {
	t.Helper()
	found, err := d.VerifyCaseLead(t.Context(), &warningv1.VerifyCaseLeadRequest{Name: name, KeptSha256: kept})
	require.NoError(t, err)
	return found
}

func (d custodian) listed(t *testing.T, req *warningv1.ListCaseLeadsRequest) (names []string) {
	t.Helper()
	list, err := d.ListCaseLeads(t.Context(), req)
	require.NoError(t, err)
	for _, l := range list.GetCaseLeads() {
		names = append(names, l.GetName())
	}
	return names
}

// findsNone asserts that nothing says to a unit that there is a lead: as who may everything there.
func findsNone(t *testing.T, s *suitetest.Suite, unit, name string) {
	t.Helper()
	subject := custodianOf(s, "administrator", unit)
	_, err := subject.GetCaseLead(t.Context(), &warningv1.GetCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = subject.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = subject.VerifyCaseLead(t.Context(), &warningv1.VerifyCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = subject.AcceptCaseLead(t.Context(), &warningv1.AcceptCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = subject.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: county})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = subject.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "ended", Note: "属实"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Empty(t, subject.listed(t, &warningv1.ListCaseLeadsRequest{Unit: unit}))
	files := filesOf(s.As("administrator", unit))
	_, err = files.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = files.begin(t, name)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	listed, err := networkv1.NewInboxServiceClient(s.As("administrator", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit})
	require.NoError(t, err)
	for _, m := range listed.GetMessages() {
		assert.False(t, strings.HasPrefix(m.GetKind(), leadTold), m.GetTitle())
	}
}

func TestC17_ARedWarningLeadsToACaseThatIsHandedOnWithItsCustody(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, cityCase := as(s, "handler", suitetest.City), custodianOf(s, "handler", suitetest.City)
	red := approved(t, s, notice("red"))
	as(s, "clerk", township).acknowledge(t, red)
	_, err := as(s, "reviewer", suitetest.City).warnings.DecideCase(t.Context(), decision(red, true))
	require.NoError(t, err)
	assert.Contains(t, heard(t, s, "handler", suitetest.City, red, "inbox.case_lead_proposed"), "inbox.case_lead_proposed")
	req := aLead(suitetest.City, township)
	req.CaseLead.Warning = red
	l := cityCase.open(t, req)
	assert.Equal(t, "案件线索", l.GetKindTitle().GetZh())
	assert.Equal(t, "2026-12-02", l.GetDueOn(), "a month")
	assert.Equal(t, l.GetName(), city.get(t, red).GetCaseLead(), "the warning names its lead")
	assert.Empty(t, as(s, "clerk", township).get(t, red).GetCaseLead(), "not to whom it is about")
	require.Eventually(t, func() bool { return len(onlyLeads(toldAs(t, s, "handler", suitetest.City, red, 0))) == 0 },
		time.Minute, 50*time.Millisecond, "what was proposed is done")
	_, err = cityCase.CreateCaseLead(t.Context(), req)
	suitetest.RequireFieldFaults(t, err, map[string]string{"case_lead.warning": "CASE_LEAD_BEFORE"})
	assert.Equal(t, secret, cityCase.read(t, l.GetName()))
	file := filesOf(s.As("handler", suitetest.City)).attach(t, l.GetName())

	// Declined by one, offered to another, accepted, and handed on.
	here, there := custodianOf(s, "handler", county), custodianOf(s, "handler", stranger)
	l = cityCase.offer(t, l.GetName(), stranger)
	assert.Equal(t, "2026-11-09", l.GetAnswerDueOn(), "five working days")
	assert.Equal(t, "2026-12-02", l.GetDueOn(), "what comes of it is due as before")
	assert.Equal(t, []string{"inbox.case_lead_offered"}, toldAs(t, s, "handler", stranger, l.GetName(), 1))
	seen := there.get(t, l.GetName())
	assert.Equal(t, "属贵单位管辖。", seen.GetOfferNote())
	assert.Empty(t, seen.GetCustody(), "it may be told who had it once it has it")
	assert.Empty(t, seen.GetWarning())
	_, err = there.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: l.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = there.VerifyCaseLead(t.Context(), &warningv1.VerifyCaseLeadRequest{Name: l.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, []string{l.GetName()}, there.listed(t, &warningv1.ListCaseLeadsRequest{Unit: stranger, Offered: true}))
	s.Clock.Advance(24 * time.Hour)
	there.decline(t, l.GetName())
	_, err = there.GetCaseLead(t.Context(), &warningv1.GetCaseLeadRequest{Name: l.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	heard(t, s, "handler", suitetest.City, l.GetName(), "inbox.case_lead_declined")
	assert.NotContains(t, leadTitles(t, s, suitetest.City), "管辖", "the reason stands with the offer")
	assert.Equal(t, "2026-12-02", cityCase.get(t, l.GetName()).GetDueOn(), "no time was gained")
	cityCase.offer(t, l.GetName(), county)
	kept := here.accept(t, l.GetName()).GetCustody()[1].GetEntrySha256()
	assert.Equal(t, secret, here.read(t, l.GetName()))
	_, err = cityCase.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: l.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = filesOf(s.As("handler", suitetest.City)).ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: l.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	heard(t, s, "handler", suitetest.City, l.GetName(), "inbox.case_lead_accepted")
	filesOf(s.As("handler", county)).attach(t, l.GetName())

	returned, err := here.ReturnCaseLead(t.Context(), &warningv1.ReturnCaseLeadRequest{Name: l.GetName(), Reason: "须由上级核实。"})
	require.NoError(t, err)
	assert.Equal(t, suitetest.City, returned.GetHolder())
	_, err = cityCase.ReturnCaseLead(t.Context(), &warningv1.ReturnCaseLeadRequest{Name: l.GetName(), Reason: "再办。"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_TAKEN_OVER")
	cityCase.offer(t, l.GetName(), county)
	l = here.accept(t, l.GetName())
	findsNone(t, s, township, l.GetName())
	findsNone(t, s, village, l.GetName())

	chain := l.GetCustody()
	require.Len(t, chain, 4)
	for i, want := range []struct{ from, to string }{{"", suitetest.City}, {suitetest.City, county}, {county, suitetest.City}, {suitetest.City, county}} {
		assert.Equal(t, want.from, chain[i].GetFrom())
		assert.Equal(t, want.to, chain[i].GetTo())
		assert.Equal(t, chain[0].GetContentSha256(), chain[i].GetContentSha256())
	}
	assert.Equal(t, "accounts/handler.340503", chain[1].GetTakenBy())
	assert.Equal(t, "accounts/handler.340500", chain[1].GetGivenBy())
	assert.Equal(t, "须由上级核实。", chain[2].GetReason())
	require.Len(t, chain[1].GetFiles(), 1)
	assert.Equal(t, file, chain[1].GetFiles()[0].GetAttachment())
	assert.Len(t, chain[2].GetFiles(), 2)
	found := here.verify(t, l.GetName(), kept)
	assert.True(t, found.GetIntact(), found)
	assert.EqualValues(t, 2, found.GetKeptNumber())

	_, err = here.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: l.GetName(), Outcome: "solved", Note: "已核实。"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "UNKNOWN_TERM"})
	l, err = here.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: l.GetName(), Outcome: "case_filed", Note: "已立案。"})
	require.NoError(t, err)
	assert.Equal(t, "立案", l.GetOutcomeTitle().GetZh())
	assert.Empty(t, l.GetRemindOn()+l.GetDueOn())
	heard(t, s, "handler", suitetest.City, l.GetName(), "inbox.case_lead_closed")
	_, err = cityCase.WithdrawCaseLead(t.Context(), &warningv1.WithdrawCaseLeadRequest{Name: l.GetName(), Reason: "不实"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CASE_LEAD_ELSEWHERE")
	findsNone(t, s, township, l.GetName())

	var readers []string
	entries, err := warningv1.NewJournalServiceClient(s.As("reviewer", suitetest.City)).ListJournal(t.Context(),
		&typev1.ListJournalRequest{Unit: suitetest.City, Resource: l.GetName()})
	require.NoError(t, err)
	for _, e := range entries.GetEntries() {
		if strings.HasSuffix(e.GetEvent(), "ReadCaseLead") {
			readers = append(readers, e.GetActorUnit())
		}
	}
	assert.Equal(t, []string{county, suitetest.City}, readers, "each reading is written down")
}

// leadTitles are what a unit is told of leads.
func leadTitles(t *testing.T, s *suitetest.Suite, unit string) string {
	t.Helper()
	var all []string
	listed, err := networkv1.NewInboxServiceClient(s.As("handler", unit)).ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
	require.NoError(t, err)
	for _, m := range listed.GetMessages() {
		if strings.HasPrefix(m.GetKind(), leadTold) {
			all = append(all, m.GetTitle())
		}
	}
	require.NotEmpty(t, all)
	return strings.Join(all, " ")
}

// onlyLeads are the kinds of messages about case leads.
func onlyLeads(kinds []string) (leads []string) {
	for _, kind := range kinds {
		if strings.HasPrefix(kind, leadTold) {
			leads = append(leads, kind)
		}
	}
	return leads
}

func TestC17_ADamagedChainOfCustodyIsFound(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, here := custodianOf(s, "handler", suitetest.City), custodianOf(s, "handler", county)
	tables := openStore(t, s)
	handedOn := func() (name, file string) {
		name = city.open(t, aLead(suitetest.City, township)).GetName()
		file = filesOf(s.As("handler", suitetest.City)).attach(t, name)
		city.offer(t, name, county)
		here.accept(t, name)
		assert.True(t, here.verify(t, name, "").GetIntact())
		return name, file
	}
	const of = " WHERE 'caseLeads/' || region || '-' || key = $1"
	for name, c := range map[string]struct {
		damage string
		faults []string
	}{
		"who took it": {
			`UPDATE case_leads SET body = jsonb_set(body, '{custody,0,takenBy}', '"accounts/nobody"')` + of, []string{"1 CUSTODY_PART_ENTRY"},
		},
		"a hash": {
			`UPDATE case_leads SET body = jsonb_set(body, '{custody,0,entrySha256}', to_jsonb(repeat('0', 64)))` + of,
			[]string{"1 CUSTODY_PART_ENTRY", "2 CUSTODY_PART_LINK"},
		},
		"an entry less": {
			`UPDATE case_leads SET body = body #- '{custody,0}'` + of, []string{"1 CUSTODY_PART_LINK"},
		},
		"the last entry": {
			`UPDATE case_leads SET body = body #- '{custody,1}'` + of, []string{"1 CUSTODY_PART_HOLDER"},
		},
		"the content": {
			`UPDATE case_lead_contents SET sealed = set_byte(sealed, length(sealed) - 1, 255 - get_byte(sealed, length(sealed) - 1))` + of,
			[]string{"1 CUSTODY_PART_CONTENT", "2 CUSTODY_PART_CONTENT"},
		},
	} {
		lead, _ := handedOn()
		done, err := tables.Exec(t.Context(), c.damage, lead)
		require.NoError(t, err, name)
		require.EqualValues(t, 1, done.RowsAffected(), name)
		found := here.verify(t, lead, "")
		assert.False(t, found.GetIntact(), name)
		assert.Equal(t, c.faults, faultsOf(found), name)
	}
	lead, file := handedOn()
	_, err := tables.Exec(t.Context(), `UPDATE attachment_parts SET data = convert_to(repeat('x', length(data)), 'UTF8')
		WHERE 'attachments/' || region || '-' || attachment_key = $1`, file)
	require.NoError(t, err)
	assert.Equal(t, []string{"2 CUSTODY_PART_FILE"}, faultsOf(here.verify(t, lead, "")))

	lead, _ = handedOn()
	kept := here.get(t, lead).GetCustody()[1].GetEntrySha256()
	assert.True(t, city.verify(t, lead, kept).GetIntact(), "the unit that opened it looks after it")
	found := city.verify(t, lead, strings.Repeat("0", 64))
	assert.False(t, found.GetIntact(), "whoever rewrites the whole chain has not the hash that was kept")
	assert.Empty(t, found.GetFaults())

	stored := ""
	require.NoError(t, tables.QueryRow(t.Context(), `SELECT coalesce(string_agg(l.body::text || encode(c.sealed, 'escape'), ' '), '')
		FROM case_leads l JOIN case_lead_contents c USING (region, key)`).Scan(&stored))
	assert.NotEmpty(t, stored)
	assert.NotContains(t, stored, "截留", "what it says is sealed")
}

// faultsOf are the faults of a chain in a line each.
func faultsOf(found *warningv1.VerifyCaseLeadResponse) (lines []string) {
	for _, f := range found.GetFaults() {
		lines = append(lines, fmt.Sprint(f.GetNumber(), " ", f.GetPart()))
	}
	return lines
}

func TestC17_TwoWhoAcceptAtOnceHaveItOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := custodianOf(s, "handler", suitetest.City)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	city.offer(t, name, county)
	var won, lost sync.Map
	var both sync.WaitGroup
	for _, role := range []string{"handler", "reviewer"} {
		both.Go(func() {
			_, err := custodianOf(s, role, county).AcceptCaseLead(context.WithoutCancel(t.Context()), &warningv1.AcceptCaseLeadRequest{Name: name})
			if err == nil {
				won.Store(role, true)
			} else {
				lost.Store(role, suitetest.Reason(err)+" "+status.Code(err).String())
			}
		})
	}
	both.Wait()
	count := 0
	won.Range(func(any, any) bool { count++; return true })
	assert.Equal(t, 1, count)
	lost.Range(func(_, why any) bool { return assert.Equal(t, "WRONG_STATE FailedPrecondition", why) })
	l := custodianOf(s, "handler", county).get(t, name)
	assert.Len(t, l.GetCustody(), 2)
	assert.Equal(t, leadHeld, l.GetState())
}

func TestC17_ALeadGoesOutsideWithDayAndNumber(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := custodianOf(s, "handler", suitetest.City)
	name := city.open(t, aLead(suitetest.City, township)).GetName()
	for field, c := range map[string]struct {
		filing *warningv1.CaseLeadFiling
		reason string
	}{
		"filing.filed_with":     {&warningv1.CaseLeadFiling{FiledWith: "somebody", FiledOn: "2026-11-02", ReceiptNumber: "1"}, "UNKNOWN_TERM"},
		"filing.filed_on":       {&warningv1.CaseLeadFiling{FiledWith: "procuratorate", FiledOn: "2026-11-03", ReceiptNumber: "1"}, "FUTURE"},
		"filing.receipt_number": {&warningv1.CaseLeadFiling{FiledWith: "procuratorate", FiledOn: "2026-11-02"}, "REQUIRED"},
	} {
		_, err := city.FileCaseLead(t.Context(), &warningv1.FileCaseLeadRequest{Name: name, Filing: c.filing})
		suitetest.RequireFieldFaults(t, err, map[string]string{field: c.reason})
	}
	l, err := city.FileCaseLead(t.Context(), &warningv1.FileCaseLeadRequest{Name: name, Filing: &warningv1.CaseLeadFiling{
		FiledWith: "procuratorate", FiledOn: "2026-11-02", ReceiptNumber: "检收 7 号",
	}})
	require.NoError(t, err)
	assert.Equal(t, warningv1.CaseLeadState_CASE_LEAD_STATE_OUTSIDE, l.GetState())
	assert.Equal(t, "检收 7 号", l.GetCustody()[1].GetFiling().GetReceiptNumber())
	assert.True(t, city.verify(t, name, "").GetIntact())
	_, err = city.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CASE_LEAD_OUTSIDE")
	_, err = city.OfferCaseLead(t.Context(), &warningv1.OfferCaseLeadRequest{Name: name, Unit: county})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	l, err = city.CloseCaseLead(t.Context(), &warningv1.CloseCaseLeadRequest{Name: name, Outcome: "case_filed", Note: "已立案侦查。"})
	require.NoError(t, err)
	assert.True(t, city.verify(t, l.GetName(), "").GetIntact())
}

// Without the key that they were sealed to, leads say so, and all else of them stays.
func TestC17_ALostKeyKeepsTheContentSealedAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	before := custodianOf(s, "handler", suitetest.City).open(t, aLead(suitetest.City, township)).GetName()
	s.Restart(suitetest.With(func(cfg *suite.Config) {
		require.NoError(t, os.Remove(filepath.Join(cfg.Data, "keys", "leads.key")))
	}))
	city := custodianOf(s, "handler", suitetest.City)
	_, err := city.ReadCaseLead(t.Context(), &warningv1.ReadCaseLeadRequest{Name: before})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CASE_LEAD_KEY")
	assert.Equal(t, []string{"1 CUSTODY_PART_CONTENT"}, faultsOf(city.verify(t, before, "")))
	city.offer(t, before, county)
	custodianOf(s, "handler", county).accept(t, before)
	assert.Equal(t, secret, city.read(t, city.open(t, aLead(suitetest.City, township)).GetName()), "what is new is sealed to the new key")
}
