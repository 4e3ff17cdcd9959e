package risk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// selection is T's bureau, which seeks a new head of a section for the one who holds the post.
type selection struct {
	leaders

	group office // the discipline group
	clerk string // the position that the candidate holds
}

func newSelection(t *testing.T) selection {
	t.Helper()
	b := selection{leaders: newLeaders(t)}
	b.group = as(b.Suite, "discipline_group", commerce)
	b.clerk = as(b.Suite, "section", markets).held(t, markets, "市场运行股科员", "staff", "己", "2022-01-01").GetName()
	return b
}

func (b selection) candidate() *riskv1.Appointment {
	return &riskv1.Appointment{
		Unit: commerce, Kind: "middle", Position: b.chief, Person: "己", PresentPosition: b.clerk,
		Nominations: []*riskv1.Nomination{
			{Way: "meeting", NominatedBy: "全局干部推荐会", NominatedOn: "2026-10-20"},
			{Way: "talk", NominatedBy: "局领导班子谈话推荐", NominatedOn: "2026-10-22"},
		},
	}
}

func (o office) nominate(t *testing.T, a *riskv1.Appointment) *riskv1.Appointment {
	t.Helper()
	answer, err := o.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: a})
	require.NoError(t, err)
	return answer
}

func (b selection) passed(day string) *riskv1.CandidateCheck {
	return &riskv1.CandidateCheck{
		Result: riskv1.AppointmentResult_APPOINTMENT_RESULT_PASSED, Finding: "符合任职资格和条件", CheckedOn: day, Checkers: b.deputies[:2],
	}
}

func (b selection) qualify(t *testing.T, a *riskv1.Appointment, check *riskv1.CandidateCheck) (*riskv1.Appointment, error) {
	t.Helper()
	return b.office.cadres.QualifyAppointment(t.Context(), &riskv1.QualifyAppointmentRequest{Name: a.GetName(), Qualification: check})
}

func (b selection) inspect(t *testing.T, a *riskv1.Appointment, check *riskv1.CandidateCheck) (*riskv1.Appointment, error) {
	t.Helper()
	return b.office.cadres.InspectAppointment(t.Context(), &riskv1.InspectAppointmentRequest{Name: a.GetName(), Inspection: check})
}

// inspected is a candidate who is qualified and was inspected.
func (b selection) inspected(t *testing.T) *riskv1.Appointment {
	t.Helper()
	return b.passing(t, b.candidate())
}

// stranger is a candidate from elsewhere.
func (b selection) stranger(person string) *riskv1.Appointment {
	a := b.candidate()
	a.Person, a.PresentPosition = person, ""
	return a
}

// passing has a candidate be qualified and inspected.
func (b selection) passing(t *testing.T, candidate *riskv1.Appointment) *riskv1.Appointment {
	t.Helper()
	a, err := b.qualify(t, b.office.nominate(t, candidate), b.passed("2026-10-26"))
	require.NoError(t, err)
	a, err = b.inspect(t, a, b.passed("2026-10-30"))
	require.NoError(t, err)
	return a
}

// removal is a matter of the kind of appointments.
func (b selection) removal() *riskv1.Decision {
	d := b.project()
	d.Kind, d.Title, d.Amount, d.FilingGrounds = "appointment", "市场运行股股长任免", 0, nil
	return d
}

// vote is such a matter about a candidate, entered and prepared, which may supersede another.
func (b selection) vote(t *testing.T, about, supersedes string) *riskv1.Decision {
	t.Helper()
	asked := b.removal()
	asked.Appointment, asked.Supersedes = about, supersedes
	d := b.office.enter(t, asked)
	for _, step := range d.GetRequiredSteps() {
		_, err := b.office.decisions.PrepareDecision(t.Context(), &riskv1.PrepareDecisionRequest{
			Name: d.GetName(), Preparation: &riskv1.Preparation{Step: step, DoneOn: "2026-11-01", Result: "无异议"},
		})
		require.NoError(t, err)
	}
	return d
}

// adopted is such a decision, adopted.
func (b selection) adopted(t *testing.T, about, supersedes string) *riskv1.Decision {
	t.Helper()
	d, err := b.office.meet(t, b.vote(t, about, supersedes), says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	require.NoError(t, err)
	return d
}

func (b selection) decide(t *testing.T, a *riskv1.Appointment, decision string) (*riskv1.Appointment, error) {
	t.Helper()
	return b.office.cadres.DecideAppointment(t.Context(), &riskv1.DecideAppointmentRequest{Name: a.GetName(), Decision: decision})
}

// judged is a candidate who is decided, and the inspectors of whom were judged.
func (b selection) judged(t *testing.T) *riskv1.Appointment {
	t.Helper()
	a := b.inspected(t)
	a, err := b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	a, err = b.group.feedback(t, a, forms(), nil)
	require.NoError(t, err)
	return a
}

// forms are feedback on the inspectors, of whom most thought well.
func forms() *riskv1.InspectionFeedback {
	return &riskv1.InspectionFeedback{HeldOn: "2026-10-31", Asked: 20, Remarks: "考察认真细致", Answers: []*riskv1.FeedbackAnswer{
		{Question: "procedure", Good: 19, Bad: 1}, {Question: "fairness", Good: 18}, {Question: "discipline", Good: 20},
	}}
}

func (o office) feedback(
	t *testing.T, a *riskv1.Appointment, feedback *riskv1.InspectionFeedback, wrong *riskv1.CheckFinding,
) (*riskv1.Appointment, error) {
	t.Helper()
	return o.cadres.RecordAppointmentFeedback(t.Context(), &riskv1.RecordAppointmentFeedbackRequest{
		Name: a.GetName(), Feedback: feedback, Deficiency: wrong,
	})
}

// polled holds a poll about a candidate.
func (b selection) polled(t *testing.T, a *riskv1.Appointment, satisfied, other int32) *riskv1.Poll {
	t.Helper()
	asked := survey()
	asked.Appointment, asked.HeldOn = a.GetName(), "2026-11-02"
	poll, err := b.office.count(t, b.office.poll(t, asked), chose("satisfied", satisfied), chose("dissatisfied", other))
	require.NoError(t, err)
	return poll
}

func (b selection) appoint(t *testing.T, a *riskv1.Appointment, from string) (*riskv1.Appointment, error) {
	t.Helper()
	return b.office.cadres.CompleteAppointment(t.Context(), &riskv1.CompleteAppointmentRequest{Name: a.GetName(), From: from})
}

func TestT15_AMiddleCadreIsNominatedInspectedDecidedPolledAndAppointed(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.office.nominate(t, b.candidate())
	assert.Equal(t, "APPOINTMENT_STATE_NOMINATED 戊 己 schemes/t@2026-01-01", fmt.Sprint(a.GetState(), " ", a.GetFilled().GetPerson(), " ",
		a.GetPresent().GetPerson(), " ", a.GetSchemeVersion()))
	_, err := b.decide(t, a, b.adopted(t, "", "").GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	early := b.removal()
	early.Appointment = a.GetName()
	_, err = b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: early})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	shown := b.passed("2026-10-26")
	shown.Evidence = []string{opinion(t, b.Suite, a.GetName())}
	a, err = b.qualify(t, a, shown)
	require.NoError(t, err)
	assert.Equal(t, "APPOINTMENT_STATE_QUALIFIED 乙丙", a.GetState().String()+" "+a.GetQualification().GetCheckedBy()[0].GetPerson()+
		a.GetQualification().GetCheckedBy()[1].GetPerson())
	d := b.adopted(t, a.GetName(), "")
	_, err = b.decide(t, a, d.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "INSPECTION_MISSING")
	_, err = b.group.feedback(t, a, forms(), nil)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "INSPECTION_MISSING")
	a, err = b.inspect(t, a, b.passed("2026-10-30"))
	require.NoError(t, err)
	a, err = b.decide(t, a, d.GetName())
	require.NoError(t, err)

	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FEEDBACK_MISSING")
	a, err = b.group.feedback(t, a, forms(), nil)
	require.NoError(t, err)
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLL_MISSING")
	poll := b.polled(t, a, 30, 20)
	_, err = b.appoint(t, a, "2026-11-01")
	suitetest.RequireFieldFaults(t, err, map[string]string{"from": "PAST_DAY"})
	a, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	assert.Equal(t, "APPOINTMENT_STATE_APPOINTED 2026-11-10 "+poll.GetName(),
		fmt.Sprint(a.GetState(), " ", a.GetAppointedFrom(), " ", a.GetPoll()))

	filled, err := b.office.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: b.chief})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.Position{Holders: []*riskv1.PositionHolder{
		{Person: "戊", From: "2024-01-01", Until: "2026-11-09"}, {Person: "己", From: "2026-11-10"},
	}}), text(&riskv1.Position{Holders: filled.GetHolders()}))
	hears(t, b.Suite, "section", markets, a.GetName(), "岗位“市场运行股股长”自 2026-11-10 起由新的任职人任职。")

	counted, err := b.office.cadres.CountAppointments(t.Context(), &riskv1.CountAppointmentsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	assert.Equal(t, text(&riskv1.AppointmentCount{
		Unit: commerce, Kind: "middle", State: riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED, Count: 1,
	}), text(counted.GetCounts()[0]))
}

func TestT15_NobodyIsAppointedBelowTheThreshold(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	poll := b.polled(t, a, 29, 21)
	assert.Equal(t, riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED, poll.GetOutcome())
	_, err := b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	again := survey()
	again.Appointment = a.GetName()
	_, err = b.office.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: again})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	unchanged, err := b.office.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: b.chief})
	require.NoError(t, err)
	assert.Len(t, unchanged.GetHolders(), 1)
	listed, err := b.office.cadres.ListAppointments(t.Context(), &riskv1.ListAppointmentsRequest{
		Unit: commerce, Kinds: []string{"middle"},
		States: []riskv1.AppointmentState{riskv1.AppointmentState_APPOINTMENT_STATE_REJECTED},
	})
	require.NoError(t, err)
	require.Len(t, listed.GetAppointments(), 1)
	assert.Equal(t, poll.GetName(), listed.GetAppointments()[0].GetPoll())
	hears(t, b.Suite, "leading_group_office", commerce, a.GetName(),
		"商务局三位一体机制建设领导小组办公室就岗位“市场运行股股长”人选开展的测评“中层干部群众满意度”满意的占 58%，低于规定的 60%，不予任用。")
}

func TestT15_APollThatSaysNothingIsHeldAgain(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	invalid := b.polled(t, a, 39, 0)
	assert.Equal(t, riskv1.PollOutcome_POLL_OUTCOME_INVALID, invalid.GetOutcome())
	_, err := b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLL_MISSING")
	second := survey()
	second.Appointment = a.GetName()
	poll := b.office.poll(t, second)
	_, err = b.office.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: second})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLLED_ALREADY")
	_, err = b.office.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "改期"})
	require.NoError(t, err)
	b.polled(t, a, 40, 0)
	_, err = b.appoint(t, a, "2026-11-02")
	require.NoError(t, err)
}

func TestT15_WhoFailsACheckIsNotAppointed(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	failed := b.passed("2026-10-30")
	failed.Result, failed.Finding = riskv1.AppointmentResult_APPOINTMENT_RESULT_FAILED, "履职考察表现不好"
	a, err := b.qualify(t, b.office.nominate(t, b.candidate()), failed)
	require.NoError(t, err)
	assert.Equal(t, "APPOINTMENT_STATE_REJECTED 履职考察表现不好", a.GetState().String()+" "+a.GetRejectReason())

	a, err = b.qualify(t, b.office.nominate(t, b.candidate()), b.passed("2026-10-26"))
	require.NoError(t, err)
	a, err = b.inspect(t, a, failed)
	require.NoError(t, err)
	assert.Equal(t, riskv1.AppointmentState_APPOINTMENT_STATE_REJECTED, a.GetState())
	_, err = b.decide(t, a, b.adopted(t, "", "").GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.inspect(t, b.inspected(t), failed)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "INSPECTED_ALREADY")
}

func TestT15_TheInspectedJudgeTheInspectors(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	assert.Equal(t, []string{"商务局三位一体机制建设领导小组办公室对岗位“市场运行股股长”人选的履职考察已经通过，请于 2026-11-16 前组织对考察员的评议。"},
		said(t, b.Suite, "discipline_group", commerce, a.GetName(), 1))
	wrong := &riskv1.CheckFinding{Kind: "inspection_conduct", Text: "考察组未按规定范围谈话", Position: b.deputies[0]}
	_, err := as(b.Suite, "bureau_leaders", commerce).feedback(t, a, forms(), wrong)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	a, err = b.group.feedback(t, a, forms(), wrong)
	require.NoError(t, err)
	require.Len(t, a.GetFeedback(), 1)
	found, err := b.group.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: a.GetFeedback()[0].GetDeficiency()})
	require.NoError(t, err)
	assert.Equal(t, commerce+" "+a.GetName()+" inspection_conduct 乙", found.GetUnit()+" "+found.GetSource()+" "+found.GetKind()+" "+
		found.GetOwner().GetPerson())

	for name, tc := range map[string]struct {
		spoil func(*riskv1.InspectionFeedback, *riskv1.CheckFinding)
		want  map[string]string
	}{
		"more answers than forms, on a day to come": {
			func(f *riskv1.InspectionFeedback, _ *riskv1.CheckFinding) { f.Asked, f.HeldOn = 19, "2026-11-03" },
			map[string]string{
				"feedback.held_on": "FUTURE", "feedback.answers[0]": "MORE_THAN_ASKED", "feedback.answers[2]": "MORE_THAN_ASKED",
			},
		},
		"of a few, of whom nobody answered": {
			func(f *riskv1.InspectionFeedback, _ *riskv1.CheckFinding) {
				f.Asked = 9
				for _, answer := range f.GetAnswers() {
					answer.Good, answer.Bad = 0, 0
				}
			},
			map[string]string{"feedback.asked": "FEW_ASKED", "feedback.answers": "NO_ANSWERS"},
		},
		"before the inspection, a question twice and none of another": {
			func(f *riskv1.InspectionFeedback, _ *riskv1.CheckFinding) {
				f.HeldOn, f.Answers[1].Question = "2026-10-29", "procedure"
			},
			map[string]string{
				"feedback.held_on": "NOT_BEFORE", "feedback.answers[1].question": "DUPLICATE", "feedback.answers": "QUESTION_UNANSWERED",
			},
		},
		"a question that the scheme lacks": {
			func(f *riskv1.InspectionFeedback, _ *riskv1.CheckFinding) {
				f.Answers = append(f.Answers, &riskv1.FeedbackAnswer{Question: "looks"})
			},
			map[string]string{"feedback.answers[3].question": "UNKNOWN_TERM"},
		},
		"a deficiency that the scheme lacks": {
			func(_ *riskv1.InspectionFeedback, w *riskv1.CheckFinding) { w.Kind = "whim" },
			map[string]string{"deficiency.kind": "UNKNOWN_TERM"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad, what := forms(), proto.CloneOf(wrong)
			tc.spoil(bad, what)
			_, err := b.group.feedback(t, a, bad, what)
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}

func TestT15_FeedbackOfAFewIsNotKept(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	a, err := b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	b.polled(t, a, 50, 0)
	few := forms()
	for _, answer := range few.GetAnswers() {
		answer.Good, answer.Bad = 8, 1
	}
	a, err = b.group.feedback(t, a, few, nil)
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.InspectionFeedback{HeldOn: "2026-10-31", Asked: 20, Returned: 9, Unit: commerce, RecordedOn: "2026-11-02"}),
		text(a.GetFeedback()[0]))
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FEEDBACK_MISSING")
	few.Answers[0].Bad = 2
	a, err = b.group.feedback(t, a, few, nil)
	require.NoError(t, err)
	assert.Len(t, a.GetFeedback()[1].GetAnswers(), 3)
	_, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
}

func TestT15_APollIsNotRepeatedUntilItsAnswerIsRight(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 20, 0)
	b.polled(t, a, 21, 0)
	third := survey()
	third.Appointment = a.GetName()
	_, err := b.office.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: third})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLLED_TOO_OFTEN")
	a, err = b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: a.GetName()})
	require.NoError(t, err)
	assert.Equal(t, int32(1), a.GetPollRepeats())
}

func TestT15_FaultyCandidatesAreRefused(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	for name, tc := range map[string]struct {
		spoil func(*riskv1.Appointment)
		want  map[string]string
	}{
		"of a kind that the scheme lacks": {
			func(a *riskv1.Appointment) { a.Kind = "friend" }, map[string]string{"appointment.kind": "UNKNOWN_TERM"},
		},
		"for a position of another rank, held by somebody else today": {
			func(a *riskv1.Appointment) { a.Position, a.PresentPosition = b.clerk, b.chief },
			map[string]string{"appointment.position": "APPOINTMENT_RANK", "appointment.present_position": "NOT_HOLDER"},
		},
		"for positions that are not there": {
			func(a *riskv1.Appointment) { a.Position, a.PresentPosition = "positions/x-none", "positions/x-none" },
			map[string]string{"appointment.position": "NOT_FOUND", "appointment.present_position": "NOT_FOUND"},
		},
		"nominated in one way, by favour, tomorrow": {
			func(a *riskv1.Appointment) {
				a.Nominations = []*riskv1.Nomination{{Way: "favour", NominatedBy: "某人", NominatedOn: "2026-11-03"}}
			},
			map[string]string{
				"appointment.nominations[0].way": "UNKNOWN_TERM", "appointment.nominations[0].nominated_on": "FUTURE",
				"appointment.nominations": "FEW_WAYS",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := b.candidate()
			tc.spoil(bad)
			_, err := b.office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	a := b.office.nominate(t, b.candidate())
	_, err := b.office.cadres.UpdateAppointment(t.Context(), &riskv1.UpdateAppointmentRequest{
		Appointment: &riskv1.Appointment{Name: a.GetName(), Person: "庚"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"person"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"appointment.present_position": "NOT_HOLDER"})
	for name, tc := range map[string]struct {
		spoil func(*riskv1.CandidateCheck)
		want  map[string]string
	}{
		"before the last nomination": {
			func(c *riskv1.CandidateCheck) { c.CheckedOn = "2026-10-21" },
			map[string]string{"qualification.checked_on": "NOT_BEFORE"},
		},
		"by the candidate, nobody, twice, and with a file of something else": {
			func(c *riskv1.CandidateCheck) {
				c.Checkers, c.Evidence = []string{b.clerk, b.deputies[3], b.head, b.head, "positions/x-none"}, []string{"attachments/x"}
			},
			map[string]string{
				"qualification.checkers[0]": "OWN_CANDIDACY", "qualification.checkers[1]": "VACANT",
				"qualification.checkers[3]": "DUPLICATE", "qualification.checkers[4]": "NOT_FOUND",
				"qualification.evidence[0]": "UNKNOWN_ATTACHMENT",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := b.passed("2026-10-26")
			tc.spoil(bad)
			_, err := b.qualify(t, a, bad)
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}

func TestT15_ADecisionOfTheRightKindServesOneAppointment(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	refused := b.inspected(t)
	review, err := b.office.meet(t, b.office.enter(t, b.review()), says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	require.NoError(t, err)
	for decision, reason := range map[string]string{
		"decisions/x-none": "NOT_FOUND", review.GetName(): "WRONG_DECISION_KIND",
		b.adopted(t, "", "").GetName(): "OTHER_APPOINTMENT", b.vote(t, refused.GetName(), "").GetName(): "NOT_ADOPTED",
	} {
		_, err := b.decide(t, refused, decision)
		suitetest.RequireFieldFaults(t, err, map[string]string{"decision": reason})
	}
	_, err = b.decide(t, b.passing(t, b.stranger("庚")), b.adopted(t, refused.GetName(), "").GetName())
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision": "OTHER_APPOINTMENT"})

	deputy := b.candidate()
	deputy.Person, deputy.PresentPosition = "乙", "" // who holds a position that the candidature does not name
	others := b.passed("2026-10-26")
	others.Checkers = b.deputies[1:3]
	voter, err := b.qualify(t, b.office.nominate(t, deputy), others)
	require.NoError(t, err)
	voter, err = b.inspect(t, voter, others)
	require.NoError(t, err)
	_, err = b.decide(t, voter, b.adopted(t, voter.GetName(), "").GetName())
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision": "OWN_VOTE"})

	late, err := b.qualify(t, b.office.nominate(t, b.stranger("辛")), b.passed("2026-10-26"))
	require.NoError(t, err)
	early := b.adopted(t, late.GetName(), "")
	b.Clock.Advance(24 * time.Hour)
	late, err = b.inspect(t, late, b.passed("2026-11-03"))
	require.NoError(t, err)
	_, err = b.decide(t, late, early.GetName())
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision": "NOT_BEFORE"})
}

func TestT15_ADecisionNamesAnAppointmentThatNeedsIt(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	project, unknown := b.project(), b.removal()
	project.Appointment, unknown.Appointment = a.GetName(), "appointments/x-none"
	for field, bad := range map[string]*riskv1.Decision{
		"decision.kind WRONG_DECISION_KIND": project, "decision.appointment NOT_FOUND": unknown,
	} {
		_, err := b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: bad})
		at, reason, _ := strings.Cut(field, " ")
		suitetest.RequireFieldFaults(t, err, map[string]string{at: reason})
	}
}

func TestT15_APositionNamesAHundredHoldersAtMost(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	section := as(b.Suite, "section", markets)
	var holders []*riskv1.PositionHolder
	for day := calendar.NewDate(2020, 1, 1); len(holders) < 99; day = day.AddDays(1) {
		holders = append(holders, &riskv1.PositionHolder{Person: "辛", From: day.String(), Until: day.String()})
	}
	_, err := section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{
			Name: b.chief, Holders: append(holders, &riskv1.PositionHolder{Person: "戊", From: "2024-01-01"}),
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}}, Reason: "补录以往任职",
	})
	require.NoError(t, err)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_HOLDERS")
}

func TestT15_FaultyRulesOfAppointmentsAreRefused(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	for name, tc := range map[string]struct {
		spoil func(*riskv1.Scheme)
		want  map[string]string
	}{
		"a poll that can come out one way only": {
			func(s *riskv1.Scheme) {
				for _, option := range s.GetPollKinds()[0].GetOptions() {
					option.Satisfied = true
				}
			},
			map[string]string{"scheme.poll_kinds[0].options": "SATISFIED_OPTIONS"},
		},
		"what the scheme lacks": {
			func(s *riskv1.Scheme) {
				kind := s.GetAppointmentKinds()[0]
				kind.Ranks, kind.DecisionKind, kind.PollKind, kind.MinNominationWays = []string{"king"}, "whim", "mood", 5
			},
			map[string]string{
				"scheme.appointment_kinds[0].ranks[0]": "UNKNOWN_TERM", "scheme.appointment_kinds[0].decision_kind": "UNKNOWN_TERM",
				"scheme.appointment_kinds[0].poll_kind":           "UNKNOWN_TERM",
				"scheme.appointment_kinds[0].min_nomination_ways": "CONTRADICTION",
			},
		},
		"feedback of two without an inspection": {
			func(s *riskv1.Scheme) {
				s.AppointmentKinds[0].InspectionRequired, s.AppointmentKinds[0].MinFeedbackAsked = false, 2
			},
			map[string]string{
				"scheme.appointment_kinds[0].feedback_questions": "CONTRADICTION",
				"scheme.appointment_kinds[0].min_feedback_asked": "FEW_ASKED",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scheme, err := b.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
			require.NoError(t, err)
			scheme = proto.CloneOf(scheme)
			scheme.EffectiveFrom = "2027-01-01"
			tc.spoil(scheme)
			_, err = b.office.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}
