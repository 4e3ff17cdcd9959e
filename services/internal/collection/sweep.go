package collection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ErrAsItIs is what a rule of Sweep says of a record that is to stay as it is.
var ErrAsItIs = errors.New("the record stays as it is")

// sweepSize is how many records a transaction of Sweep changes at most.
const sweepSize = 100

// lockPatience is how long Sweep waits, once it is through, for records that others have locked.
const lockPatience = 5 * time.Second

// sweep is one run of Sweep: it goes through the records by key.
type sweep[M Record] struct {
	*Collection[M]

	job, condition string
	value          any
	rules          []Rule[M]
	last           storedAt
	locked         []storedAt // by others, so that it passed over them
	failed         []error
}

// storedAt is where a record is stored.
type storedAt struct{ Region, Key string }

// Sweep has a job of the suite change every record that a condition finds, in which ? stands for the value: the rules must leave
// it so that the condition no longer does, or leave it as it is. What others have locked comes last. What fails keeps no other
// back, and so does what stays locked: the error tells of both, so that the job comes back to them the next time, also one that
// notes what it is through with.
func (c *Collection[M]) Sweep(ctx context.Context, job, condition string, value any, rules ...Rule[M]) error {
	s := c.newSweep(job, condition, value, rules)
	return cmp.Or(s.run(ctx), s.failures())
}

func (c *Collection[M]) newSweep(job, condition string, value any, rules []Rule[M]) *sweep[M] {
	return &sweep[M]{Collection: c, job: job, condition: strings.Replace(condition, "?", "$1", 1), value: value, rules: rules}
}

// run changes all records, batch by batch. What fails of one alone is told by failures.
func (s *sweep[M]) run(ctx context.Context) error {
	for {
		found, err := s.batch(ctx)
		if err != nil {
			return errors.Join(s.failures(), err)
		}
		if found < sweepSize {
			return s.awaitLocked(ctx)
		}
	}
}

func (s *sweep[M]) failures() error { return errors.Join(s.failed...) }

// batch changes the next records, as far as nobody else has locked them, and says how many it found.
func (s *sweep[M]) batch(ctx context.Context) (found int, err error) {
	var due, locked []storedAt
	var failed []error
	err = record.System(ctx, s.Store, s.job, func(ctx context.Context, tx *record.Tx) error {
		rows, err := tx.Query(ctx, "SELECT region, key FROM "+s.Table+" WHERE "+s.condition+
			" AND (region, key) > ($3, $4) ORDER BY region, key LIMIT $2", s.value, sweepSize, s.last.Region, s.last.Key)
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[storedAt])
		if err != nil || len(due) == 0 {
			return err
		}
		locked, failed, err = s.changeAll(ctx, tx, due, " FOR UPDATE SKIP LOCKED")
		return err
	})
	if err == nil && len(due) > 0 {
		s.last, s.locked, s.failed = due[len(due)-1], append(s.locked, locked...), append(s.failed, failed...)
	}
	return len(due), err
}

// awaitLocked changes the records that others had locked, each in a transaction of its own, which holds no other while it waits.
// After some seconds it waits for no more of them.
func (s *sweep[M]) awaitLocked(ctx context.Context) error {
	until := time.Now().Add(lockPatience) //nolint:forbidigo // others hold locks in real time
	for i, at := range s.locked {
		var failed []error
		err := record.System(ctx, s.Store, s.job, func(ctx context.Context, tx *record.Tx) error {
			wait := max(time.Until(until).Milliseconds(), 1) //nolint:forbidigo // as above; 0 would be for ever
			_, err := tx.Exec(ctx, "SELECT set_config('lock_timeout', $1, true)", strconv.FormatInt(wait, 10))
			if err != nil {
				return err
			}
			_, failed, err = s.changeAll(ctx, tx, []storedAt{at}, " FOR UPDATE")
			return err
		})
		if database.IsLocked(err) {
			s.failed = append(s.failed, fmt.Errorf("%s: %d records are locked by others", s.Table, len(s.locked)-i))
			return nil
		}
		if err != nil {
			return errors.Join(s.failures(), err)
		}
		s.failed = append(s.failed, failed...)
	}
	return nil
}

// changeAll changes those of some records that the condition still finds, and says which of them are locked or found no more, and
// what failed.
func (s *sweep[M]) changeAll(ctx context.Context, tx *record.Tx, some []storedAt, lock string) (
	left []storedAt, failed []error, err error,
) {
	regions, keys := make([]string, len(some)), make([]string, len(some))
	for i, at := range some {
		regions[i], keys[i] = at.Region, at.Key
	}
	rows, err := tx.Query(ctx, s.selectWhere(s.condition+
		" AND (region, key) IN (SELECT unnest($2::text[]), unnest($3::text[]))")+" ORDER BY region, key"+lock,
		s.value, regions, keys)
	if err != nil {
		return nil, nil, err
	}
	changes, err := pgx.CollectRows(rows, s.scanAny)
	if err != nil {
		return nil, nil, err
	}
	left = slices.Clone(some)
	var all []gathered
	for _, change := range changes {
		left = slices.DeleteFunc(left, func(at storedAt) bool { return at == storedAt{change.Region, change.Key} })
		if document.IsDamaged(ctx, change.damaged) {
			continue
		}
		if err := tx.Try(ctx,
			func(ctx context.Context, part *record.Tx) error { return s.change(ctx, part, change) }); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", change.Record.GetName(), err))
			continue
		}
		all = append(all, change.gathered...)
	}
	return left, failed, s.keepGathered(ctx, tx, all)
}

func (s *sweep[M]) change(ctx context.Context, tx *record.Tx, change *Change[M]) error {
	change.Tx = tx
	if err := s.save(ctx, change, s.rules); err != nil {
		if errors.Is(err, ErrAsItIs) {
			return nil
		}
		return err
	}
	return tx.Record(ctx, entry(change))
}
