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
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// maxFeedback is how often the inspected are asked at most.
const maxFeedback = 20

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
		feedback.Unit = access.PrincipalOf(ctx).Unit
		if err := checkFeedback(ctx, c, feedback); err != nil {
			return err
		}
		c.Record.Feedback = append(c.Record.GetFeedback(), feedback)
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

// checkFeedback wants an answer to each question of the kind, of no more people than were asked.
func checkFeedback(ctx context.Context, c *change, feedback *riskv1.InspectionFeedback) error {
	kind, _, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	first, err := calendar.ParseDate(c.Record.GetQualification().GetCheckedOn())
	if err != nil {
		return err
	}
	var faults fault.Fields
	faults.ParseDayBetween("feedback.held_on", feedback.GetHeldOn(), first, c.Today())
	answered := map[string]bool{}
	for i, answer := range feedback.GetAnswers() {
		at := fmt.Sprintf("feedback.answers[%d]", i)
		schemes.CheckKnown(&faults, at+".question", answer.GetQuestion(), kind.GetFeedbackQuestions())
		if answered[answer.GetQuestion()] {
			faults.Add(at+".question", words.Duplicate(answer.GetQuestion()))
		}
		answered[answer.GetQuestion()] = true
		if answer.GetGood()+answer.GetBad() > feedback.GetAsked() {
			faults.Add(at, words.MoreThanAsked(strconv.Itoa(int(feedback.GetAsked()))))
		}
	}
	for _, question := range slices.DeleteFunc(slices.Clone(kind.GetFeedbackQuestions()), func(q *riskv1.Term) bool {
		return answered[q.GetId()]
	}) {
		faults.Add("feedback.answers", words.QuestionUnanswered(schemes.TitleOf(question.GetId(), question.GetTitle())))
	}
	return faults.Err()
}
