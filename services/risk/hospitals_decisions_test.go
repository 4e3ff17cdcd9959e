package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const equipment = "units/hospitals_first_equipment"

// board is the management of the first hospital, which buys with its chiefs: dean, vice dean, and the chiefs of two departments.
type board struct {
	hospitals

	management, technicians, checking office
	vice, chief                       string
}

func newBoard(t *testing.T) board {
	t.Helper()
	b := board{hospitals: newHospitals(t)}
	b.management, b.technicians = as(b.Suite, "hospital_management", firstHospital), as(b.Suite, "integrity_clerk", equipment)
	b.checking = as(b.Suite, "group_auditor", hospitalGroup)
	b.vice = b.management.held(t, firstHospital, "副院长", "vice_dean", "丙", "2025-01-01").GetName()
	b.chief = b.technicians.held(t, equipment, "设备部主任", "chief", "丁", "2025-01-01").GetName()
	return b
}

// scanner is a purchase of an amount.
func (b board) scanner(amount int64, grounds ...string) *riskv1.Decision {
	return &riskv1.Decision{
		Unit: firstHospital, Kind: "equipment", Title: "CT 购置", Proposal: "购置 CT 一台。", Amount: amount, FilingGrounds: grounds,
		ProposerPosition: b.chief, Members: []string{b.dean.GetName(), b.vice, b.buyer.GetName(), b.chief}, ExecutorPosition: b.chief,
		DueOn: "2026-12-31",
	}
}

func (b board) prepare(t *testing.T, d *riskv1.Decision) {
	t.Helper()
	for _, step := range d.GetRequiredSteps() {
		preparation := &riskv1.Preparation{Step: step, DoneOn: "2026-11-01", Result: "可行"}
		if step == "interests_declared" {
			preparation.Evidence = []string{b.management.attach(t, d.GetName())}
		}
		_, err := b.management.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{Name: d.GetName(), Preparation: preparation})
		require.NoError(t, err)
	}
}

func TestT11_T13_T14_AHospitalBuysWithItsChiefsAndFilesWhatIsLarge(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	d := b.management.enter(t, b.scanner(3200000))
	assert.Equal(t, []string{"market_survey", "trial_use", "interests_declared", "patients_heard"}, d.GetRequiredSteps())
	assert.Equal(t, []string{"market_survey"}, b.management.enter(t, b.scanner(299999)).GetRequiredSteps())
	chiefs := says(inFavour, b.buyer.GetName(), b.chief)
	_, err := b.management.meet(t, d, chiefs...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PREPARATION_MISSING")
	b.prepare(t, d)
	_, err = b.management.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
		Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: "2026-11-02", Statements: chiefs, Absences: []*riskv1.Absence{
			{Member: b.dean.GetName(), Reason: "外出"}, {Member: b.vice, Reason: "外出"},
		}},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_QUORUM")
	lasts := append(says(inFavour, b.vice), says(against, b.dean.GetName())...)
	_, err = b.management.meet(t, d, append(lasts, chiefs...)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"meeting.statements[0].member": "SPEAKS_LAST", "meeting.statements[1].member": "SPEAKS_LAST",
	})
	d, err = b.management.meet(t, d, append(chiefs, lasts...)...)
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.DecisionTally{Members: 4, Quorum: 4, VotesFor: 3, VotesAgainst: 1, Needed: 3}), text(d.GetMeeting().GetTally()))
	assert.Equal(t, "DECISION_STATE_ADOPTED 2026-11-22", d.GetState().String()+" "+d.GetFileBy(), "three of four who spoke, and a million")
	file := func(d *riskv1.Decision) error {
		_, err := b.management.decisions.FileDecision(t.Context(), &riskv1.FileDecisionRequest{
			Name: d.GetName(), Filing: &riskv1.Filing{FiledWith: "health_commission", FiledOn: "2026-11-02", ReceiptNumber: "备 7"},
		})
		return err
	}
	require.NoError(t, file(d))

	for grounds, filed := range map[string]string{"": "", "one_supplier": "2026-11-22"} {
		asked := b.scanner(200000)
		if grounds != "" {
			asked.FilingGrounds = []string{grounds}
		}
		small := b.management.enter(t, asked)
		b.prepare(t, small)
		small, err = b.management.meet(t, small, append(chiefs, lasts...)...)
		require.NoError(t, err)
		assert.Equal(t, filed, small.GetFileBy())
		if grounds == "" {
			suitetest.RequireRefused(t, file(small), codes.FailedPrecondition, "NOT_TO_BE_FILED")
		}
	}

	_, err = b.technicians.decisions.ReportDecisionExecution(t.Context(), &riskv1.ReportDecisionExecutionRequest{Name: d.GetName(), Text: "已安装"})
	require.NoError(t, err)
	checked, err := b.checking.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
		Name: d.GetName(), Finding: "型号与决定不符", Deviation: &riskv1.CheckFinding{Kind: "tender_changed", Text: "擅自改购低配型号", Position: b.chief},
	})
	require.NoError(t, err)
	deviation := checked.GetChecks()[0].GetDeficiency()
	_, err = b.management.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "已安装"})
	require.NoError(t, err)
	closing := &riskv1.CloseDecisionRequest{Name: d.GetName(), Finding: "已换回"}
	_, err = b.checking.decisions.CloseDecision(t.Context(), closing)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DEVIATIONS_OPEN")
	as(b.Suite, "integrity_clerk", firstHospital).correct(t, deviation)
	_, err = b.checking.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: deviation})
	require.NoError(t, err)
	_, err = b.checking.decisions.CloseDecision(t.Context(), closing)
	require.NoError(t, err)
}

// All who speak for the formulary of the group agree, or it stays as it was.
func TestT11_TheGroupsFormularyNeedsEverybody(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, h.group.held(t, hospitalGroup, "委员"+person, "senior", person, "2025-01-01").GetName())
	}
	for against, state := range map[int]string{0: "DECISION_STATE_ADOPTED", 1: "DECISION_STATE_REJECTED"} {
		d := h.group.enter(t, &riskv1.Decision{
			Unit: hospitalGroup, Kind: "formulary", Title: "目录调整", Proposal: "调出一种药品。", ProposerPosition: members[0], Members: members,
			ExecutorPosition: members[0], DueOn: "2026-12-31",
		})
		_, err := h.group.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
			Name: d.GetName(), Preparation: &riskv1.Preparation{Step: "patients_heard", DoneOn: "2026-11-01", Result: "无异议"},
		})
		require.NoError(t, err)
		voices := says(inFavour, members[:2]...)
		if against > 0 {
			voices[1].Stance = riskv1.Stance_STANCE_AGAINST
		}
		d, err = h.group.meet(t, d, voices...)
		require.NoError(t, err)
		assert.Equal(t, state, d.GetState().String())
	}
}

// search is the first hospital that seeks a chief of equipment, up to the poll.
func (b board) search(t *testing.T) *riskv1.Appointment {
	t.Helper()
	a := b.management.nominate(t, &riskv1.Appointment{
		Unit: firstHospital, Kind: "chief", Position: b.chief, Person: "戊",
		Nominations: []*riskv1.Nomination{{Way: "open_call", NominatedBy: "本人报名", NominatedOn: "2026-10-20"}},
	})
	check := func(day string) *riskv1.CandidateCheck {
		return &riskv1.CandidateCheck{
			Result: riskv1.AppointmentResult_APPOINTMENT_RESULT_PASSED, Finding: "具备资格", CheckedOn: day, Checkers: []string{b.vice},
		}
	}
	_, err := b.management.cadres.QualifyAppointment(t.Context(), &riskv1.QualifyAppointmentRequest{Name: a.GetName(), Qualification: check("2026-10-26")})
	require.NoError(t, err)
	_, err = b.management.cadres.InspectAppointment(t.Context(), &riskv1.InspectAppointmentRequest{Name: a.GetName(), Inspection: check("2026-10-30")})
	require.NoError(t, err)
	d := b.management.enter(t, &riskv1.Decision{
		Unit: firstHospital, Kind: "chief", Title: "设备部主任聘任", Proposal: "聘任设备部主任。", Appointment: a.GetName(), ProposerPosition: b.vice,
		Members: []string{b.dean.GetName(), b.vice}, ExecutorPosition: b.vice, DueOn: "2026-12-31",
	})
	_, err = b.management.meet(t, d, says(inFavour, b.dean.GetName(), b.vice)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "SPEAKS_LAST"})
	d, err = b.management.meet(t, d, says(inFavour, b.vice, b.dean.GetName())...)
	require.NoError(t, err)
	assert.Equal(t, "2026-12-02", d.GetFileBy(), "each one, within a month")
	_, err = b.management.cadres.DecideAppointment(t.Context(), &riskv1.DecideAppointmentRequest{Name: a.GetName(), Decision: d.GetName()})
	require.NoError(t, err)
	_, err = b.management.cadres.CompleteAppointment(t.Context(), &riskv1.CompleteAppointmentRequest{Name: a.GetName(), From: "2026-11-10"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FEEDBACK_MISSING")
	feedback := &riskv1.InspectionFeedback{HeldOn: "2026-10-31", Asked: 6, Answers: []*riskv1.FeedbackAnswer{
		{Question: "suppliers", Good: 2, Bad: 4}, {Question: "equal", Good: 6},
	}}
	biased := &riskv1.CheckFinding{Kind: "panel_biased", Text: "评审组成员与供应商有往来"}
	a, err = b.checking.feedback(t, a, feedback, biased)
	require.NoError(t, err)
	wrong := a.GetFeedback()[0].GetDeficiency()
	as(b.Suite, "integrity_clerk", firstHospital).correct(t, wrong)
	_, err = b.checking.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: wrong})
	require.NoError(t, err)
	return a
}

func (b board) trusted(t *testing.T, a *riskv1.Appointment, trust, doubt int32) *riskv1.Poll {
	t.Helper()
	poll := b.management.poll(t, &riskv1.Poll{
		Unit: firstHospital, Kind: "trust", Title: "设备部同事信任投票", Asked: 12, HeldOn: "2026-11-02", Appointment: a.GetName(),
	})
	counted, err := b.management.count(t, poll, chose("trust", trust), chose("doubt", doubt))
	require.NoError(t, err)
	return counted
}

func TestT15_AHospitalAppointsAChiefWhomThreeQuartersTrust(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	refused := b.search(t)
	assert.Equal(t, riskv1.PollOutcome_POLL_OUTCOME_INVALID, b.trusted(t, refused, 5, 0).GetOutcome(), "not half of twelve came")
	assert.Equal(t, riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED, b.trusted(t, refused, 8, 3).GetOutcome(), "72 percent")
	_, err := b.management.cadres.CompleteAppointment(t.Context(), &riskv1.CompleteAppointmentRequest{Name: refused.GetName(), From: "2026-11-10"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	again := &riskv1.Appointment{
		Unit: firstHospital, Kind: "chief", Position: b.chief, Person: "戊",
		Nominations: []*riskv1.Nomination{{Way: "peers", NominatedBy: "科室会", NominatedOn: "2026-11-01"}},
	}
	_, err = b.management.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: again})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_WAITS") // six months

	other := newBoard(t)
	chosen := other.search(t)
	assert.Equal(t, riskv1.PollOutcome_POLL_OUTCOME_SATISFIED, other.trusted(t, chosen, 9, 3).GetOutcome())
	_, err = other.management.cadres.CompleteAppointment(t.Context(), &riskv1.CompleteAppointmentRequest{Name: chosen.GetName(), From: "2026-11-10"})
	require.NoError(t, err)
	held, err := other.technicians.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: other.chief})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-09 戊", held.GetHolders()[0].GetUntil()+" "+held.GetHolders()[1].GetPerson())
}

func TestT16_TheGroupChecksMoneyStocksAndWhatPatientsTell(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	of := func(kind string) *riskv1.Check {
		return &riskv1.Check{
			Unit: hospitalGroup, CheckedUnit: pharmacy, Kind: kind, Scope: "下半年账目和库存", DueOn: "2026-11-20",
			Checkers: []string{as(b.Suite, "ethics_committee", hospitalGroup).post(t, hospitalGroup, "审计员"+kind, "senior")},
		}
	}
	check := b.checking.planCheck(t, of("department_money"))
	assert.Equal(t, "2026-11-13", check.GetRemindOn(), "seven days before")
	check, err := b.checking.checks.RecordCheckFindings(t.Context(), &riskv1.RecordCheckFindingsRequest{
		Name: check.GetName(), Findings: []*riskv1.CheckFinding{{Kind: "fund_off_books", Text: "赞助款未入账"}, {Kind: "stock_differs", Text: "盘亏"}},
	})
	require.NoError(t, err)
	money := check.GetDeficiencies()[0]
	found, err := b.checking.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: money})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-07 2026-11-05", found.GetDueOn()+" "+found.GetFileBy(), "five days to put it right, three to tell the city")
	require.NoError(t, b.checking.fileUpward(t, money, "health_commission", "2026-11-02"))
	_, err = b.clerk.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: money, Correction: "已入账"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")
	b.clerk.attach(t, money)
	b.clerk.correct(t, money)
	_, err = b.checking.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: money})
	require.NoError(t, err)
	_, err = b.checking.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{Name: check.GetName(), Summary: "两个问题", DoneOn: "2026-11-02"})
	require.NoError(t, err)

	inquiries := networkv1.NewInquiryServiceClient(b.As("group_auditor", hospitalGroup))
	inquiry, err := inquiries.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: hospitalGroup, Point: pharmacy, Kind: "patient_report", SubjectUnits: []string{pharmacy}, Title: "患者反映开单提成",
		Questions: []string{"是否按单提成？"}, DueOn: "2026-11-20",
	}})
	require.NoError(t, err)
	told := of("patient_report")
	told.Inquiry = inquiry.GetName()
	reported, err := b.checking.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{
		Name: b.checking.planCheck(t, told).GetName(), Summary: "不属实", DoneOn: "2026-11-02",
	})
	require.NoError(t, err)
	assert.True(t, reported.GetInquiryAnswered())
	for _, role := range []string{"integrity_clerk", "hospital_management"} {
		_, err = as(b.Suite, role, firstHospital).checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: of("stock")})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	}
}

// Who searched for form's sake searches anew, what departments have in common is named, and the search of all is compared.
func TestJ4_AHospitalGroupJudgesHowItsDepartmentsSearched(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	redo, err := h.group.redos.CreateRedo(t.Context(), &riskv1.CreateRedoRequest{
		Redo: &riskv1.Redo{Unit: pharmacy, Reason: "照抄外科", DueOn: "2026-11-20"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, redo.GetReturnedPoints())
	problem, err := h.auditor.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: &riskv1.CommonProblem{
		Unit: firstHospital, Title: "照抄他科", Description: "描述与他科一字不差", Problem: "copied", SeenIn: []string{pharmacy, equipment},
		RiskPoints: []string{point.GetName()},
	}})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommonProblemState_COMMON_PROBLEM_STATE_NAMED, problem.GetState())
	found := h.clerk.get(t, point)
	found.Description = "采购主管单独约见供应商"
	anew := h.clerk.propose(t, h.clerk.update(t, found), enter)
	h.group.approve(t, h.auditor.approveTwice(t, anew))
	_, err = h.clerk.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗重查"})
	require.NoError(t, err)
	compared, err := h.group.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	require.NotEmpty(t, compared.GetSearches())
	gaps := h.group.gaps(t, 10)
	assert.Contains(t, gaps, "units/hospitals_logistics")
	assert.NotContains(t, gaps, pharmacy)
}
