package appointments

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// maxFeedback is how often the inspected are asked at most.
const maxFeedback = 20

// answered tells whether enough of the inspected answered for it to say something.
func answered(feedback *riskv1.InspectionFeedback) bool { return len(feedback.GetAnswers()) > 0 }

// awaitsFeedback keeps the appointments whose inspectors nobody has judged yet, where the kind asks for that.
const awaitsFeedback = `state IN ('APPOINTMENT_STATE_QUALIFIED', 'APPOINTMENT_STATE_DECIDED') AND body ? 'inspection'
	AND body -> 'askedSteps' ? 'APPOINTMENT_STEP_FEEDBACK' AND NOT jsonb_path_exists(body, '$.feedback[*].answers[0]')`

// asking is that the unit above has the inspected asked what they say of the inspectors.
func asking(appointments *collection.Collection[*riskv1.Appointment]) owed.Kind[*riskv1.Appointment] {
	k := owed.Judging(appointments, func(a *riskv1.Appointment) words.Title {
		return words.Named(a.GetName(), post(a))
	}, owed.Above[*riskv1.Appointment])
	k.Ask, k.OverdueSum = owed.AskIn(saysFeedbackAsked), words.InboxAppointmentFeedbackOverdueSum
	k.Matters = owed.Several("应当组织的对考察员的评议", "inspections whose inspectors are to be judged")
	k.Due = func(a *riskv1.Appointment) words.Sentence {
		return words.InboxAppointmentFeedbackDue(a.GetUnit(), post(a), a.GetJudging().GetDueOn())
	}
	k.Overdue = func(a *riskv1.Appointment) words.Sentence {
		return words.InboxAppointmentFeedbackOverdue(a.GetUnit(), post(a), a.GetJudging().GetDueOn())
	}
	k.OverdueBelow = func(a *riskv1.Appointment) words.Sentence {
		return words.InboxAppointmentFeedbackOverdueBelow(a.GetUnit(), post(a), a.GetJudging().GetDueOn())
	}
	k.PassedOn = func(a *riskv1.Appointment, to string) words.Sentence {
		return words.InboxAppointmentFeedbackPassedOn(a.GetUnit(), post(a), to)
	}
	return k
}

// post is the position that is filled.
func post(a *riskv1.Appointment) string { return a.GetFilled().GetTitle() }

// saysFeedbackAsked asks who is to have the inspected judge the inspectors.
func saysFeedbackAsked(a *riskv1.Appointment) words.Sentence {
	return owed.By(a.GetJudging(), func(day string) words.Sentence {
		return words.InboxAppointmentFeedbackAsked(a.GetUnit(), post(a), day)
	}, words.InboxAppointmentFeedbackAskedUnlimited(a.GetUnit(), post(a)))
}

// RecordAppointmentFeedback records what the inspected said of the inspectors; what was wrong is to be corrected.
func (s *Server) RecordAppointmentFeedback(
	ctx context.Context, req *riskv1.RecordAppointmentFeedbackRequest,
) (*riskv1.Appointment, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.appointments.Act(ctx, req, feedbackAct, func(ctx context.Context, c *change) error {
		if len(c.Record.GetFeedback()) == maxFeedback {
			return fault.Precondition(words.TooManyFindings(strconv.Itoa(maxFeedback)))
		}
		feedback := proto.CloneOf(req.GetFeedback())
		feedback.Unit, feedback.RecordedOn = access.PrincipalOf(ctx).Unit, c.Today().String()
		if err := enterFeedback(ctx, c, feedback, req.GetDeficiency() != nil); err != nil {
			return err
		}
		c.Record.Feedback = append(c.Record.GetFeedback(), feedback)
		if answered(feedback) {
			feedback.DueOn = c.Record.GetJudging().GetDueOn()
			owed.Judged(c.Record)
		}
		wrong := req.GetDeficiency()
		if wrong == nil {
			return nil
		}
		noted, err := s.deficiencies.Open(ctx, c.Tx, days, c.Unit(), "deficiency.", &riskv1.Deficiency{
			Kind: wrong.GetKind(), Text: wrong.GetText(), Position: wrong.GetPosition(), DueOn: wrong.GetDueOn(),
			Source: c.Record.GetName(),
		})
		feedback.Deficiency = noted.GetName()
		return err
	})
}

// enterFeedback wants feedback on an inspection that was made, from as many people as the kind asks. Of few it keeps how many
// answered alone: else somebody's answer could be told. Where more thought badly of something than well, it wants that to be
// noted, so that it is put right.
func enterFeedback(ctx context.Context, c *change, feedback *riskv1.InspectionFeedback, noted bool) error {
	kind, _, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	if c.Record.GetInspection() == nil {
		return fault.Precondition(words.InspectionMissing())
	}
	first, err := calendar.ParseDate(c.Record.GetInspection().GetCheckedOn())
	if err != nil {
		return err
	}
	var faults fault.Fields
	faults.ParseDayBetween("feedback.held_on", feedback.GetHeldOn(), first, c.Today())
	if feedback.GetAsked() < kind.GetMinFeedbackAsked() {
		faults.Add("feedback.asked", words.FewAsked(strconv.Itoa(int(kind.GetMinFeedbackAsked()))))
	}
	checkAnswers(&faults, kind, feedback)
	if feedback.GetReturned() < kind.GetMinFeedbackAsked() {
		feedback.Answers, feedback.Remarks = nil, ""
	}
	if !noted && slices.ContainsFunc(feedback.GetAnswers(), mostlyBad) {
		faults.Add("deficiency", words.Required())
	}
	return faults.Err()
}

func mostlyBad(answer *riskv1.FeedbackAnswer) bool { return answer.GetBad() > answer.GetGood() }

// checkAnswers wants an answer to each question of the kind, of no more people than were asked, and notes how many answered.
func checkAnswers(faults *fault.Fields, kind *riskv1.AppointmentKind, feedback *riskv1.InspectionFeedback) {
	feedback.Returned = 0
	asked := map[string]bool{}
	for i, answer := range feedback.GetAnswers() {
		at := fmt.Sprintf("feedback.answers[%d]", i)
		schemes.CheckKnown(faults, at+".question", answer.GetQuestion(), kind.GetFeedbackQuestions())
		if asked[answer.GetQuestion()] {
			faults.Add(at+".question", words.Duplicate(answer.GetQuestion()))
		}
		asked[answer.GetQuestion()] = true
		if answer.GetGood()+answer.GetBad() > feedback.GetAsked() {
			faults.Add(at, words.MoreThanAsked(strconv.Itoa(int(feedback.GetAsked()))))
		}
		feedback.Returned = max(feedback.Returned, answer.GetGood()+answer.GetBad())
	}
	if feedback.GetReturned() == 0 {
		faults.Add("feedback.answers", words.NoAnswers())
	}
	for _, question := range kind.GetFeedbackQuestions() {
		if !asked[question.GetId()] {
			faults.Add("feedback.answers", words.QuestionUnanswered(schemes.TitleOf(question.GetId(), question.GetTitle())))
		}
	}
}
