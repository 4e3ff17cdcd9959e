package collection

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Ask is what a unit is asked to do about a record.
type Ask struct {
	Unit string
	Says words.Sentence
	// Kinds are those of the messages that asked the unit before.
	Kinds []string
}

// Handover tells of it where a change of the tree passes what is asked about a record from one unit to another that is not its
// successor, as where the unit that judges a record ends in the one that answers for it (ADR 037).
type Handover[M Record] struct {
	Records *Collection[M]
	// Below finds the open records of which something lies below paths, $1, that follow the tree.
	Below string
	// Asks are what is asked about a record as the tree is, in the same order whatever the tree is.
	Asks func(context.Context, *Change[M]) ([]Ask, error)
	// PassedOn is said to whoever was asked before: the unit, by its name, that is asked now.
	PassedOn func(record M, to string) words.Sentence
}

// asked is what was asked about a record before the tree changed.
type asked struct {
	region, key string
	asks        []Ask
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
			asks, err := h.asks(ctx, c)
			if err != nil {
				return nil, err
			}
			before = append(before, asked{c.Region, c.Key, asks})
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

// asks are what is asked about a record; nothing about one that can't be read.
func (h *Handover[M]) asks(ctx context.Context, c *Change[M]) ([]Ask, error) {
	if document.IsDamaged(ctx, c.damaged) {
		return nil, nil
	}
	return h.Asks(ctx, c)
}

// tell compares what is asked about records now with what was before.
func (h *Handover[M]) tell(ctx context.Context, tx *record.Tx, before []asked) error {
	for some := range slices.Chunk(before, sweepSize) {
		was, regions, keys := map[string][]Ask{}, make([]string, len(some)), make([]string, len(some))
		for i, a := range some {
			regions[i], keys[i], was[a.region+"-"+a.key] = a.region, a.key, a.asks
		}
		page, err := h.read(ctx, tx, "(region, key) IN (SELECT unnest($1::text[]), unnest($2::text[]))", regions, keys)
		if err != nil {
			return err
		}
		for _, c := range page {
			now, err := h.asks(ctx, c)
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
// other.
func (h *Handover[M]) compare(ctx context.Context, c *Change[M], was, now []Ask) error {
	if len(was) != len(now) {
		return fmt.Errorf("%s: %d units were asked, %d are", c.Record.GetName(), len(was), len(now))
	}
	told := false
	for i, ask := range now {
		passed, err := isAnother(ctx, c.Tx, was[i].Unit, ask.Unit)
		if err != nil {
			return err
		}
		if passed {
			c.Notify(record.Message{
				Unit: was[i].Unit, Sentence: h.PassedOn(c.Record, ask.Unit), Resource: c.Record.GetName(), Replaces: was[i].Kinds,
			})
			c.Tell(ask.Unit, ask.Says)
			told = true
		}
	}
	if !told {
		return nil
	}
	return c.Tx.Record(ctx, entry(c))
}

// isAnother tells whether two units are acted for by two.
func isAnother(ctx context.Context, tx *record.Tx, was, now string) (another bool, err error) {
	if was == now {
		return false, nil
	}
	const acting = "coalesce((SELECT subpath(acting_path(path), -1)::text FROM ended_units WHERE unit_id = %[1]s), %[1]s)"
	err = tx.QueryRow(ctx, fmt.Sprintf("SELECT "+acting+" <> ", "$1::text")+fmt.Sprintf(acting, "$2::text"),
		resource.ID(was), resource.ID(now)).Scan(&another)
	return another, err
}
