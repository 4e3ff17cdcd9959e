package database

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Afresh has each query planned for the values it is run with. After some runs PostgreSQL may keep one plan of a prepared
// statement for all values; where filters are optional, that plan can use the index of none of them.
type Afresh struct{ *pgxpool.Pool }

// Afresh is the schema for queries with optional filters over many rows.
func (db *DB) Afresh() Afresh { return Afresh{db.Pool} }

// Query runs a query without preparing it; what its parameters and columns are is still asked once a connection.
func (a Afresh) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return a.Pool.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}
