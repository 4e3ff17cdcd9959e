package collection

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// What belongs to a record in other tables, such as its attachments, asks here for the record. A name may be of any collection;
// one of another is NOT_FOUND.

// RequireReach requires that the caller reaches a record, in a transaction or out of one. Errors: NOT_FOUND.
func (c *Collection[M]) RequireReach(ctx context.Context, from database.Statements, name string) error {
	found, err := c.named(ctx, from, name, "")
	if err != nil {
		return err
	}
	switch tx := from.(type) { // what reach asks besides, it asks in the same transaction
	case *record.Tx:
		found.Tx = tx
	case pgx.Tx:
		found.Tx = &record.Tx{Statements: tx, Postgres: tx}
	}
	return c.reach(ctx, found)
}

// Lock reads a record that the caller reaches and keeps it as it is until the transaction ends, for an act that leaves its body
// alone. Errors: NOT_FOUND, what the act's party says, WRONG_STATE.
func (c *Collection[M]) Lock(ctx context.Context, tx *record.Tx, name string, act lifecycle.Act) (*Change[M], error) {
	found, err := c.named(ctx, tx, name, " FOR UPDATE")
	if err != nil {
		return nil, err
	}
	found.Tx = tx
	if err := c.reach(ctx, found); err != nil {
		return nil, err
	}
	return found, c.step(ctx, tx, found, act)
}

// Path is where the unit of a record stands in the tree, as an ltree, for the journal.
func (c *Collection[M]) Path(ctx context.Context, from database.Statements, name string) (string, error) {
	found, err := c.named(ctx, from, name, "")
	if err != nil {
		return "", err
	}
	return found.UnitPath, nil
}

// named is read for a name that may be of another collection.
func (c *Collection[M]) named(ctx context.Context, from database.Statements, name, locked string) (*Change[M], error) {
	found, err := c.read(ctx, from, name, locked)
	if err == nil && found.Record.GetName() != name {
		err = fault.NotFound(name)
	}
	return found, err
}
