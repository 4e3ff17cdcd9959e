package appointments

import (
	"context"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// DecideAppointment names the joint decision in favour of the candidate, or another one once that has fallen.
func (s *Server) DecideAppointment(ctx context.Context, req *riskv1.DecideAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Act(ctx, req, decideAct, func(ctx context.Context, c *change) error {
		kind, scheme, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		if kind.GetInspectionRequired() && c.Record.GetInspection() == nil {
			return fault.Precondition(words.InspectionMissing())
		}
		standing, err := s.standing(ctx, c.Tx, c.Record)
		if err != nil {
			return err
		}
		if standing != nil {
			return fault.Precondition(words.DecisionStands(standing.GetTitle()))
		}
		var faults fault.Fields
		made, err := collection.FindOwn(ctx, s.decisions, c, &faults, "decision", req.GetDecision())
		if err != nil {
			return err
		}
		if made != nil {
			checkDecision(c, &faults, scheme, kind, made.Record)
		}
		c.Record.Decision = req.GetDecision()
		return faults.Err()
	})
}

// standing is the decision by which an appointment was decided, as long as it stands; nil without one.
func (s *Server) standing(ctx context.Context, tx *record.Tx, a *riskv1.Appointment) (*riskv1.Decision, error) {
	if a.GetDecision() == "" {
		return nil, nil
	}
	made, err := s.decisions.Find(ctx, tx, a.GetDecision())
	if err != nil || !decisions.InFavour(made.Record) {
		return nil, err
	}
	return made.Record, nil
}

// checkDecision wants a decision of the kind about the candidate that was adopted, by others than them, once all was known of
// them. It names the appointment, so that it serves no other.
func checkDecision(
	c *change, faults *fault.Fields, scheme *riskv1.Scheme, kind *riskv1.AppointmentKind, made *riskv1.Decision,
) {
	known := max(c.Record.GetQualification().GetCheckedOn(), c.Record.GetInspection().GetCheckedOn())
	switch {
	case made.GetKind() != kind.GetDecisionKind():
		faults.Add("decision", wrongDecision(scheme, kind))
	case made.GetAppointment() != c.Record.GetName():
		faults.Add("decision", words.OtherAppointment())
	case !decisions.InFavour(made):
		faults.Add("decision", words.NotAdopted())
	case made.GetMeeting().GetHeldOn() < known:
		faults.Add("decision", words.NotBefore(known))
	case slices.ContainsFunc(made.GetMeeting().GetStatements(), func(s *riskv1.Statement) bool {
		return s.GetIncumbent().GetPerson() == c.Record.GetPerson()
	}):
		faults.Add("decision", words.OwnVote())
	}
}

// wrongDecision says which kind of decision an appointment needs.
func wrongDecision(scheme *riskv1.Scheme, kind *riskv1.AppointmentKind) words.Sentence {
	return words.WrongDecisionKind(schemes.TitleIn(scheme.GetDecisionKinds(), kind.GetDecisionKind()))
}

// Decided is the rule of a new decision about an appointment: it is of the kind that the appointment needs, no other stands
// beside it, and who the candidate is changes no more.
func (s *Server) Decided(ctx context.Context, d *collection.Change[*riskv1.Decision]) error {
	name := d.Record.GetAppointment()
	found, err := s.appointments.Lock(ctx, d.Tx, name, decideAct)
	if fault.IsNotFound(err) {
		return fault.Invalid("decision.appointment", words.NotFound(name))
	}
	if err != nil {
		return err
	}
	standing, err := s.standing(ctx, d.Tx, found.Record)
	if err != nil {
		return err
	}
	if standing != nil && standing.GetName() != d.Record.GetSupersedes() {
		return fault.Invalid("decision.appointment", words.DecisionStands(standing.GetTitle()))
	}
	kind, scheme, err := kindOf(ctx, found)
	if err == nil && d.Record.GetKind() != kind.GetDecisionKind() {
		err = fault.Invalid("decision.kind", wrongDecision(scheme, kind))
	}
	return err
}

// About is the rule of a poll about an appointment: it is of the kind that the appointment needs, and there is one that counts.
func (s *Server) About(ctx context.Context, poll *polls.Change) error {
	at := &riskv1.Appointment{Name: poll.Record.GetAppointment()}
	_, err := s.appointments.ActIn(ctx, poll.Tx, at, pollAct, nil, func(ctx context.Context, c *change) error {
		if err := checkPollKind(ctx, c, poll.Record.GetKind()); err != nil {
			return err
		}
		if err := s.checkRepeat(ctx, c, poll); err != nil {
			return err
		}
		c.Record.Poll = poll.Record.GetName()
		return nil
	})
	if fault.IsNotFound(err) {
		return fault.Invalid("poll.appointment", words.NotFound(at.GetName()))
	}
	return err
}

// checkRepeat wants the poll before to count no more, and as few as the scheme says to follow one that was held and not valid.
func (s *Server) checkRepeat(ctx context.Context, c *change, poll *polls.Change) error {
	if c.Record.GetPoll() == "" {
		return nil
	}
	earlier, err := s.polls.Find(ctx, c.Tx, c.Record.GetPoll())
	if err != nil {
		return err
	}
	if polls.Counts(earlier.Record) {
		return fault.Precondition(words.PolledAlready())
	}
	if !polls.Invalid(earlier.Record) {
		return nil
	}
	kind, _, err := polls.KindOf(ctx, poll)
	if err != nil {
		return err
	}
	if c.Record.GetPollRepeats() >= kind.GetMaxRepeats() {
		return fault.Precondition(words.PolledTooOften(strconv.Itoa(int(kind.GetMaxRepeats()))))
	}
	c.Record.PollRepeats++
	return nil
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
		return fault.Invalid("poll.kind", words.WrongPollKind(schemes.TitleIn(scheme.GetPollKinds(), kind.GetPollKind())))
	}
	return nil
}

// CompleteAppointment has the candidate hold the position.
func (s *Server) CompleteAppointment(ctx context.Context, req *riskv1.CompleteAppointmentRequest) (*riskv1.Appointment, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.appointments.Act(ctx, req, completeAct, func(ctx context.Context, c *change) error {
		if err := s.requireAll(ctx, c); err != nil {
			return err
		}
		var faults fault.Fields
		from, _ := faults.ParseComingDay("from", req.GetFrom(), c.Today())
		faults.CheckPlanned("from", from, c.Today())
		if err := faults.Err(); err != nil {
			return err
		}
		position, err := positions.Succeed(ctx, c.Tx, s.positions, c.Record.GetPosition(), c.Record.GetPerson(), "from", from)
		if err != nil {
			return err
		}
		c.Record.AppointedFrom = req.GetFrom()
		c.Tell(position.GetUnit(), words.InboxAppointmentCompleted(position.GetTitle(), req.GetFrom()))
		if err := s.leavePresent(ctx, c, from); err != nil {
			return err
		}
		if err := decisions.CarryOut(ctx, c.Tx, s.decisions, days, c.Record.GetDecision()); err != nil {
			return err
		}
		if err := decisions.FallNeedless(ctx, c.Tx, s.decisions, c.Record.GetName()); err != nil {
			return err
		}
		return s.lapseOthers(ctx, c, position.GetTitle())
	})
}

// leavePresent has the candidate leave the position that they held, and tells its unit.
func (s *Server) leavePresent(ctx context.Context, c *change, from calendar.Date) error {
	if c.Record.GetPresentPosition() == "" {
		return nil
	}
	if err := s.requirePresent(ctx, c); err != nil {
		return err
	}
	left, err := positions.Leave(ctx, c.Tx, s.positions, c.Record.GetPresentPosition(), c.Record.GetPerson(), from)
	if err == nil {
		c.Tell(left.GetUnit(), words.InboxPositionLeft(left.GetTitle(), from.String()))
	}
	return err
}

// requirePresent refuses a candidate who leaves the position already for another one: one person would come into two by leaving
// one. Who has come back to it since may.
func (s *Server) requirePresent(ctx context.Context, c *change) error {
	gone, err := db.New(c).LeftFor(ctx, db.LeftForParams{
		Present: c.Record.GetPresentPosition(), Person: c.Record.GetPerson(), Appointed: appointed.String(),
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	present, err := s.positions.Find(ctx, c.Tx, c.Record.GetPresentPosition())
	if err != nil {
		return err
	}
	if held := positions.LastHeld(present.Record, c.Record.GetPerson()); held.GetFrom() >= gone[0].AppointedFrom {
		return nil
	}
	other, err := s.appointments.Find(ctx, c.Tx, resource.Sharded("appointments", gone[0].Region, gone[0].Key))
	if err != nil {
		return err
	}
	return fault.Precondition(words.PresentLeft(
		gone[0].AppointedFrom, other.Record.GetFilled().GetTitle(), present.Record.GetTitle()))
}

// requireAll requires that all was done that an appointment of the kind needs, and that the decision still stands.
func (s *Server) requireAll(ctx context.Context, c *change) error {
	kind, scheme, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	if len(kind.GetFeedbackQuestions()) > 0 && !slices.ContainsFunc(c.Record.GetFeedback(), answered) {
		return fault.Precondition(words.FeedbackMissing())
	}
	if err := requireCorrected(ctx, c); err != nil {
		return err
	}
	standing, err := s.standing(ctx, c.Tx, c.Record)
	if err != nil {
		return err
	}
	if standing == nil {
		return fault.Precondition(words.DecisionFallen())
	}
	if kind.GetPollKind() == "" {
		return nil
	}
	return s.requirePoll(ctx, c, schemes.TitleIn(scheme.GetPollKinds(), kind.GetPollKind()))
}

// requireCorrected requires that what the inspected found wrong with the inspection is put right.
func requireCorrected(ctx context.Context, c *change) error {
	open, err := db.New(c).CountUncorrected(ctx, db.CountUncorrectedParams{
		Source: c.Record.GetName(), Settled: deficiencies.Settled(),
	})
	if err == nil && open > 0 {
		return fault.Precondition(words.InspectionWrong(strconv.FormatInt(open, 10)))
	}
	return err
}

// requirePoll requires a valid poll; one in which too few were satisfied has ended the appointment.
func (s *Server) requirePoll(ctx context.Context, c *change, title words.Title) error {
	if c.Record.GetPoll() == "" {
		return fault.Precondition(words.PollMissing(title))
	}
	held, err := s.polls.Find(ctx, c.Tx, c.Record.GetPoll())
	if err != nil {
		return err
	}
	if !polls.Valid(held.Record) {
		return fault.Precondition(words.PollMissing(title))
	}
	return nil
}
