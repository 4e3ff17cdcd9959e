package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/checks"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A matter that is prepared is to be decided by a day, of which the section that prepares it is reminded before it, on it and after
// it; the bureau hears that it is late. Once it is decided nobody is reminded any more.
func TestT11_AMatterIsDecidedInTime(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, b.section.held(t, markets, "股长"+person, "section_head", person, "2024-01-01").GetName())
	}
	entered := func(decideBy string) (*riskv1.Decision, error) {
		return b.section.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: &riskv1.Decision{
			Unit: markets, Kind: "section_review", Title: "摊位许可会审", Proposal: "准予许可。", ProposerPosition: members[0],
			Members: members, ExecutorPosition: members[0], DueOn: "2026-12-31", DecideBy: decideBy,
		}})
	}
	change := func(d *riskv1.Decision, paths ...string) (*riskv1.Decision, error) {
		return b.section.decisions.UpdateDecision(t.Context(), &riskv1.UpdateDecisionRequest{
			Decision: d, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
	}
	_, err := entered("2026-12-15")
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.decide_by": "PUT_OFF"})
	_, err = entered("2026-11-01")
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.decide_by": "PAST_DAY"})
	d, err := entered("")
	require.NoError(t, err)
	assert.Equal(t, "2026-12-14 2026-12-09", d.GetDecideBy()+" "+d.GetDecideRemindOn(), "thirty working days by the scheme")
	d, err = change(&riskv1.Decision{Name: d.GetName(), DecideBy: "2026-11-20"}, "decide_by")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-20 2026-11-17", d.GetDecideBy()+" "+d.GetDecideRemindOn())
	d, err = change(&riskv1.Decision{Name: d.GetName(), DueOn: "2026-11-13"}, "due_on")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-13 2026-11-10", d.GetDecideBy()+" "+d.GetDecideRemindOn(), "nothing is decided after it is to be done")
	for _, days := range []int{8, 3, 1} { // to the 10th, the 13th and the 14th
		b.Clock.Advance(time.Duration(days) * day)
		b.RunJob(decisions.DecideJob)
	}
	const due, late = "请于 2026-11-13 前开会决定“摊位许可会审”。", "“摊位许可会审”应于 2026-11-13 前集体决定，现已逾期，仍在酝酿。"
	assert.Equal(t, []string{due, due, late}, said(t, b.Suite, "section", markets, d.GetName(), 3))
	assert.Equal(t, []string{"市场运行股的" + late}, said(t, b.Suite, head, commerce, d.GetName(), 1))
	undecided := func() []*riskv1.Decision {
		listed, err := b.office.decisions.ListDecisions(t.Context(), &riskv1.ListDecisionsRequest{Unit: commerce, Undecided: true})
		require.NoError(t, err)
		return listed.GetDecisions()
	}
	require.Len(t, undecided(), 1)
	counted, err := b.office.decisions.CountDecisions(t.Context(), &riskv1.CountDecisionsRequest{Unit: commerce})
	require.NoError(t, err)
	assert.EqualValues(t, 1, counted.GetCounts()[0].GetUndecidedCount())
	d, err = b.section.decisions.CancelDecision(t.Context(), &riskv1.CancelDecisionRequest{Name: d.GetName(), Reason: "申请人撤回"})
	require.NoError(t, err)
	assert.Empty(t, d.GetDecideRemindOn())
	assert.Empty(t, undecided())
}

// What the bureau's check found that is important is owed to the city's commission, with which it is filed by hand: by a day, with
// reminders, and listed until it has its receipt. What is not important, or a section's own, is owed to nobody there.
func TestT16_AnImportantCheckOfTheTopmostUnitIsFiled(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	report := func(important bool) *riskv1.Check {
		check := c.group.planCheck(t, c.of("financial_discipline"))
		check, err := c.group.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{
			Name: check.GetName(), Summary: "发现重大问题", DoneOn: "2026-11-02", Important: important,
		})
		require.NoError(t, err)
		return check
	}
	plain, check := report(false), report(true)
	assert.Empty(t, plain.GetFileBy()+plain.GetSchemeVersion())
	assert.Equal(t, "2026-11-09 2026-11-04", check.GetFileBy()+" "+check.GetFileRemindOn())
	file := &riskv1.FileCheckRequest{
		Name: plain.GetName(), Filing: &riskv1.Filing{FiledWith: "city_commission", FiledOn: "2026-11-02", ReceiptNumber: "12"},
	}
	_, err := c.group.checks.FileCheck(t.Context(), file)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_TO_BE_FILED")
	for _, days := range []int{2, 5, 1} { // to the 4th, the 9th and the 10th
		c.Clock.Advance(time.Duration(days) * day)
		c.RunJob(checks.FilingJob)
	}
	const due, late = "“三季度收支和票据”应于 2026-11-09 前上报备案。", "“三季度收支和票据”应于 2026-11-09 前上报备案，现已逾期。"
	heard := said(t, c.Suite, head, commerce, check.GetName(), 4)
	assert.Equal(t, []string{due, due, late}, heard[len(heard)-3:])
	unfiled := func() []*riskv1.Check {
		listed, err := c.group.checks.ListChecks(t.Context(), &riskv1.ListChecksRequest{Unit: commerce, Unfiled: true})
		require.NoError(t, err)
		return listed.GetChecks()
	}
	require.Len(t, unfiled(), 1)
	file.Name, file.Filing.FiledWith = check.GetName(), "nobody"
	_, err = c.group.checks.FileCheck(t.Context(), file)
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_with": "UNKNOWN_TERM"})
	file.Filing.FiledWith, file.Filing.FiledOn = "city_commission", "2026-11-01"
	_, err = c.group.checks.FileCheck(t.Context(), file)
	suitetest.RequireFieldFaults(t, err, map[string]string{"filing.filed_on": "NOT_BEFORE"})
	file.Filing.FiledOn = "2026-11-10"
	filed, err := c.group.checks.FileCheck(t.Context(), file)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-10 12", filed.GetFiledOn()+" "+filed.GetFilings()[0].GetReceiptNumber())
	assert.Empty(t, filed.GetFileRemindOn())
	assert.Empty(t, unfiled())
}
