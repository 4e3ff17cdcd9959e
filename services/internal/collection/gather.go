package collection

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Sum says of how many records a unit hears at once, and the earliest of their days.
type Sum func(count, day string) words.Sentence

// gathered is what a unit, whose path it has, is to be told of records.
type gathered struct {
	Path, FirstDay string
	Count          int
	Message        []byte
}

// Gather has a unit hear of the record that a job changes, in one message with all others that a run of SweepAndSum changes. It
// hears of one alone in a sentence of its own. The unit is the last of some, the root first.
func (c *Change[M]) Gather(units []string, one words.Sentence, day string) error {
	unit := resource.Name(resource.Units, units[len(units)-1])
	message, err := json.Marshal(record.Message{Unit: unit, Sentence: one, Resource: c.Record.GetName()})
	c.gathered = append(c.gathered, gathered{strings.Join(units, "."), day, 1, message})
	return err
}

// SweepAndSum is Sweep for rules that gather. The messages go out once the run is through: one to each unit, of all records.
func (c *Collection[M]) SweepAndSum(ctx context.Context, job, condition string, value any, sum Sum, rules ...Rule[M]) error {
	s := c.newSweep(job, condition, value, rules)
	if err := s.run(ctx); err != nil {
		return err // the next run tells of what this one has gathered
	}
	for {
		told, err := s.tellGathered(ctx, sum)
		if err != nil || told < sweepSize {
			return cmp.Or(err, s.failures())
		}
	}
}

// keepGathered keeps what a batch has gathered with what those before it had.
func (s *sweep[M]) keepGathered(ctx context.Context, tx *record.Tx, all []gathered) error {
	byPath := map[string]gathered{}
	for _, g := range all {
		if before, ok := byPath[g.Path]; ok {
			g = gathered{g.Path, min(g.FirstDay, before.FirstDay), before.Count + 1, before.Message}
		}
		byPath[g.Path] = g
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		g := byPath[path]
		if _, err := tx.Exec(ctx, `INSERT INTO gathered (job, path, count, first_day, message) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (job, path) DO UPDATE SET count = gathered.count + excluded.count,
			first_day = least(gathered.first_day, excluded.first_day)`,
			s.job, g.Path, g.Count, g.FirstDay, g.Message); err != nil {
			return err
		}
	}
	return nil
}

// tellGathered tells some units of what was gathered for them, is written down for each, and says how many there were.
func (s *sweep[M]) tellGathered(ctx context.Context, sum Sum) (told int, err error) {
	err = record.System(ctx, s.Store, s.job, func(ctx context.Context, tx *record.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM gathered WHERE job = $1 AND path IN (
			SELECT path FROM gathered WHERE job = $1 ORDER BY path LIMIT $2
		) RETURNING path, first_day, count, message`, s.job, sweepSize)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[gathered])
		if told = len(all); err != nil || told == 0 {
			return err
		}
		slices.SortFunc(all, func(a, b gathered) int { return strings.Compare(a.Path, b.Path) })
		entries := make([]record.Entry, told)
		for i, g := range all {
			var message record.Message
			if err := json.Unmarshal(g.Message, &message); err != nil {
				return err
			}
			if g.Count > 1 {
				message.Sentence, message.Resource = sum(strconv.Itoa(g.Count), g.FirstDay), message.Unit
			}
			tx.Notify(message)
			entries[i] = record.Entry{Resource: message.Unit, UnitPath: g.Path}
		}
		return tx.Record(ctx, entries...)
	})
	return told, err
}
