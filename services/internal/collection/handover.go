package collection

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Ask is what a unit is asked to do about a record.
type Ask struct {
	Unit string
	Says words.Sentence
	// Kinds are those of the messages that asked the unit before.
	Kinds []string
}

// Telling is what units have been told about a record and is so still, such as that something is overdue.
type Telling struct {
	Units []string
	Says  words.Sentence
}

// Handover tells of it where a change of the tree passes what is asked about a record from one unit to another that is not its
// successor, as where the unit that judges a record ends in the one that answers for it (ADR 037).
type Handover[M Record] struct {
	Records *Collection[M]
	// Below finds the open records of which something lies below paths, $1, that follow the tree.
	Below string
	// Asks are what is asked about a record as the tree is, in the same order whatever the tree is.
	Asks func(context.Context, *Change[M]) ([]Ask, error)
	// Tells are what units have been told about a record, with those that hear of it as the tree is, in the same order whatever
	// that is: who does only since the tree changed is told at once. Nil where nothing is.
	Tells func(context.Context, *Change[M]) ([]Telling, error)
	// PassedOn is said to the unit that was asked before, or acts for it: the unit, by its name, that is asked now; and whether
	// it may still get the record. Where nothing is said, what had asked it is taken out of its inbox alone.
	PassedOn func(c *Change[M], from, to string) (says words.Sentence, reads bool)
	// Anew has the successor of a unit that has ended be asked too: messages about these records do not go on with it.
	Anew bool
}

// asked is what was asked about a record before the tree changed.
type asked struct {
	region, key string
	asks        []Ask
	tells       []Telling
}

// Follow is a follow.Follower.
func (h *Handover[M]) Follow(ctx context.Context, tx *record.Tx, below []string) (func(context.Context) error, error) {
	var before []asked
	for last := (asked{}); ; last = before[len(before)-1] {
		page, err := h.read(ctx, tx, h.Below+" AND (region, key) > ($2, $3) ORDER BY region, key LIMIT $4 FOR UPDATE",
			below, last.region, last.key, sweepSize)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			asked, err := h.asked(ctx, c)
			if err != nil {
				return nil, err
			}
			before = append(before, asked)
		}
		if len(page) < sweepSize {
			return func(ctx context.Context) error { return h.tell(ctx, tx, before) }, nil
		}
	}
}

// read reads records that a condition finds.
func (h *Handover[M]) read(ctx context.Context, tx *record.Tx, condition string, args ...any) ([]*Change[M], error) {
	rows, err := tx.Query(ctx, h.Records.selectWhere(condition), args...)
	if err != nil {
		return nil, err
	}
	page, err := pgx.CollectRows(rows, h.Records.scanAny)
	for _, c := range page {
		c.Tx = tx
	}
	return page, err
}

// asked is what is asked and told about a record; nothing about one that can't be read.
func (h *Handover[M]) asked(ctx context.Context, c *Change[M]) (a asked, err error) {
	a.region, a.key = c.Region, c.Key
	if document.IsDamaged(ctx, c.damaged) {
		return a, nil
	}
	if a.asks, err = h.Asks(ctx, c); err != nil || h.Tells == nil {
		return a, err
	}
	a.tells, err = h.Tells(ctx, c)
	return a, err
}

// tell compares what is asked about records now with what was before.
func (h *Handover[M]) tell(ctx context.Context, tx *record.Tx, before []asked) error {
	for some := range slices.Chunk(before, sweepSize) {
		was, regions, keys := map[string]asked{}, make([]string, len(some)), make([]string, len(some))
		for i, a := range some {
			regions[i], keys[i], was[a.region+"-"+a.key] = a.region, a.key, a
		}
		page, err := h.read(ctx, tx, isNamed, regions, keys)
		if err != nil {
			return err
		}
		for _, c := range page {
			now, err := h.asked(ctx, c)
			if err != nil {
				return err
			}
			if err := h.compare(ctx, c, was[c.Region+"-"+c.Key], now); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare tells the units that are asked now what they are, and those that were that they are no more, unless either acts for the
// other; and it tells what was told before to those who hear of it since.
func (h *Handover[M]) compare(ctx context.Context, c *Change[M], was, now asked) error {
	if len(was.asks) != len(now.asks) || len(was.tells) != len(now.tells) {
		return fmt.Errorf("%s: other things are asked or told than before the tree changed", c.Record.GetName())
	}
	before, since := was.units(), now.units()
	if slices.Equal(before, since) {
		return nil
	}
	acting, err := ActingUnits(ctx, c.Tx, slices.Concat(before, since)...)
	if err != nil {
		return err
	}
	told := false
	for i, ask := range now.asks {
		from := was.asks[i]
		if acting[from.Unit] == acting[ask.Unit] {
			if h.Anew && from.Unit != ask.Unit {
				c.Tell(ask.Unit, ask.Says)
				told = true
			}
			continue
		}
		says, reads := h.PassedOn(c, acting[from.Unit], ask.Unit)
		c.Notify(record.Message{
			Unit: from.Unit, Sentence: says, Resource: c.Record.GetName(), Replaces: from.Kinds, Unnamed: !reads,
		})
		c.Tell(ask.Unit, ask.Says)
		told = true
	}
	for i, telling := range now.tells {
		heard := map[string]bool{}
		for _, unit := range was.tells[i].Units {
			heard[acting[unit]] = true
		}
		for _, unit := range telling.Units {
			if !heard[acting[unit]] {
				heard[acting[unit]], told = true, true
				c.Tell(unit, telling.Says)
			}
		}
	}
	if !told {
		return nil
	}
	return c.Tx.Record(ctx, entry(c))
}

// units are all units that are asked or told.
func (a asked) units() (units []string) {
	for _, ask := range a.asks {
		units = append(units, ask.Unit)
	}
	for _, telling := range a.tells {
		units = append(units, telling.Units...)
	}
	return units
}
