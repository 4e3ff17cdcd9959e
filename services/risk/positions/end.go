package positions

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
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
			settled(c.Record)
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
			c.Record.Vacated, _ = proto.Clone(holder).(*riskv1.PositionHolder)
			holder.Until = on
		}
	}
	return faults.Err()
}

// ReinstatePosition takes back that a position was ended by mistake.
func (s *Server) ReinstatePosition(ctx context.Context, req *riskv1.ReinstatePositionRequest) (*riskv1.Position, error) {
	return s.positions.Act(ctx, req, reinstateAct, requireLivingUnit, hold,
		func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
			c.Record.EndedOn, c.Record.EndReason, c.Record.Vacated = "", "", nil
			return tellReinstated(ctx, c, req.GetReason())
		})
}

// requireLivingUnit refuses to give a unit that has ended a position: who acts for it registers one of its own.
func requireLivingUnit(_ context.Context, c *collection.Change[*riskv1.Position]) error {
	if c.ActingUnit() == c.Record.GetUnit() {
		return nil
	}
	return fault.Invalid("name", words.PositionOfEnded(words.Untitled(c.Record.GetUnit()), words.Untitled(c.ActingUnit())))
}

// hold has whoever left a position as it ended hold it on, unless they are known to have left it before. Whom an appointment has
// brought from it into another one since leaves it for that, which the caller and the unit of the position are told: nobody holds
// both.
func hold(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	was, last := c.Record.GetVacated(), c.Record.GetEndedOn()
	if was == nil {
		return nil
	}
	for _, holder := range c.Record.GetHolders() {
		if holder.GetPerson() != was.GetPerson() || holder.GetFrom() != was.GetFrom() || holder.GetUntil() != last {
			continue
		}
		holder.Until = was.GetUntil()
		if err := leaveFor(ctx, c, holder); err != nil {
			return err
		}
	}
	return nil
}

// leaveFor has a holder leave a position for the last one that they were appointed to from it, where that was after they came.
func leaveFor(ctx context.Context, c *collection.Change[*riskv1.Position], holder *riskv1.PositionHolder) error {
	gone, err := db.New(c).LeftFor(ctx, db.LeftForParams{
		Present: c.Record.GetName(), Person: holder.GetPerson(),
		Appointed: riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED.String(),
	})
	if err != nil || len(gone) == 0 || gone[0].AppointedFrom <= holder.GetFrom() || left(holder, gone[0].AppointedFrom) {
		return err
	}
	from, err := calendar.ParseDate(gone[0].AppointedFrom)
	if err != nil {
		return err
	}
	holder.Until = from.AddDays(-1).String()
	says := words.InboxPositionLeft(c.Record.GetTitle(), from.String())
	caller := access.PrincipalOf(ctx).Unit
	c.Tell(caller, says)
	if own := c.ActingUnit(); own != caller {
		c.Tell(own, says)
	}
	return nil
}

// tellReinstated tells whoever was told of the end of a position that it stands again.
func tellReinstated(ctx context.Context, c *collection.Change[*riskv1.Position], reason string) error {
	caller := access.PrincipalOf(ctx).Unit
	owned, err := ownedBy(ctx, c)
	told := make([]string, 0, len(owned)+2)
	told = append(told, c.ActingUnit(), c.UnitAbove())
	for _, of := range owned {
		told = append(told, resource.Name(resource.Units, of.UnitID))
	}
	slices.Sort(told)
	for _, unit := range slices.Compact(told) {
		if unit != caller {
			c.Tell(unit, words.InboxPositionReinstated(c.Record.GetUnit(), c.Record.GetTitle(), reason))
		}
	}
	return err
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
		name, person := resource.Sharded("appointments", under[0].Region, under[0].Key), under[0].Person
		return fault.Precondition(words.PositionToFill(words.Title{ID: name, Zh: person, En: person}))
	}
	return err
}

// tellEnded tells the unit of a position and the one above that it was abolished, and each unit what of it lacks a position now.
func tellEnded(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	caller, title := access.PrincipalOf(ctx).Unit, c.Record.GetTitle()
	says := words.InboxPositionEnded(c.Record.GetUnit(), title, c.Record.GetEndedOn(), c.Record.GetEndReason())
	c.TellFromAbove(ctx, says)
	if above := c.UnitAbove(); above != caller && above != c.ActingUnit() {
		c.Tell(above, says)
	}
	owned, err := ownedBy(ctx, c)
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, of := range owned {
		c.Tell(resource.Name(resource.Units, of.UnitID),
			words.InboxPositionOwned(title, count(of.Powers), count(of.Points), count(of.Controls)))
	}
	return err
}

// ownedBy counts what a position exercises, what lies with it or is owned by it, by unit.
func ownedBy(ctx context.Context, c *collection.Change[*riskv1.Position]) ([]db.OwnedByPositionRow, error) {
	return db.New(c).OwnedByPosition(ctx, db.OwnedByPositionParams{
		Position: c.Record.GetName(), Ended: riskv1.RegisterState_REGISTER_STATE_ENDED.String(),
		ToDo: document.EnumNames([]riskv1.ControlState{
			riskv1.ControlState_CONTROL_STATE_PLANNED, riskv1.ControlState_CONTROL_STATE_RETURNED,
		}),
	})
}

// namedEnded are the positions that have ended in a subtree and above it, without their collection.
const namedEnded = `p.region || '-' || p.key) FROM positions p
	WHERE p.ended_on IS NOT NULL AND (p.unit_path <@ ?::ltree OR p.unit_path @> ?::ltree)`

// OfEnded keeps, of a list of a subtree, the records of which one of some columns names a position that has ended.
func OfEnded(ctx context.Context, columns ...string) collection.Filter {
	condition, values := namesEnded(ctx, columns...)
	return collection.Where(condition, values...)
}

// WrittenOrInForce is OfEnded of the columns of what is written and of what is in force, whose table is that of versions: a draft
// that names another position takes nothing from what is in force.
func WrittenOrInForce(ctx context.Context, versions string, columns ...string) collection.Filter {
	condition, values := namesEnded(ctx, columns...)
	return collection.Where("("+condition+` OR (region, key) IN (SELECT v.region, v.key FROM (
		SELECT * FROM `+versions+` WHERE replaced_on = 'infinity' AND `+condition+` OFFSET 0) v))`, append(values, values...)...)
}

// namesEnded is the condition that one of some columns names a position of a subtree that has ended.
func namesEnded(ctx context.Context, columns ...string) (condition string, values []any) {
	subtree := access.Path(access.Target(ctx))
	const abolished = ` = ANY (ARRAY(SELECT ('positions/' || ` + namedEnded + `))`
	conditions := make([]string, len(columns))
	for i, column := range columns {
		conditions[i], values = column+abolished, append(values, subtree, subtree)
	}
	return "(" + strings.Join(conditions, " OR ") + ")", values
}

// ByEnded keeps, of a list of a subtree, the records whose body, as it is written or in force, names in a list a position that
// has ended, by the tables of both. They are found first, by the indexes of that list: OFFSET 0 keeps the planner from reading
// the subtree in its order instead, and trying each body against every such position.
func ByEnded(ctx context.Context, table, versions, list string) collection.Filter {
	subtree := access.Path(access.Target(ctx))
	named := ` @> ANY (ARRAY(SELECT to_jsonb('positions/' || ` + namedEnded + `))`
	return collection.Where(`(region, key) IN (SELECT n.region, n.key FROM `+table+` n WHERE n.body -> '`+list+`'`+named+`
		UNION ALL SELECT v.region, v.key FROM `+versions+` v WHERE v.replaced_on = 'infinity' AND v.body -> '`+list+`'`+named+`
		OFFSET 0)`, subtree, subtree, subtree, subtree)
}
