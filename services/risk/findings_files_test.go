package risk_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// tryAttach begins an upload to a record.
func (o office) tryAttach(t *testing.T, owner string) error {
	t.Helper()
	_, err := o.files.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: "现场.pdf", MediaType: "application/pdf", Size: 20},
	})
	return err
}

// Who found something shows it by files, and none of these is evidence that it was put right.
func TestT16_WhoFindsAttachesAndTheUnitShowsByItsOwnFiles(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group, inspectors := as(s, "section", markets), as(s, head, commerce), as(s, "discipline_group", commerce)
	found := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "摊位费未入账"}).GetName()
	correct := func(says string) error {
		_, err := section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: found, Correction: says})
		return err
	}
	suitetest.RequireRefused(t, as(s, "section", trade).tryAttach(t, found), codes.NotFound, "NOT_FOUND")
	for range 10 {
		group.attach(t, found)
	}
	suitetest.RequireRefused(t, inspectors.tryAttach(t, found), codes.FailedPrecondition, "TOO_MANY_FILES")
	suitetest.RequireRefused(t, correct("已入账"), codes.FailedPrecondition, "EVIDENCE_MISSING")
	section.attach(t, found)
	require.NoError(t, correct("已入账"))
	suitetest.RequireRefused(t, section.tryAttach(t, found), codes.FailedPrecondition, "WRONG_STATE")
	_, err := group.found.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{Name: found, Reason: "还有两笔"})
	require.NoError(t, err)
	s.Clock.Advance(day)
	suitetest.RequireRefused(t, correct("已入账"), codes.FailedPrecondition, "RETURNED_UNCHANGED")
	section.attach(t, found)
	require.NoError(t, correct("已入账"))
	_, err = group.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found})
	require.NoError(t, err)
	suitetest.RequireRefused(t, group.tryAttach(t, found), codes.FailedPrecondition, "WRONG_STATE")
	listed, err := section.files.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: found, PageSize: 20})
	require.NoError(t, err)
	units := map[string]int{}
	for _, file := range listed.GetAttachments() {
		units[file.GetUnit()]++
	}
	assert.Equal(t, map[string]int{commerce: 10, markets: 2}, units)
}

func TestT16_WhatIsFoundAtALaterTimeIsAttachedWhileItIsJudged(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, head, commerce)
	found := group.notes(t, &riskv1.Deficiency{
		Unit: markets, Kind: "state_assets", Text: "资产未登记", Position: group.post(t, commerce, "分管副局长", "deputy"),
	}).GetName()
	section.attach(t, found)
	section.correct(t, found)
	group.attach(t, found)
	_, err := group.found.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{Name: found, Reason: "未见台账"})
	require.NoError(t, err)
	s.Clock.Advance(day)
	group.attach(t, found)
	_, err = section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: found, Correction: "账外资金已全部入账"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
}

// What an ended unit attached is evidence of its successor.
func TestT16_ASuccessorShowsByTheFilesOfItsPredecessor(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	found := e.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "state_assets", Text: "资产未登记"}).GetName()
	e.own.attach(t, found)
	e.end(t)
	_, err := e.heir.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: found, Correction: "已登记"})
	require.NoError(t, err)
}

func TestT8_WhoChecksAControlAttachesAndTheUnitShowsByItsOwnFiles(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	control := b.section.plan(t, b.against(b.inForce(t, 1, "execution"), "pledge"))
	suitetest.RequireRefused(t, b.office.tryAttach(t, control.GetName()), codes.PermissionDenied, "OWN_UNIT_ONLY")
	b.section.attach(t, control.GetName())
	b.section.completeControl(t, control)
	suitetest.RequireRefused(t, b.section.tryAttach(t, control.GetName()), codes.FailedPrecondition, "WRONG_STATE")
	b.office.attach(t, control.GetName())
	_, err := b.office.controls.ReturnControl(t.Context(),
		&riskv1.ReturnControlRequest{Name: control.GetName(), Reason: "只签未做", DueOn: "2026-11-30"})
	require.NoError(t, err)
	b.Clock.Advance(day)
	b.office.attach(t, control.GetName())
	again := &riskv1.CompleteControlRequest{Name: control.GetName(), Result: "已签订"}
	_, err = b.section.controls.CompleteControl(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	b.section.attach(t, control.GetName())
	_, err = b.section.controls.CompleteControl(t.Context(), again)
	require.NoError(t, err)
}

func TestT11_TheExecutorShowsByItsOwnFilesAndWhoChecksByTheirs(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	section := as(b.Suite, "section", markets)
	d, err := b.office.meet(t, b.office.enter(t, b.review()),
		says(riskv1.Stance_STANCE_FOR, slices.Concat(b.deputies[:3], []string{b.head})...)...)
	require.NoError(t, err)
	report := func() error {
		_, err := section.decisions.ReportDecisionExecution(t.Context(),
			&riskv1.ReportDecisionExecutionRequest{Name: d.GetName(), Text: "已发证"})
		return err
	}
	require.NoError(t, report())
	_, err = b.office.decisions.ReturnDecisionExecution(t.Context(),
		&riskv1.ReturnDecisionExecutionRequest{Name: d.GetName(), Reason: "请附批件"})
	require.NoError(t, err)
	b.Clock.Advance(day)
	b.office.attach(t, d.GetName())
	suitetest.RequireRefused(t, report(), codes.FailedPrecondition, "RETURNED_UNCHANGED")
	section.attach(t, d.GetName())
	require.NoError(t, report())
	_, err = b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "属实"})
	require.NoError(t, err)
	suitetest.RequireRefused(t, section.tryAttach(t, d.GetName()), codes.FailedPrecondition, "WRONG_STATE")
	b.office.attach(t, d.GetName()) // the root checks its own
}
