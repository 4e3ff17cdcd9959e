// Package follow updates the paths of records when a subtree of units moves. It rewrites every ltree column whose name ends in
// "path". Columns that keep the past have other names ("…_then"). It leaves the journal and the units table alone.
package follow

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Every is how often a service looks for moves.
const Every = 10 * time.Second

// finalAfter is the age at which a move is applied for the last time. Until then it is applied again and again, since a
// transaction may have stored a record under the old path after the move.
const finalAfter = 10 * time.Minute

// pathColumns are the columns that follow, in the schema of the connection.
const pathColumns = `
SELECT c.relname::text, a.attname::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND t.typname = 'ltree' AND a.attname LIKE '%path' AND NOT a.attisdropped AND c.relname NOT IN ('journal', 'units')
ORDER BY c.relname, a.attname`

// addEnded notes that a unit has ended, by the path that its records have since.
const addEnded = `
INSERT INTO ended_units (unit_id, ended_on, path) VALUES (subpath($1::ltree, -1)::text, $2::date, $1::ltree)
ON CONFLICT DO NOTHING`

// Apply puts all records under the path that a move gives, move by move. Doing it once more changes nothing: a path that is
// right already ends where it began. It returns how many values it rewrote.
func Apply(ctx context.Context, tx *record.Tx, moves []*networkv1.Move) (int64, error) {
	if len(moves) == 0 {
		return 0, nil
	}
	statements, err := statements(ctx, tx)
	if err != nil {
		return 0, err
	}
	batch, rewritten := &pgx.Batch{}, int64(0)
	for _, m := range moves {
		if m.GetFromPath() != m.GetToPath() {
			for _, statement := range statements {
				batch.Queue(statement, m.GetFromPath(), m.GetToPath())
			}
		}
		if m.GetEnded() {
			batch.Queue(addEnded, m.GetToPath(), m.GetEffectiveOn())
		}
	}
	results := tx.Postgres.SendBatch(ctx, batch)
	for range batch.Len() {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close() // the first error is the one to tell
			return 0, fmt.Errorf("records follow a move: %w", err)
		}
		rewritten += tag.RowsAffected()
	}
	return rewritten, results.Close()
}

// statements are the updates of all columns that follow: $1 is the prefix before, $2 the one since.
func statements(ctx context.Context, tx *record.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, pathColumns)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var table, column string
		err := row.Scan(&table, &column)
		table, column = pgx.Identifier{table}.Sanitize(), pgx.Identifier{column}.Sanitize()
		return fmt.Sprintf("UPDATE %[1]s SET %[2]s = CASE WHEN %[2]s = $1::ltree THEN $2::ltree "+
			"ELSE $2::ltree || subpath(%[2]s, nlevel($1::ltree)) END WHERE %[2]s <@ $1::ltree", table, column), err
	})
}

// MoveSource reads the moves after one, in order, all of them.
type MoveSource func(ctx context.Context, after int64) ([]*networkv1.Move, error)

// Job has the records of a service, and its followers, follow the moves of a feed.
func Job(book *record.Store, feed MoveSource, followers *Followers) jobs.Job {
	name := book.Schema + ".follow_moves"
	return jobs.Job{Name: name, Every: Every, Run: func(ctx context.Context) error {
		return run(ctx, book, name, feed, *followers)
	}}
}

func run(ctx context.Context, book *record.Store, job string, feed MoveSource, followers Followers) error {
	after, err := db.New(book).GetAppliedMove(ctx)
	if err != nil {
		return err
	}
	moves, err := feed(ctx, after) // asked for before the transaction: no connection is held while another service answers
	if err != nil || len(moves) == 0 {
		return err
	}
	return record.System(ctx, book, job, func(ctx context.Context, tx *record.Tx) error {
		if now, err := db.New(tx).LockAppliedMove(ctx); err != nil || now != after {
			return err // another replica was quicker
		}
		return followers.follow(ctx, tx, moves)
	})
}

// ApplyPending applies the moves that are not final yet, and notes the last final one.
func ApplyPending(ctx context.Context, tx *record.Tx, moves []*networkv1.Move) error {
	rewritten, err := Apply(ctx, tx, moves)
	if err != nil {
		return err
	}
	if last := lastFinal(moves, tx.Now()); last > 0 {
		if err := db.New(tx).SetAppliedMove(ctx, last); err != nil {
			return err
		}
	}
	if rewritten == 0 {
		return nil
	}
	last := moves[len(moves)-1]
	return tx.Record(ctx, record.Entry{Resource: fmt.Sprintf("moves/%d", last.GetSequence()), UnitPath: last.GetToPath()})
}

// lastFinal is the last of the moves before the first that must be applied again; 0 where that is the first.
func lastFinal(moves []*networkv1.Move, now time.Time) int64 {
	last := int64(0)
	for _, m := range moves {
		if m.GetApplyTime().AsTime().After(now.Add(-finalAfter)) {
			break
		}
		last = m.GetSequence()
	}
	return last
}

// maxPage is how many moves are asked for at once.
const maxPage = 1000

// Remote asks the network service for moves.
func Remote(tree networkv1.TreeServiceClient) MoveSource {
	return func(ctx context.Context, after int64) ([]*networkv1.Move, error) {
		var all []*networkv1.Move
		req := &networkv1.ListMovesRequest{AfterSequence: after, PageSize: maxPage}
		for {
			resp, err := tree.ListMoves(ctx, req)
			if err != nil {
				return nil, err
			}
			all = append(all, resp.GetMoves()...)
			if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
				return all, nil
			}
		}
	}
}
