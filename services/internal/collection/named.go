package collection

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// What a record names of another collection is looked up here.

// Ancestor is Find for a record of a unit or one above it, which need not be in the caller's reach. Units are those of
// Change.Units.
func (c *Collection[M]) Ancestor(ctx context.Context, tx *record.Tx, name string, units []string) (*Change[M], error) {
	found, err := c.read(ctx, tx, name, " FOR SHARE")
	if err != nil {
		return nil, err
	}
	if !isAbove(found.Units(), units) {
		return nil, fault.NotFound(name)
	}
	return found, nil
}

// Around is Find for a record that is in the caller's reach or, as for Ancestor, of one of some units.
func (c *Collection[M]) Around(ctx context.Context, tx *record.Tx, name string, units []string) (*Change[M], error) {
	found, err := c.read(ctx, tx, name, " FOR SHARE")
	if err != nil {
		return nil, err
	}
	if !isAbove(found.Units(), units) && !access.Reaches(ctx, found.UnitPath) {
		return nil, fault.NotFound(name)
	}
	found.Tx = tx
	return found, nil
}

// FindReached is Find by the collection's own rule of reach.
func (c *Collection[M]) FindReached(ctx context.Context, tx *record.Tx, name string) (*Change[M], error) {
	found, err := c.read(ctx, tx, name, " FOR SHARE")
	if err != nil {
		return nil, err
	}
	return found, c.reach(ctx, found)
}

// FindOwn is Find for a record that another one names, which must be of the same unit. Where there is none, it notes a fault and
// finds nil: what the caller may read is of another unit, and is not called missing. So do those that follow.
func FindOwn[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findNamed(ctx, c, of, faults, field, name, func(found *Change[M]) bool {
		return found.ActingUnit() == of.ActingUnit()
	})
}

// FindAround is FindOwn for a record that may be, as for Around, of a unit above or anywhere in the caller's reach.
func FindAround[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findNamed(ctx, c, of, faults, field, name, func(found *Change[M]) bool {
		return isAbove(found.Units(), of.Units()) || access.Reaches(ctx, found.UnitPath)
	})
}

// FindAbove is FindOwn for a record that may be of a unit above as well.
func FindAbove[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findNamed(ctx, c, of, faults, field, name, func(found *Change[M]) bool { return isAbove(found.Units(), of.Units()) })
}

// FindOnLine is FindOwn for a record that may be of a unit above or below as well.
func FindOnLine[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findNamed(ctx, c, of, faults, field, name, func(found *Change[M]) bool {
		return isAbove(found.Units(), of.Units()) || isAbove(of.Units(), found.Units())
	})
}

func findNamed[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string, fits func(*Change[M]) bool,
) (*Change[M], error) {
	found, err := c.read(ctx, of.Tx, name, " FOR SHARE")
	switch {
	case fault.IsNotFound(err):
		faults.Add(field, words.NotFound(name))
		return nil, nil
	case err != nil:
		return nil, err
	case fits(found):
		found.Tx = of.Tx
		return found, nil
	case access.Reaches(ctx, found.UnitPath):
		faults.Add(field, words.OtherUnit(words.Untitled(found.Record.GetUnit())))
	default:
		faults.Add(field, words.NotFound(name))
	}
	return nil, nil
}

// isAbove tells whether the last of some units is among others, as theirs or one above it.
func isAbove(units, others []string) bool { return slices.Contains(others, units[len(units)-1]) }

// isNamed finds the records of some regions, $1, and keys, $2.
const isNamed = "(region, key) IN (SELECT unnest($1::text[]), unnest($2::text[]))"

// Named reads records by their names, whoever may read them, without those that there are not or that are damaged.
func (c *Collection[M]) Named(ctx context.Context, names []string) (map[string]*Change[M], error) {
	regions, keys := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		regions[i], keys[i], _ = resource.Split(name) // what is no name is not found
	}
	found, err := c.query(ctx, c.Table+" WHERE "+isNamed, []any{regions, keys})
	read := make(map[string]*Change[M], len(found))
	for _, r := range found {
		if !document.IsDamaged(ctx, r.damaged) {
			read[r.Record.GetName()] = r
		}
	}
	return read, err
}

// CheckFilter notes a fault where the filter of a list, which may be empty, names no record that the caller reaches.
func (c *Collection[M]) CheckFilter(ctx context.Context, faults *fault.Fields, field, name string) error {
	if name == "" {
		return nil
	}
	_, err := c.Look(ctx, name)
	if fault.IsNotFound(err) {
		faults.Add(field, words.NotFound(name))
		return nil
	}
	return err
}
