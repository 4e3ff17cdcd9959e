package appointments

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// DecideAppointment names the joint decision in favour of the candidate.
func (s *Server) DecideAppointment(ctx context.Context, req *riskv1.DecideAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Act(ctx, req, decideAct, func(ctx context.Context, c *change) error {
		kind, scheme, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		if kind.GetInspectionRequired() && c.Record.GetInspection() == nil {
			return fault.Precondition(words.InspectionMissing())
		}
		var faults fault.Fields
		made, err := collection.FindOwn(ctx, s.decisions, c, &faults, "decision", req.GetDecision())
		if err != nil {
			return err
		}
		if made != nil {
			checkDecision(c, &faults, scheme, kind, made.Record)
			if err := checkUnused(ctx, c, &faults, req.GetDecision()); err != nil {
				return err
			}
		}
		c.Record.Decision = req.GetDecision()
		return faults.Err()
	})
}

// checkDecision wants a decision of the kind that was adopted, by others than the candidate, once all was known of them.
func checkDecision(
	c *change, faults *fault.Fields, scheme *riskv1.Scheme, kind *riskv1.AppointmentKind, made *riskv1.Decision,
) {
	known := max(c.Record.GetQualification().GetCheckedOn(), c.Record.GetInspection().GetCheckedOn())
	switch {
	case made.GetKind() != kind.GetDecisionKind():
		needed, _ := schemes.Find(scheme.GetDecisionKinds(), kind.GetDecisionKind())
		faults.Add("decision", words.WrongDecisionKind(schemes.TitleOf(kind.GetDecisionKind(), needed.GetTitle())))
	case !decisions.InFavour(made):
		faults.Add("decision", words.NotAdopted())
	case made.GetMeeting().GetHeldOn() < known:
		faults.Add("decision", words.NotBefore(known))
	case slices.ContainsFunc(made.GetMeeting().GetStatements(), func(s *riskv1.Statement) bool {
		return s.GetMember() == c.Record.GetPresentPosition()
	}):
		faults.Add("decision", words.OwnVote())
	}
}

// checkUnused wants a decision that was used for no other appointment, also not at this moment.
func checkUnused(ctx context.Context, c *change, faults *fault.Fields, decision string) error {
	if err := c.Lock(ctx, decision); err != nil {
		return err
	}
	used, err := db.New(c).AppointmentOf(ctx, decision)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	faults.Add("decision", words.DecisionUsed(resource.Sharded(resource.Appointments, used.Region, used.Key)))
	return err
}

// About is the rule of a poll about an appointment: it is of the kind that the appointment needs, and there is one that counts.
func (s *Server) About(ctx context.Context, poll *polls.Change) error {
	at := &riskv1.RejectAppointmentRequest{Name: poll.Record.GetAppointment()}
	_, err := s.appointments.ActIn(ctx, poll.Tx, at, pollAct, nil, func(ctx context.Context, c *change) error {
		if err := checkPollKind(ctx, c, poll.Record.GetKind()); err != nil {
			return err
		}
		if c.Record.GetPoll() != "" {
			earlier, err := s.polls.Find(ctx, c.Tx, c.Record.GetPoll())
			if err != nil {
				return err
			}
			if polls.Counts(earlier.Record) {
				return fault.Precondition(words.PolledAlready())
			}
		}
		c.Record.Poll = poll.Record.GetName()
		return nil
	})
	if fault.IsNotFound(err) {
		return fault.Invalid("poll.appointment", words.NotFound(at.GetName()))
	}
	return err
}

// checkPollKind wants a poll to be of the kind that an appointment needs.
func checkPollKind(ctx context.Context, c *change, is string) error {
	kind, scheme, err := kindOf(ctx, c)
	switch {
	case err != nil:
		return err
	case kind.GetPollKind() == "":
		return fault.Invalid("poll.appointment", words.NoPollAsked())
	case kind.GetPollKind() != is:
		needed, _ := schemes.Find(scheme.GetPollKinds(), kind.GetPollKind())
		return fault.Invalid("poll.kind", words.WrongPollKind(schemes.TitleOf(kind.GetPollKind(), needed.GetTitle())))
	}
	return nil
}

// CompleteAppointment has the candidate hold the position.
func (s *Server) CompleteAppointment(ctx context.Context, req *riskv1.CompleteAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Act(ctx, req, completeAct, func(ctx context.Context, c *change) error {
		if err := s.requireAll(ctx, c); err != nil {
			return err
		}
		var faults fault.Fields
		owed.CheckDay(&faults, "from", req.GetFrom(), c.Today())
		from, _ := faults.ParseDay("from", req.GetFrom())
		if err := faults.Err(); err != nil {
			return err
		}
		position, err := positions.Succeed(ctx, c.Tx, &s.positions, c.Record.GetPosition(), c.Record.GetPerson(), "from", from)
		if err != nil {
			return err
		}
		c.Record.AppointedFrom = req.GetFrom()
		c.Tell(position.GetUnit(), words.InboxAppointmentCompleted(position.GetTitle(), req.GetFrom()))
		return nil
	})
}

// requireAll requires that all was done that an appointment of the kind needs, and that the decision still stands.
func (s *Server) requireAll(ctx context.Context, c *change) error {
	kind, scheme, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	if len(kind.GetFeedbackQuestions()) > 0 && len(c.Record.GetFeedback()) == 0 {
		return fault.Precondition(words.FeedbackMissing())
	}
	made, err := s.decisions.Find(ctx, c.Tx, c.Record.GetDecision())
	if err != nil {
		return err
	}
	if !decisions.InFavour(made.Record) {
		return fault.Precondition(words.DecisionFallen())
	}
	if kind.GetPollKind() == "" {
		return nil
	}
	needed, _ := schemes.Find(scheme.GetPollKinds(), kind.GetPollKind())
	return s.requirePoll(ctx, c, schemes.TitleOf(kind.GetPollKind(), needed.GetTitle()))
}

// requirePoll requires a valid poll in which enough people were satisfied.
func (s *Server) requirePoll(ctx context.Context, c *change, title words.Title) error {
	if c.Record.GetPoll() == "" {
		return fault.Precondition(words.PollMissing(title))
	}
	held, err := s.polls.Find(ctx, c.Tx, c.Record.GetPoll())
	if err != nil {
		return err
	}
	switch poll := held.Record; {
	case !polls.Valid(poll):
		return fault.Precondition(words.PollMissing(title))
	case poll.GetOutcome() != riskv1.PollOutcome_POLL_OUTCOME_SATISFIED:
		kind, _, err := polls.KindOf(ctx, held)
		if err != nil {
			return err
		}
		return fault.Precondition(words.PollBelowThreshold(title, strconv.FormatFloat(poll.GetSatisfiedPercent(), 'f', -1, 64),
			strconv.Itoa(int(kind.GetMinSatisfiedPercent()))))
	}
	return nil
}
