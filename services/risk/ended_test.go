package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/checks"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// ending is the bureau whose section of the markets ends, with the two sections below it, which go to that of trade.
type ending struct {
	commerceBureau

	own, heir office
}

func newEnding(t *testing.T) ending {
	t.Helper()
	b, own, _ := newMarketsCampaign(t)
	return ending{commerceBureau: b, own: own, heir: as(b.Suite, "leading_group_office", trade)}
}

// end has the section of the markets end, and time pass until the 17th.
func (e ending) end(t *testing.T, jobs ...string) {
	t.Helper()
	e.Clock.Advance(day)
	e.merge(t, markets, trade)
	e.Clock.Advance(14 * day)
	for _, job := range jobs {
		e.RunJob(job)
	}
}

// hears wants the successor to be told something of a record, and for which unit that is.
func (e ending) hears(t *testing.T, name, what string) {
	t.Helper()
	e.isTold(t, name, what+"（事关市场运行股，该单位已撤并，由承继单位办理。）")
}

// isTold wants the section of trade to be told something of a record.
func (e ending) isTold(t *testing.T, name, what string) {
	t.Helper()
	hears(t, e.Suite, "leading_group_office", trade, name, what)
}

func TestT16_WhoStandsAboveAUnitThatMovedJudges(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	found := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "资产未登记"})
	e.move(t, north, trade)
	section := as(e.Suite, "section", north)
	section.attach(t, found.GetName())
	section.correct(t, found.GetName())
	e.isTold(t, found.GetName(), north+"报告问题“资产未登记”已整改，请于 2026-11-16 前核查。")
	e.Clock.Advance(16 * day)
	e.RunJob(deficiencies.JudgeJob)
	e.RunJob(deficiencies.FilingJob)
	e.isTold(t, found.GetName(), north+"的“资产未登记”应于 2026-11-16 前审核或者检验，现已逾期。")
	e.isTold(t, found.GetName(), "“资产未登记”应于 2026-11-09 前上报备案，现已逾期。")
	_, err := e.own.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = e.heir.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	require.NoError(t, err)
}

func TestT16_T17_ASuccessorGoesOnWithChecks(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	check := &riskv1.Check{
		Unit: markets, CheckedUnit: north, Kind: "procurement", Scope: "三季度采购", DueOn: "2026-11-13",
		Checkers: []string{e.own.post(t, markets, "审计岗", "staff")},
	}
	check = e.own.planCheck(t, check)
	of := e.office.planCheck(t, &riskv1.Check{
		Unit: commerce, CheckedUnit: markets, Kind: "financial_discipline", Scope: "三季度收支", DueOn: "2026-11-20",
		Checkers: []string{e.office.post(t, commerce, "审计岗", "staff")},
	})
	e.end(t, checks.RemindJob)
	e.hears(t, check.GetName(), "检查“三季度采购”应于 2026-11-13 前完成并报告，现已逾期。")
	listed, err := e.heir.checks.ListChecks(t.Context(), &riskv1.ListChecksRequest{Unit: trade, Overdue: true})
	require.NoError(t, err)
	require.Len(t, listed.GetChecks(), 1)
	find := func(o office, check, kind string) *riskv1.Deficiency {
		answer, err := o.checks.RecordCheckFindings(t.Context(), &riskv1.RecordCheckFindingsRequest{
			Name: check, Findings: []*riskv1.CheckFinding{{Kind: kind, Text: "票据不全"}},
		})
		require.NoError(t, err)
		found, err := o.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: answer.GetDeficiencies()[0]})
		require.NoError(t, err)
		return found
	}
	found := find(e.heir, check.GetName(), "procurement_breach")
	assert.Equal(t, north+" "+trade, found.GetUnit()+" "+found.GetFoundBy())
	found = find(e.office, of.GetName(), "financial_discipline")
	assert.Equal(t, trade, found.GetUnit(), "who acts for the unit that was to be checked answers for what is found")
	_, err = e.heir.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{Name: check.GetName(), Summary: "已查", DoneOn: "2026-11-17"})
	require.NoError(t, err)
}

func TestT16_ASuccessorCorrectsAndJudgesInTurn(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	at := e.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "报销单据不全", DueOn: "2026-11-13"})
	below := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "资产未登记"})
	section := as(e.Suite, "section", north)
	section.attach(t, below.GetName())
	section.correct(t, below.GetName())
	e.end(t, deficiencies.RemindJob, deficiencies.JudgeJob, deficiencies.FilingJob)

	e.hears(t, at.GetName(), "问题“报销单据不全”应于 2026-11-13 前整改，现已逾期。")
	listed, err := e.heir.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: trade, Overdue: true})
	require.NoError(t, err)
	require.Len(t, listed.GetDeficiencies(), 1)
	e.heir.correct(t, at.GetName())
	_, err = e.heir.second.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: at.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_DEFICIENCY")
	_, err = e.office.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: at.GetName()})
	require.NoError(t, err)

	e.isTold(t, below.GetName(), north+"的“资产未登记”应于 2026-11-16 前审核或者检验，现已逾期。")
	e.isTold(t, below.GetName(), "“资产未登记”应于 2026-11-09 前上报备案，现已逾期。")
	require.NoError(t, e.heir.fileUpward(t, below.GetName(), "city_commission", "2026-11-17"))
	_, err = e.heir.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: below.GetName()})
	require.NoError(t, err)
}

func TestT11_ASuccessorCarriesOutWhatAnEndedUnitDecided(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, e.own.held(t, markets, "股长"+person, "section_head", person, "2024-01-01").GetName())
	}
	d := e.own.enter(t, &riskv1.Decision{
		Unit: markets, Kind: "section_review", Title: "摊位许可会审", Proposal: "准予许可。", ProposerPosition: members[0],
		Members: members, ExecutorPosition: members[0], DueOn: "2026-11-13",
	})
	_, err := e.own.meet(t, d, says(inFavour, members...)...)
	require.NoError(t, err)
	e.end(t, decisions.RemindJob)
	e.hears(t, d.GetName(), "集体决定“摊位许可会审”应于 2026-11-13 前执行完毕，现已逾期。")
	assert.Len(t, e.heir.decided(t, &riskv1.ListDecisionsRequest{Unit: trade, Overdue: true}), 1)
	_, err = e.heir.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "已发证"})
	require.NoError(t, err)
	_, err = e.heir.second.decisions.CloseDecision(t.Context(), &riskv1.CloseDecisionRequest{Name: d.GetName(), Finding: "属实"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	_, err = e.office.decisions.CloseDecision(t.Context(), &riskv1.CloseDecisionRequest{Name: d.GetName(), Finding: "属实"})
	require.NoError(t, err)
}

func TestT11_T13_ASuccessorCarriesOutWhatTheUnitAboveDecided(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, e.office.held(t, commerce, "副局长"+person, "deputy", person, "2024-01-01").GetName())
	}
	decision := &riskv1.Decision{
		Unit: commerce, Kind: "joint_review", Title: "摊位许可会审", Proposal: "准予许可。", ProposerPosition: members[0],
		Members: members, ExecutorPosition: e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01").GetName(),
		DueOn: "2026-12-31",
	}
	decide := func(d *riskv1.Decision, on string) *riskv1.Decision {
		d, err := e.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
			Name: e.office.enter(t, d).GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: on, Statements: says(inFavour, members...)},
		})
		require.NoError(t, err)
		return d
	}
	before := decide(decision, "2026-11-02")
	other := proto.CloneOf(decision)
	other.Title = "另一摊位许可会审"
	other = decide(other, "2026-11-02")
	e.end(t)
	again := proto.CloneOf(decision)
	again.Title, again.Supersedes = "摊位许可再次会审", before.GetName()
	_, err := e.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: again})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.executor_position": "POSITION_OF_ENDED"})
	again.ExecutorPosition = as(e.Suite, "section", trade).held(t, trade, "股长", "section_head", "己", "2024-01-01").GetName()
	after := decide(again, "2026-11-17")
	e.hears(t, before.GetName(), "集体决定“摊位许可会审”经再次会议，已由“摊位许可再次会审”取代。")

	section, stranger := as(e.Suite, "section", trade), as(e.Suite, "section", "units/commerce_finance")
	assert.Len(t, section.decided(t, &riskv1.ListDecisionsRequest{Unit: trade, ToExecute: true}), 3)
	assert.Empty(t, stranger.decided(t, &riskv1.ListDecisionsRequest{Unit: "units/commerce_finance", ToExecute: true}))
	for _, d := range []*riskv1.Decision{before, other, after} {
		read, err := section.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: d.GetName()})
		require.NoError(t, err)
		assert.Equal(t, d.GetExecutorUnit(), read.GetExecutorUnit())
		assert.Nil(t, read.GetMeeting())
		_, err = stranger.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: d.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	e.Clock.Advance(60 * day)
	e.RunJob(decisions.RemindJob)
	e.hears(t, other.GetName(),
		"商务局三位一体机制建设领导小组办公室的集体决定“另一摊位许可会审”由本单位“股长”岗位负责，应于 2026-12-31 前完成，现已逾期。")
	e.isTold(t, after.GetName(),
		"商务局三位一体机制建设领导小组办公室的集体决定“摊位许可再次会审”由本单位“股长”岗位负责，应于 2026-12-31 前完成，现已逾期。")
}

func TestT15_ASuccessorGoesOnWithAnAppointment(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	scheme, err := e.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	for _, kind := range scheme.GetAppointmentKinds() {
		kind.UnitKinds = nil // sections appoint as well
	}
	_, err = as(e.Suite, "administrator", commerce).schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	e.Clock.Advance(day)
	a := e.own.nominate(t, &riskv1.Appointment{
		Unit: markets, Kind: "middle", Position: e.own.post(t, markets, "股长", "section_head"), Person: "己",
		PresentPosition: e.own.held(t, markets, "科员", "staff", "己", "2022-01-01").GetName(),
		Nominations: []*riskv1.Nomination{
			{Way: "meeting", NominatedBy: "全股推荐会", NominatedOn: "2026-10-20"},
			{Way: "talk", NominatedBy: "谈话推荐", NominatedOn: "2026-10-22"},
		},
	})
	e.end(t)
	listed, err := e.heir.cadres.ListAppointments(t.Context(), &riskv1.ListAppointmentsRequest{Unit: trade})
	require.NoError(t, err)
	require.Len(t, listed.GetAppointments(), 1)
	a, err = e.heir.cadres.QualifyAppointment(t.Context(), &riskv1.QualifyAppointmentRequest{
		Name: a.GetName(), Qualification: &riskv1.CandidateCheck{
			Result: riskv1.AppointmentResult_APPOINTMENT_RESULT_PASSED, Finding: "符合条件", CheckedOn: "2026-11-17",
			Checkers: []string{e.heir.held(t, trade, "股长", "staff", "庚", "2024-01-01").GetName()},
		},
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.AppointmentState_APPOINTMENT_STATE_QUALIFIED, a.GetState())
}

// Who files what was found at a unit is who judges it: neither the unit itself, once the one that found it has ended in it, nor that
// of the position that answers for it.
func TestT16_T24_WhoFilesIsNeverTheUnitThatCorrects(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	owner := e.own.post(t, markets, "分管股长", "section_head")
	answering := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "资产未登记", Position: owner})
	merged := e.own.notes(t, &riskv1.Deficiency{Unit: north, Kind: "state_assets", Text: "账实不符"})
	filed := func(unit string) int64 {
		counts, _ := figuresOf(t, e.Suite, unit, "2026-11", "deficiencies_filed")
		return counts["deficiencies_filed"][1]
	}
	assert.Equal(t, [2]int64{1, 1}, [2]int64{filed(commerce), filed(markets)}, "the other one answers for the first")
	e.Clock.Advance(day)
	disband(t, e.Suite, head, commerce, north)
	assert.Equal(t, [2]int64{2, 0}, [2]int64{filed(commerce), filed(markets)}, "it has become one with who is to correct it")
	for _, found := range []*riskv1.Deficiency{answering, merged} {
		require.NoError(t, e.office.fileUpward(t, found.GetName(), "city_commission", "2026-11-03"))
		err := e.own.fileUpward(t, found.GetName(), "city_commission", "2026-11-03")
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_DEFICIENCY")
	}
}
