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
