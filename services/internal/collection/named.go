package collection

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// What a record names of another collection is looked up here.

// Ancestor is Find for a record of a unit or one above it, which need not be in the caller's reach. Units are those of
// Change.Units.
func (c *Collection[M]) Ancestor(ctx context.Context, tx *record.Tx, name string, units []string) (*Change[M], error) {
	found, err := c.read(ctx, tx, name, " FOR SHARE")
	if err != nil {
		return nil, err
	}
	if own := found.Units(); !slices.Contains(units, own[len(own)-1]) {
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
	if own := found.Units(); !slices.Contains(units, own[len(own)-1]) && !access.Reaches(ctx, found.UnitPath) {
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
// finds nil.
func FindOwn[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	found, err := c.Find(ctx, of.Tx, name)
	switch {
	case fault.IsNotFound(err):
		faults.Add(field, words.NotFound(name))
		return nil, nil
	case err != nil:
		return nil, err
	case found.ActingUnit() != of.ActingUnit():
		faults.Add(field, words.OtherUnit(words.Untitled(found.Record.GetUnit())))
		return nil, nil
	}
	return found, nil
}

// FindAround is Around for a record that another one names. Where there is none, it notes a fault and finds nil.
func FindAround[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	found, err := c.Around(ctx, of.Tx, name, of.Units())
	if fault.IsNotFound(err) {
		faults.Add(field, words.NotFound(name))
		return nil, nil
	}
	return found, err
}

// FindAbove is Find for a record that another one names, which must be of the same unit or one above it. Where there is none, it
// notes a fault and finds nil: what the caller may read is of another unit, and is not called missing.
func FindAbove[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findOnLine(ctx, c, of, faults, field, name, false)
}

// FindOnLine is FindAbove for a record that may be of a unit below as well.
func FindOnLine[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string,
) (*Change[M], error) {
	return findOnLine(ctx, c, of, faults, field, name, true)
}

func findOnLine[M, O Record](
	ctx context.Context, c *Collection[M], of *Change[O], faults *fault.Fields, field, name string, below bool,
) (*Change[M], error) {
	found, err := c.read(ctx, of.Tx, name, " FOR SHARE")
	switch {
	case fault.IsNotFound(err):
		faults.Add(field, words.NotFound(name))
		return nil, nil
	case err != nil:
		return nil, err
	case isAbove(found.Units(), of.Units()), below && isAbove(of.Units(), found.Units()):
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
