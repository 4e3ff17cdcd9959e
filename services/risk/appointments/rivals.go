package appointments

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// open are the states of an appointment that is not over.
func open() []string {
	return document.EnumNames([]riskv1.AppointmentState{nominated, qualified, decided})
}

// others are the appointments to the same position that are not over, of one person where one is given. None begins meanwhile.
func others(ctx context.Context, c *change, person string) (names []string, err error) {
	if err := c.Lock(ctx, "appointments to "+c.Record.GetPosition()); err != nil {
		return nil, err
	}
	rows, err := db.New(c).OpenAppointments(ctx, db.OpenAppointmentsParams{
		Position: c.Record.GetPosition(), Open: open(), Person: person, Region: c.Region, Key: c.Key,
	})
	for _, row := range rows {
		names = append(names, resource.Sharded("appointments", row.Region, row.Key))
	}
	return names, err
}

// requireFresh refuses a candidate who is considered for the position already, or soon after a poll did not come out in favour of
// them: else one would begin again until the answer is right.
func requireFresh(ctx context.Context, c *change, kind *riskv1.AppointmentKind) error {
	open, err := others(ctx, c, c.Record.GetPerson())
	if err != nil {
		return err
	}
	if len(open) > 0 {
		person := c.Record.GetPerson()
		says := words.CandidateOpen(words.Title{ID: open[0], Zh: person, En: person})
		return fault.Precondition(says).OnField("appointment.person")
	}
	failed, err := db.New(c).LastFailedPoll(ctx, db.LastFailedPollParams{
		Position: c.Record.GetPosition(), Person: c.Record.GetPerson(),
	})
	if err != nil || failed == "" {
		return err
	}
	on, err := calendar.ParseDate(failed)
	if err != nil {
		return err
	}
	if again := calendar.NewDate(on.Year(), on.Month()+time.Month(kind.GetWaitMonths()), on.Day()); c.Today().Before(again) {
		return fault.Precondition(words.CandidateWaits(again.String())).OnField("appointment.person")
	}
	return nil
}

// lapseOthers ends what is under way of the unit for other candidates, now that the position is filled.
func (s *Server) lapseOthers(ctx context.Context, c *change, position string) error {
	names, err := others(ctx, c, "")
	if err != nil {
		return err
	}
	lapse := func(_ context.Context, o *change) error {
		o.Record.LapsedFor = c.Record.GetName()
		o.Tell(o.Record.GetUnit(), words.InboxAppointmentLapsed(c.Record.GetFilled().GetUnit(), position))
		return nil
	}
	for _, name := range names {
		_, err := s.appointments.ActIn(ctx, c.Tx, &riskv1.Appointment{Name: name}, lapseAct, nil, lapse, s.over)
		if err != nil && !fault.IsNotFound(err) { // one of a unit out of reach is that unit's to end
			return err
		}
	}
	return nil
}
