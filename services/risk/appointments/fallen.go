package appointments

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
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
