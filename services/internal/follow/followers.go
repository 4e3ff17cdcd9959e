package follow

import (
	"context"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Follower is what a service does besides as its records follow. It sees those below some paths as they were, and the function
// that it gives sees them as they are since, in the same transaction.
type Follower func(ctx context.Context, tx *record.Tx, below []string) (since func(context.Context) error, err error)

// Followers are those of a service, which adds them when it is made.
type Followers []Follower

// Add adds some.
func (f *Followers) Add(followers ...Follower) { *f = append(*f, followers...) }

// follow applies moves with the followers around it. What the moves have changed already shows to none of them.
func (f Followers) follow(ctx context.Context, tx *record.Tx, moves []*networkv1.Move) error {
	below, err := changing(ctx, tx, moves)
	if err != nil {
		return err
	}
	var all []func(context.Context) error
	for _, follower := range f {
		if len(below) == 0 {
			break
		}
		since, err := follower(ctx, tx, below)
		if err != nil {
			return err
		}
		all = append(all, since)
	}
	if err := ApplyPending(ctx, tx, moves); err != nil {
		return err
	}
	for _, since := range all {
		if err := since(ctx); err != nil {
			return err
		}
	}
	return nil
}

// changing are the paths below which moves change who has the records: those that they move, and those of units that end where
// they stand and are not known to have.
func changing(ctx context.Context, tx *record.Tx, moves []*networkv1.Move) (below []string, err error) {
	var ended []string
	for _, m := range moves {
		switch {
		case m.GetFromPath() != m.GetToPath():
			below = append(below, m.GetFromPath())
		case m.GetEnded():
			ended = append(ended, m.GetFromPath())
		}
	}
	rows, err := tx.Query(ctx, `SELECT m.from_path FROM unnest($1::text[]) AS m (from_path)
		WHERE NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(m.from_path::ltree, -1)::text)`, ended)
	if err != nil {
		return nil, err
	}
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return append(below, fresh...), err
}
