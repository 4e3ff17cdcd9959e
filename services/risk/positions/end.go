package positions

import (
	"context"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// EndPosition ends a position that is abolished.
func (s *Server) EndPosition(ctx context.Context, req *riskv1.EndPositionRequest) (*riskv1.Position, error) {
	leave := func(_ context.Context, c *collection.Change[*riskv1.Position]) error {
		return vacate(c, req.GetEndedOn())
	}
	return s.positions.Act(ctx, req, abolishAct, leave, requireNobodyComes,
		func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
			c.Record.EndedOn, c.Record.EndReason = req.GetEndedOn(), req.GetReason()
			return tellEnded(ctx, c)
		})
}

// vacate has whoever holds a position leave it on its last day, which is not before anybody came.
func vacate(c *collection.Change[*riskv1.Position], on string) error {
	var faults fault.Fields
	day, ok := faults.ParsePastDay("ended_on", on, c.Today())
	if !ok {
		return faults.Err()
	}
	for _, holder := range c.Record.GetHolders() {
		if holder.GetFrom() > on {
			faults.Add("ended_on", words.HeldLater(holder.GetPerson(), holder.GetFrom()))
			return faults.Err()
		}
		if !left(holder, day.AddDays(1).String()) {
			holder.Until = on
		}
	}
	return faults.Err()
}

// requireNobodyComes refuses to end what somebody is being appointed to: that appointment is ended first.
func requireNobodyComes(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	name := c.Record.GetName()
	if err := c.Lock(ctx, "appointments to "+name); err != nil {
		return err
	}
	under, err := db.New(c).OpenAppointments(ctx, db.OpenAppointmentsParams{
		Position: name, Open: document.EnumNames([]riskv1.AppointmentState{
			riskv1.AppointmentState_APPOINTMENT_STATE_NOMINATED, riskv1.AppointmentState_APPOINTMENT_STATE_QUALIFIED,
			riskv1.AppointmentState_APPOINTMENT_STATE_DECIDED,
		}),
	})
	if err == nil && len(under) > 0 {
		return fault.Precondition(words.PositionToFill(resource.Sharded("appointments", under[0].Region, under[0].Key)))
	}
	return err
}

// tellEnded tells the unit of a position and the one above that it was abolished, and each unit what of it lacks a position now.
func tellEnded(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	caller, title := access.PrincipalOf(ctx).Unit, c.Record.GetTitle()
	says := words.InboxPositionEnded(caller, title, c.Record.GetEndedOn(), c.Record.GetEndReason())
	c.TellFromAbove(ctx, says)
	if above := c.UnitAbove(); above != caller && above != c.ActingUnit() {
		c.Tell(above, says)
	}
	owned, err := db.New(c).OwnedByPosition(ctx, db.OwnedByPositionParams{
		Position: c.Record.GetName(), Ended: riskv1.RegisterState_REGISTER_STATE_ENDED.String(),
		ToDo: document.EnumNames([]riskv1.ControlState{
			riskv1.ControlState_CONTROL_STATE_PLANNED, riskv1.ControlState_CONTROL_STATE_RETURNED,
		}),
	})
	for _, of := range owned {
		c.Tell(resource.Name(resource.Units, of.UnitID),
			words.InboxPositionOwned(title, strconv.FormatInt(of.Points, 10), strconv.FormatInt(of.Controls, 10)))
	}
	return err
}

// OfEnded keeps, of a list of a subtree, the records of which one of some columns names a position that has ended.
func OfEnded(ctx context.Context, columns ...string) collection.Filter {
	subtree := access.Path(access.Target(ctx))
	const abolished = ` = ANY (ARRAY(SELECT 'positions/' || p.region || '-' || p.key FROM positions p
		WHERE p.ended_on IS NOT NULL AND (p.unit_path <@ ?::ltree OR p.unit_path @> ?::ltree)))`
	conditions, values := make([]string, len(columns)), make([]any, 0, 2*len(columns))
	for i, column := range columns {
		conditions[i], values = column+abolished, append(values, subtree, subtree)
	}
	return collection.Where("("+strings.Join(conditions, " OR ")+")", values...)
}
