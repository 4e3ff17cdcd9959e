package appointments

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
)

// Fallen is the rule of a decision about an appointment that stands no more. Who has come into the position by it holds it still:
// the appointment shows that, and the unit and the one above are asked to see to it.
func (s *Server) Fallen(ctx context.Context, d *collection.Change[*riskv1.Decision]) error {
	found, err := s.appointments.Find(ctx, d.Tx, d.Record.GetAppointment())
	switch {
	case fault.IsNotFound(err):
		return nil
	case err != nil:
		return err
	case found.Record.GetState() != appointed || found.Record.GetDecision() != d.Record.GetName():
		return nil // nobody has come into a position by it
	}
	target := &riskv1.Appointment{Name: found.Record.GetName()}
	_, err = s.appointments.ActIn(ctx, d.Tx, target, fallAct, nil, func(_ context.Context, c *change) error {
		c.Record.DecisionFallenOn = c.Today().String()
		says := words.InboxAppointmentFallen(c.Record.GetFilled().GetTitle(), c.Record.GetPerson(), d.Record.GetTitle())
		c.Tell(c.Record.GetUnit(), says)
		if above := c.UnitAbove(); above != c.Record.GetUnit() {
			c.Tell(above, says)
		}
		return nil
	})
	return err
}

// over is the rule of an appointment that ends without one: what was decided about the candidate falls with it, and a poll that
// is open lapses.
func (s *Server) over(ctx context.Context, c *change) error {
	if name := c.Record.GetPoll(); name != "" {
		if err := polls.Lapse(ctx, c.Tx, s.polls, name); err != nil {
			return err
		}
	}
	return s.fallen(ctx, c)
}

// fallen is over for one that ends by its poll, which is closing.
func (s *Server) fallen(ctx context.Context, c *change) error {
	owed.Judged(c.Record)
	return decisions.Fall(ctx, c.Tx, s.decisions, c.Record.GetName())
}

// Failed is the rule of a poll about an appointment in which too few were satisfied: the candidate is not appointed. One whose
// appointment has ended otherwise is left as it is.
func (s *Server) Failed(ctx context.Context, poll *polls.Change) error {
	found, err := s.appointments.Find(ctx, poll.Tx, poll.Record.GetAppointment())
	if err != nil || found.Record.GetState() != decided {
		return err
	}
	kind, _, err := polls.KindOf(ctx, poll)
	if err != nil {
		return err
	}
	target := &riskv1.Appointment{Name: found.Record.GetName()}
	_, err = s.appointments.ActIn(ctx, poll.Tx, target, rejectAct, nil, func(_ context.Context, c *change) error {
		says := words.InboxAppointmentRejected(c.Record.GetUnit(), c.Record.GetFilled().GetTitle(), poll.Record.GetTitle(),
			strconv.FormatFloat(poll.Record.GetSatisfiedPercent(), 'f', -1, 64), strconv.Itoa(int(kind.GetMinSatisfiedPercent())))
		c.Tell(c.Record.GetUnit(), says)
		if above := c.UnitAbove(); above != c.Record.GetUnit() {
			c.Tell(above, says)
		}
		return nil
	}, s.fallen)
	return err
}
