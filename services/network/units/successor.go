package units

import (
	"context"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
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

// endedOr is the fault that a unit has ended by a day, where it has and the caller reaches what acts for it; otherwise the error
// with which it was not found.
func endedOr(ctx context.Context, tx db.DBTX, name string, on calendar.Date, err error) error {
	if !fault.IsNotFound(err) {
		return err
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
	row, err := db.New(tx).GetSuccessor(ctx, db.GetSuccessorParams{Path: path, OnDate: on})
	if err := document.NotFoundAs(err, resource.Name(resource.Units, access.LastPathID(path))); err != nil {
		return nil, err
	}
	return unitOf(row), nil
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

// Successors are the units that act on a day for those that rows name by their paths, by path, each looked for once. One that
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
	found := map[string]*networkv1.Unit{}
	for _, path := range slices.Sorted(maps.Keys(named)) {
		unit, err := Successor(ctx, tx, path, on)
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[path] = unit
	}
	return found, nil
}
