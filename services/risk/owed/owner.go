package owed

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Owner tells the unit of the position that answers for a record what the record's own is told, where the two are not one: who
// owns a control may stand above it, who carries a decision out below (T8, T11, T16).
type Owner[M Record] struct {
	// Of is the position that answers, as it was when it was named; nil where none does.
	Of func(M) *riskv1.Incumbent
	// Title is what the messages call a record, with what it is; DueOn the day by which it is to be done.
	Title func(M) words.Title
	DueOn func(M) string
	// Reached is set where the unit gets the record wherever it stands; else it is led to what is of it or of one below it alone.
	Reached bool
}

// Asked is the rule that asks the unit of who answers, also of another day, and tells the one that did before that it does no
// more.
func (o *Owner[M]) Asked(ctx context.Context, c *collection.Change[M]) error {
	was, is := o.Of(c.Before), o.Of(c.Record)
	if was.GetPosition() == is.GetPosition() && o.DueOn(c.Before) == o.DueOn(c.Record) {
		return nil
	}
	if was.GetPosition() != is.GetPosition() {
		if err := o.tell(ctx, c, was, words.InboxOwnerDropped); err != nil {
			return err
		}
	}
	return o.tell(ctx, c, is, o.byDay(c.Record, words.InboxOwnerAsked))
}

// Returned is the rule that tells it that what was done is to be done anew, and why.
func (o *Owner[M]) Returned(reason string) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		return o.tell(ctx, c, o.Of(c.Record), func(unit string, matter words.Title, post string) words.Sentence {
			return words.InboxOwnerReturned(unit, matter, post, o.DueOn(c.Record), reason)
		})
	}
}

// Confirmed is the rule that tells it that what was done is as it should be.
func (o *Owner[M]) Confirmed(ctx context.Context, c *collection.Change[M]) error {
	return o.tell(ctx, c, o.Of(c.Record), words.InboxOwnerConfirmed)
}

// Dropped is the rule that tells it that nothing is owed any more.
func (o *Owner[M]) Dropped(ctx context.Context, c *collection.Change[M]) error {
	return o.tell(ctx, c, o.Of(c.Record), words.InboxOwnerDropped)
}

// remind reminds it.
func (o *Owner[M]) remind(ctx context.Context, c *collection.Change[M], overdue bool) error {
	if o == nil {
		return nil
	}
	says := words.InboxOwnerDue
	if overdue {
		says = words.InboxOwnerOverdue
	}
	return o.tell(ctx, c, o.Of(c.Record), o.byDay(c.Record, says))
}

// says is a sentence about what is of a unit, and the position that answers for it.
type says func(unit string, matter words.Title, post string) words.Sentence

func (o *Owner[M]) byDay(of M, sentence func(unit string, matter words.Title, post, date string) words.Sentence) says {
	return func(unit string, matter words.Title, post string) words.Sentence {
		return sentence(unit, matter, post, o.DueOn(of))
	}
}

func (o *Owner[M]) tell(ctx context.Context, c *collection.Change[M], owner *riskv1.Incumbent, sentence says) error {
	if owner.GetUnit() == "" {
		return nil
	}
	acting, err := collection.ActingUnits(ctx, c, owner.GetUnit())
	if err != nil {
		return err
	}
	unit := acting[owner.GetUnit()]
	if unit == c.ActingUnit() {
		return nil
	}
	c.Notify(record.Message{
		Unit: owner.GetUnit(), Resource: c.Record.GetName(),
		Sentence: sentence(c.Record.GetUnit(), o.Title(c.Record), owner.GetTitle()),
		Unnamed:  !o.Reached && !slices.Contains(c.Units(), resource.ID(unit)),
	})
	return nil
}
