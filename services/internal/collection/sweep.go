package collection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ErrAsItIs is what a rule of Sweep says of a record that is to stay as it is.
var ErrAsItIs = errors.New("the record stays as it is")

// sweepSize is how many records a transaction of Sweep changes at most.
const sweepSize = 100

// sweep is one run of Sweep: it goes through the records by key.
type sweep[M Record] struct {
	*Collection[M]

	job, condition string
	value          any
	rules          []Rule[M]
	region, key    string // of the last record
	failed         []error
}

// Sweep has a job of the suite change every record that a condition finds, in which ? stands for the value: the rules must leave
// it so that the condition no longer does, or leave it as it is. What others have locked waits for the next time, and so does
// what fails, which keeps no other back.
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
		swept, err := s.batch(ctx)
		if err != nil {
			return errors.Join(s.failures(), err)
		}
		if swept < sweepSize {
			return nil
		}
	}
}

func (s *sweep[M]) failures() error { return errors.Join(s.failed...) }

// batch changes the next records and says how many it found.
func (s *sweep[M]) batch(ctx context.Context) (found int, err error) {
	var failed []error
	var last *Change[M]
	err = record.System(ctx, s.Store, s.job, func(ctx context.Context, tx *record.Tx) error {
		due := s.selectWhere(s.condition+" AND (region, key) > ($3, $4)") + " ORDER BY region, key LIMIT $2" +
			" FOR UPDATE SKIP LOCKED"
		rows, err := tx.Query(ctx, due, s.value, sweepSize, s.region, s.key)
		if err != nil {
			return err
		}
		changes, err := pgx.CollectRows(rows, s.scanAny)
		if found = len(changes); err != nil || found == 0 {
			return err
		}
		var all []gathered
		last, failed = changes[found-1], nil
		for _, change := range changes {
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
		return s.keepGathered(ctx, tx, all)
	})
	if err == nil && last != nil {
		s.region, s.key = last.Region, last.Key
		s.failed = append(s.failed, failed...)
	}
	return found, err
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
