package owed

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// BelowPaths finds the records of units below some paths, $1.
const BelowPaths = "unit_path <@ ANY ($1::ltree[])"

// Asking is what a unit is asked to do about records that need not be its own, such as to judge them.
type Asking[M collection.Record] struct {
	Records *collection.Collection[M]
	// Waits is the condition that keeps the records about which it is asked, and Below the one that keeps, of any, those whose
	// asking a change of the tree below paths, $1, may pass on.
	Waits, Below string
	// To is the unit that is asked; that of the record where it is nil.
	To func(context.Context, *collection.Change[M]) (string, error)
	// Says are the sentences in which it is asked, first the one that says so now; none where it was told nothing yet.
	Says func(context.Context, *collection.Change[M]) ([]words.Sentence, error)
	// PassedOn is said to the unit that was asked before: the unit that is since.
	PassedOn func(record M, to string) words.Sentence
}

// Follow has what is asked pass on as the tree changes, where another unit is asked since (ADR 037). It is a follow.Follower.
func (a *Asking[M]) Follow(ctx context.Context, tx *record.Tx, below []string) (func(context.Context) error, error) {
	h := &collection.Handover[M]{
		Records: a.Records, Below: a.Waits + " AND " + a.Below, Asks: a.asks,
		PassedOn: func(c *collection.Change[M], from, to string) (words.Sentence, bool) {
			return a.PassedOn(c.Record, to), slices.Contains(c.Units(), resource.ID(from))
		},
	}
	return h.Follow(ctx, tx, below)
}

func (a *Asking[M]) asks(ctx context.Context, c *collection.Change[M]) ([]collection.Ask, error) {
	says, err := a.Says(ctx, c)
	if err != nil || len(says) == 0 {
		return nil, err
	}
	ask := collection.Ask{Unit: c.Record.GetUnit(), Says: says[0]}
	if a.To != nil {
		if ask.Unit, err = a.To(ctx, c); err != nil {
			return nil, err
		}
	}
	for _, s := range says {
		ask.Kinds = append(ask.Kinds, s.Key)
	}
	return []collection.Ask{ask}, nil
}

// Handover has what To is asked about the records that a condition keeps pass on as the tree changes: who is asked since hears of
// it at once, in place of a reminder where its day is past.
func (k *Kind[M]) Handover(waits string) follow.Follower {
	a := &Asking[M]{
		Records: k.Records, Waits: waits, Below: BelowPaths, To: k.To, Says: k.Asks, PassedOn: k.PassedOn,
	}
	return a.Follow
}

// Asks are the sentences in which To is asked about a record, as of Asking.
func (k *Kind[M]) Asks(ctx context.Context, c *collection.Change[M]) ([]words.Sentence, error) {
	due, overdue := k.Due(c.Record), k.Overdue(c.Record)
	first := due
	if k.Ask != nil {
		var err error
		if first, err = k.Ask(ctx, c); err != nil {
			return nil, err
		}
	}
	if last := k.dueOn(c.Record); last != "" && last < c.Today().String() {
		return []words.Sentence{overdue, first, due}, nil
	}
	return []words.Sentence{first, due, overdue}, nil
}

// AskIn has a kind ask in a sentence that the record alone says.
func AskIn[M Record](says func(M) words.Sentence) func(context.Context, *collection.Change[M]) (words.Sentence, error) {
	return func(_ context.Context, c *collection.Change[M]) (words.Sentence, error) { return says(c.Record), nil }
}
