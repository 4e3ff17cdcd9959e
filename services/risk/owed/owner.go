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
	// Acting is the column, derived of a record, of the unit that acts for the one where that position stood: OwnerActing or
	// ExecutorActing.
	Acting string
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
		if err := o.tellNamed(ctx, c, was, words.InboxOwnerDropped); err != nil {
			return err
		}
	}
	return o.tellNamed(ctx, c, is, o.byDay(c.Record, words.InboxOwnerAsked))
}

// ownerAsks are the kinds of messages that ask the unit of who answers.
var ownerAsks = []string{"inbox.owner_asked", "inbox.owner_due", "inbox.owner_overdue", "inbox.owner_returned"}

// Done is the rule that takes what asked it, also in messages of other kinds, out of its inbox: who acts for it later is not
// asked what it has done.
func (o *Owner[M]) Done(also ...string) collection.Rule[M] {
	return func(_ context.Context, c *collection.Change[M]) error {
		if owner := o.Of(c.Before); owner.GetUnit() != "" && c.Beside[o.Acting] != c.ActingUnit() {
			c.Notify(record.Message{
				Unit: owner.GetUnit(), Resource: c.Record.GetName(), Replaces: slices.Concat(ownerAsks, also), Unnamed: true,
			})
		}
		return nil
	}
}

// Returned is the rule that tells it that what was done is to be done anew, and why.
func (o *Owner[M]) Returned(reason string) collection.Rule[M] {
	return func(_ context.Context, c *collection.Change[M]) error {
		o.tell(c, func(unit string, matter words.Title, post string) words.Sentence {
			return words.InboxOwnerReturned(unit, matter, post, o.DueOn(c.Record), reason)
		})
		return nil
	}
}

// Confirmed is the rule that tells it that what was done is as it should be.
func (o *Owner[M]) Confirmed(_ context.Context, c *collection.Change[M]) error {
	o.tell(c, words.InboxOwnerConfirmed)
	return nil
}

// Dropped is the rule that tells it that nothing is owed any more.
func (o *Owner[M]) Dropped(_ context.Context, c *collection.Change[M]) error {
	o.tell(c, words.InboxOwnerDropped)
	return nil
}

// remind reminds it, in one message with the others of a sum where it stands above the record's own unit.
func (o *Owner[M]) remind(c *collection.Change[M], sum string) error {
	if o == nil {
		return nil
	}
	sentence := words.InboxOwnerDue
	if sum == ownerLateSum {
		sentence = words.InboxOwnerOverdue
	}
	says, of, acting := o.byDay(c.Record, sentence), o.Of(c.Record), c.Beside[o.Acting]
	at := slices.Index(c.Units(), resource.ID(acting))
	if of.GetUnit() == "" || acting == c.ActingUnit() || at < 0 {
		o.tell(c, says)
		return nil
	}
	called := o.Title(c.Record)
	return c.GatherIn(collection.Told{
		Sum: sum, Unit: of.GetUnit(), Units: c.Units()[:at+1], One: says(c.Record.GetUnit(), called, of.GetTitle()),
		Called: called, Day: o.DueOn(c.Record),
	})
}

// says is a sentence about what is of a unit, and the position that answers for it.
type says func(unit string, matter words.Title, post string) words.Sentence

func (o *Owner[M]) byDay(of M, sentence func(unit string, matter words.Title, post, date string) words.Sentence) says {
	return func(unit string, matter words.Title, post string) words.Sentence {
		return sentence(unit, matter, post, o.DueOn(of))
	}
}

// tell tells the unit of who answers for a record as it is stored, which has been read with it.
func (o *Owner[M]) tell(c *collection.Change[M], sentence says) {
	o.notify(c, o.Of(c.Record), c.Beside[o.Acting], sentence)
}

// tellNamed tells that of a position which answers for a record since its change, or did before.
func (o *Owner[M]) tellNamed(ctx context.Context, c *collection.Change[M], owner *riskv1.Incumbent, sentence says) error {
	acting, err := collection.ActingUnits(ctx, c, owner.GetUnit())
	if err == nil {
		o.notify(c, owner, acting[owner.GetUnit()], sentence)
	}
	return err
}

// notify tells the unit where a position stood, unless who acts for it acts for the record's as well.
func (o *Owner[M]) notify(c *collection.Change[M], owner *riskv1.Incumbent, acting string, sentence says) {
	if owner.GetUnit() == "" || acting == c.ActingUnit() {
		return
	}
	c.Notify(record.Message{
		Unit: owner.GetUnit(), Resource: c.Record.GetName(),
		Sentence: sentence(c.Record.GetUnit(), o.Title(c.Record), owner.GetTitle()),
		Unnamed:  !o.Reached && !slices.Contains(c.Units(), resource.ID(acting)),
	})
}
