package units

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ending is a unit that an act ends, with what hangs from it on the day or later.
type ending struct {
	standing

	below  []db.ChildrenFromRow       // on the territory line
	system []db.SystemChildrenFromRow // on the system line
}

// ending finds a unit that is to end on the day of the act. The root stays; so does what would end on its first day, and what
// is planned to be something else later.
func (a *act) ending(ctx context.Context, field, name, etag string) (*ending, error) {
	found, err := a.unit(ctx, name)
	if err != nil {
		return nil, err
	}
	if found[0].ParentID == "" {
		return nil, rootStays(found, field)
	}
	if err := found.match(etag); err != nil {
		return nil, err
	}
	if err := found.mustStay(field); err != nil {
		return nil, err
	}
	held, err := a.HeldBefore(ctx, db.HeldBeforeParams{UnitID: found.id(), Day: a.from()})
	if err != nil {
		return nil, err
	}
	if last := found[len(found)-1].ValidFrom; !held || last.After(a.from()) {
		return nil, fault.Precondition("LATER_CHANGE", "unit", found.name(), "date", calendar.DateOf(last, time.UTC).String()).At(field)
	}
	if err := a.builder.may(toDisband, unitOf(found[0])); err != nil {
		return nil, err
	}
	e := &ending{standing: found}
	if e.below, err = a.ChildrenFrom(ctx, db.ChildrenFromParams{Path: found.path(), ParentID: found.id(), Day: a.from()}); err != nil {
		return nil, err
	}
	e.system, err = a.SystemChildrenFrom(ctx, db.SystemChildrenFromParams{ParentID: found.id(), Day: a.from()})
	return e, err
}

// checkHeir checks that all that hangs from a unit can hang from another instead.
func (a *act) checkHeir(ctx context.Context, field string, e *ending, heir standing) error {
	if slices.Contains(strings.Split(heir.path(), "."), e.id()) {
		a.faults.Add(field, "below_itself", "unit", e.id())
		return nil
	}
	line, err := a.SystemLineFrom(ctx, db.SystemLineFromParams{UnitID: heir.id(), Day: a.from()})
	if err != nil {
		return err
	}
	if slices.Contains(line, e.id()) {
		a.faults.Add(field, "below_itself", "unit", e.id())
	}
	for _, child := range e.below {
		if err := a.checkUnder(ctx, field, e.path()+"."+child.UnitID, child.Level, heir); err != nil {
			return err
		}
	}
	return nil
}

// end ends a unit. Its records are found under its heir since, by its old name below the heir's.
func (a *act) end(ctx context.Context, e *ending, heir string, successors ...string) error {
	if err := a.last(ctx, e); err != nil {
		return err
	}
	if err := a.AddEnd(ctx, db.AddEndParams{UnitID: e.id(), EndedOn: a.from(), HeirID: lastID(heir), ActKey: a.key}); err != nil {
		return err
	}
	a.moves = append(a.moves, move{e.path(), heir + "." + e.id()})
	a.touch(e.standing)
	return a.AddSuccessions(ctx, db.AddSuccessionsParams{UnitID: e.id(), SuccessorIds: successors, ActKey: a.key})
}

// last has the day before the act be the last of a unit.
func (a *act) last(ctx context.Context, e *ending) error {
	if err := a.keep(ctx, []string{e.id()}, nil); err != nil {
		return err
	}
	return a.EndUnit(ctx, db.EndUnitParams{UnitID: e.id(), Day: a.from()})
}

// inherit puts all that hangs from a unit under its heir.
func (a *act) inherit(ctx context.Context, e *ending, heir string) error {
	ids := make([]string, len(e.below))
	for i, child := range e.below {
		ids[i] = child.UnitID
	}
	if err := a.replant(ctx, ids, e.path(), heir); err != nil {
		return err
	}
	return a.inheritSystem(ctx, e, lastID(heir))
}

// inheritSystem does so on the system line alone.
func (a *act) inheritSystem(ctx context.Context, e *ending, heir string) error {
	all, cut := make([]string, 0, len(e.system)), []string{}
	for _, child := range e.system {
		all = append(all, child.UnitID)
		if child.ByThen {
			cut = append(cut, child.UnitID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := a.keep(ctx, all, nil); err != nil {
		return err
	}
	if err := a.cut(ctx, cut...); err != nil {
		return err
	}
	return a.SetSystemParent(ctx, db.SetSystemParentParams{UnitIds: all, FromID: e.id(), ToID: heir, Day: a.from()})
}

func rootStays(found standing, field string) error {
	return fault.Precondition("ROOT_STAYS", "unit", resource.Name(resource.Units, found.id())).At(field)
}

// orphans refuses an act that would leave units with none above them.
func orphans(field, unit string, ids []string) error {
	return fault.Precondition("WOULD_ORPHAN", "unit", unit, "units", strings.Join(ids, ", ")).At(field)
}
