package database

import (
	"context"
	"errors"
)

var errReadOnly = errors.New("the database takes no changes")

// Ready tells whether the database takes changes. A message of a transaction goes the way of every change, through the log onto
// the disk, and leaves nothing behind; only where a server or a role was told to take none, it would pass.
func (db *DB) Ready(ctx context.Context) error {
	var readOnly bool
	const try = "SELECT current_setting('transaction_read_only')::bool FROM pg_logical_emit_message(true, 'qingfeng', '')"
	err := db.QueryRow(ctx, try).Scan(&readOnly)
	if err == nil && readOnly {
		err = errReadOnly
	}
	return err
}
