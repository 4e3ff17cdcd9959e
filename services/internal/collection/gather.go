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

// NamedSum says what the first of them are called as well.
type NamedSum func(count, day string, first words.Title) words.Sentence

// Sums are sums by their names, of which a unit hears one each.
type Sums map[string]NamedSum

// Told is what a unit hears of a record in the sum of a name.
type Told struct {
	Sum string
	// Unit is told: the last of Units, after those above it, the root first, or one for which that acts.
	Unit  string
	Units []string
	// One is what it hears of this record alone, and Called how the sum calls the record.
	One    words.Sentence
	Called words.Title
	Day    string // by which the record is to be done
}

// gathered is what a unit, whose path it has, is to be told of records in one sum.
type gathered struct {
	Path, Sum, FirstDay string
	Count               int
	Message             []byte
	First               []called
}

// called is one of the first records of a sum.
type called struct {
	Day   string
	Title words.Title
}

// firstInSum is how many records a sum calls by their titles.
const firstInSum = 3

// Gather has a unit hear of the record that a job changes, in one message with all others that a run of SweepAndSum changes. It
// hears of one alone in a sentence of its own. The unit is the last of some, the root first.
func (c *Change[M]) Gather(units []string, one words.Sentence, day string) error {
	return c.GatherIn(Told{Unit: resource.Name(resource.Units, units[len(units)-1]), Units: units, One: one, Day: day})
}

// GatherIn is Gather for a run of SweepAndSums.
func (c *Change[M]) GatherIn(t Told) error {
	message, err := json.Marshal(record.Message{Unit: t.Unit, Sentence: t.One, Resource: c.Record.GetName()})
	c.gathered = append(c.gathered, gathered{
		strings.Join(t.Units, "."), t.Sum, t.Day, 1, message, []called{{t.Day, t.Called}},
	})
	return err
}

// SweepAndSum is Sweep for rules that gather. The messages go out once the run is through: one to each unit, of all records.
func (c *Collection[M]) SweepAndSum(ctx context.Context, job, condition string, value any, sum Sum, rules ...Rule[M]) error {
	return c.SweepAndSums(ctx, job, condition, value, Sums{"": sum.named}, rules...)
}

func (s Sum) named(count, day string, _ words.Title) words.Sentence { return s(count, day) }

// SweepAndSums is SweepAndSum for rules that gather into several sums.
func (c *Collection[M]) SweepAndSums(
	ctx context.Context, job, condition string, value any, sums Sums, rules ...Rule[M],
) error {
	s := c.newSweep(job, condition, value, rules)
	if err := s.run(ctx); err != nil {
		return err // the next run tells of what this one has gathered
	}
	for {
		told, err := s.tellGathered(ctx, sums)
		if err != nil || told < sweepSize {
			return cmp.Or(err, s.failures())
		}
	}
}

// with is what was gathered with what was before.
func (g gathered) with(before gathered) gathered {
	first := slices.Concat(before.First, g.First)
	slices.SortFunc(first, func(a, b called) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Title.Zh, b.Title.Zh))
	})
	first = first[:min(len(first), firstInSum)]
	return gathered{g.Path, g.Sum, min(g.FirstDay, before.FirstDay), before.Count + g.Count, before.Message, first}
}

// keepGathered keeps what a batch has gathered with what those before it had.
func (s *sweep[M]) keepGathered(ctx context.Context, tx *record.Tx, all []gathered) error {
	summed := map[[2]string]gathered{}
	for _, g := range all {
		at := [2]string{g.Path, g.Sum}
		if before, ok := summed[at]; ok {
			g = g.with(before)
		}
		summed[at] = g
	}
	for _, at := range slices.SortedFunc(maps.Keys(summed), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		g := summed[at]
		if _, err := tx.Exec(ctx, `INSERT INTO gathered (job, path, sum, count, first_day, message, first)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (job, path, sum) DO UPDATE SET
			count = gathered.count + excluded.count, first_day = least(gathered.first_day, excluded.first_day),
			first = (SELECT jsonb_agg(f.v) FROM (SELECT v FROM jsonb_array_elements(gathered.first || excluded.first) AS e (v)
				ORDER BY v ->> 'Day', v #>> '{Title,Zh}' COLLATE "C" LIMIT $8) f)`,
			s.job, g.Path, g.Sum, g.Count, g.FirstDay, g.Message, g.First, firstInSum); err != nil {
			return err
		}
	}
	return nil
}

// tellGathered tells some units of what was gathered for them, is written down for each, and says how many there were.
func (s *sweep[M]) tellGathered(ctx context.Context, sums Sums) (told int, err error) {
	err = record.System(ctx, s.Store, s.job, func(ctx context.Context, tx *record.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM gathered WHERE job = $1 AND (path, sum) IN (
			SELECT path, sum FROM gathered WHERE job = $1 ORDER BY path, sum LIMIT $2
		) RETURNING path, sum, first_day, count, message, first`, s.job, sweepSize)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[gathered])
		if told = len(all); err != nil || told == 0 {
			return err
		}
		slices.SortFunc(all, func(a, b gathered) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Sum, b.Sum))
		})
		entries := make([]record.Entry, told)
		for i, g := range all {
			var message record.Message
			if err := json.Unmarshal(g.Message, &message); err != nil {
				return err
			}
			unit := resource.Name(resource.Units, g.Path[strings.LastIndexByte(g.Path, '.')+1:])
			if g.Count > 1 {
				message.Unit, message.Resource = unit, unit
				message.Sentence = sums[g.Sum](strconv.Itoa(g.Count), g.FirstDay, g.titles())
			}
			tx.Notify(message)
			entries[i] = record.Entry{Resource: unit, UnitPath: g.Path}
		}
		return tx.Record(ctx, entries...)
	})
	return told, err
}

// titles are what the first records are called.
func (g gathered) titles() words.Title {
	titles := make([]words.Title, len(g.First))
	for i, c := range g.First {
		titles[i] = c.Title
	}
	return words.List(titles...)
}
