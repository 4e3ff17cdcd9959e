package units

import (
	"context"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Ended reads a unit that ended by a day as it was on its last one, but below its successor, the unit that acts for it on the
// day. NOT_FOUND if no such unit has ended.
func Ended(ctx context.Context, tx db.DBTX, name string, on calendar.Date) (ended, successor *networkv1.Unit, err error) {
	queries, id := db.New(tx), resource.ID(name)
	last, err := queries.LastVersions(ctx, db.LastVersionsParams{UnitIds: []string{id}, Day: on})
	if err != nil {
		return nil, nil, err
	}
	if len(last) == 0 {
		return nil, nil, fault.NotFound(name)
	}
	row := last[0]
	if row.Path, err = queries.RecordPathOn(ctx, db.RecordPathOnParams{UnitID: id, Day: on}); err != nil {
		return nil, nil, err
	}
	if successor, err = Successor(ctx, tx, row.Path, on); err != nil {
		return nil, nil, err
	}
	row.ParentID, row.SystemParentID = resource.ID(successor.GetName()), "" // above which units there may be none any more
	ended = unitOf(row)
	ended.EndedOn, ended.Successor = last[0].ValidTo.String(), successor.GetName()
	return ended, successor, nil
}

// Coming reads a unit that is not there yet on a day as it will be on its first one. NOT_FOUND if no such unit is planned.
func Coming(ctx context.Context, tx db.DBTX, name string, on calendar.Date) (*networkv1.Unit, error) {
	rows, err := db.New(tx).VersionsFrom(ctx, db.VersionsFromParams{UnitID: resource.ID(name), Day: on})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !rows[0].ValidFrom.After(on) {
		return nil, fault.NotFound(name)
	}
	return unitOf(rows[0]), nil
}

// absentOr is the fault that a unit has ended by a day or is to come after it, where the caller reaches it or what acts for it;
// otherwise the error with which it was not found.
func absentOr(ctx context.Context, tx db.DBTX, name string, on calendar.Date, err error) error {
	if !fault.IsNotFound(err) {
		return err
	}
	coming, missing := Coming(ctx, tx, name, on)
	if missing == nil && access.Require(ctx, access.Path(coming), name) == nil {
		return fault.Precondition(access.ComingSentence(coming))
	}
	ended, _, missing := Ended(ctx, tx, name, on)
	return access.EndedFault(ctx, name, ended, missing)
}

// missing says why a day's tree lacks a unit that a field names.
func missing(ctx context.Context, tx db.DBTX, name string, on calendar.Date) (words.Sentence, error) {
	ended, _, err := Ended(ctx, tx, name, on)
	return access.MissingAs(name, ended, err)
}

// Successor finds the unit that acts for a record on a day: the nearest existing unit on the stored path, from its end upwards.
// NOT_FOUND if none exists. Its ancestors have no titles.
func Successor(ctx context.Context, tx db.DBTX, path string, on calendar.Date) (*networkv1.Unit, error) {
	found, err := onPaths(ctx, tx, []string{path}, on)
	if err == nil && found[path] == nil {
		err = fault.NotFound(resource.Name(resource.Units, access.LastPathID(path)))
	}
	return found[path], err
}

// onPaths are the nearest existing units on stored paths, by path; none for one on which no unit exists.
func onPaths(ctx context.Context, tx db.DBTX, paths []string, on calendar.Date) (map[string]*networkv1.Unit, error) {
	rows, err := db.New(tx).GetSuccessors(ctx, db.GetSuccessorsParams{Paths: paths, OnDate: on})
	found := make(map[string]*networkv1.Unit, len(rows))
	for _, row := range rows {
		found[row.StoredPath] = unitOf(row.Unit)
	}
	return found, err
}

// Acting are the units that act on a day for some, by the names of those: each itself or, where it has ended, its successor. One
// that there never was is left out.
func Acting(ctx context.Context, tx db.DBTX, on calendar.Date, names ...string) (map[string]*networkv1.Unit, error) {
	ids := make([]string, len(names))
	for i, name := range names {
		ids[i] = resource.ID(name)
	}
	stored, err := db.New(tx).RecordPathsOn(ctx, db.RecordPathsOnParams{UnitIds: ids, Day: on})
	if err != nil {
		return nil, err
	}
	byPath, err := Successors(ctx, tx, on, stored, func(row db.RecordPathsOnRow) string { return row.Path })
	acting := make(map[string]*networkv1.Unit, len(stored))
	for _, row := range stored {
		acting[resource.Name(resource.Units, row.UnitID)] = byPath[row.Path]
	}
	return acting, err
}

// Above are the units above one on a day, the root first. Their ancestors have no titles.
func Above(ctx context.Context, tx db.DBTX, unit *networkv1.Unit, on calendar.Date) ([]*networkv1.Unit, error) {
	ids := make([]string, len(unit.GetAncestors()))
	for i, name := range unit.GetAncestors() {
		ids[i] = resource.ID(name)
	}
	rows, err := db.New(tx).UnitsOn(ctx, db.UnitsOnParams{UnitIds: ids, OnDate: on})
	return unitsOf(rows), err
}

// Successors are the units that act on a day for those that rows name by their paths, by path, all looked for at once. One that
// ends at this moment is left out.
func Successors[R any](
	ctx context.Context, tx db.DBTX, on calendar.Date, rows []R, paths ...func(R) string,
) (map[string]*networkv1.Unit, error) {
	named := map[string]bool{}
	for _, row := range rows {
		for _, path := range paths {
			named[path(row)] = true
		}
	}
	return onPaths(ctx, tx, slices.Sorted(maps.Keys(named)), on)
}
