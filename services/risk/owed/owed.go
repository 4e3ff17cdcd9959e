// Package owed reminds of what a unit owes by a day, such as a redo (J4): on the days that the scheme says, until it is done.
package owed

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Record is something owed. Its table has a column for the day on which it is reminded of next, named as the field.
type Record interface {
	collection.Record
	GetCreateTime() *timestamppb.Timestamp
}

// Kind is how records of one kind are reminded of.
type Kind[M Record] struct {
	Records *collection.Collection[M]
	// Owed is the condition that keeps those of them that are still owed.
	Owed string
	// Reminders are those of a scheme.
	Reminders func(*riskv1.Scheme) []*typev1.Reminder
	// DueField and RemindField are the fields of the last day and of the next reminder, where they are not "due_on" and
	// "remind_on": a record may owe two things.
	DueField, RemindField protoreflect.Name
	// To is the unit that is told, where it is not the record's own.
	To func(context.Context, *collection.Change[M]) (string, error)
	// Ask is how To is asked first, where that is not how it is reminded, and PassedOn what it is told once another unit is asked
	// since the tree has changed: which. Both serve Handover.
	Ask      func(context.Context, *collection.Change[M]) (words.Sentence, error)
	PassedOn func(record M, to string) words.Sentence
	// Owner has the unit of the position that answers for a record be reminded, where that is another; nil where none does.
	Owner *Owner[M]
	// Also is a further unit that is told the same, where there is one: who is to do what is left.
	Also func(context.Context, *collection.Change[M]) (string, error)
	// OrderedBy is the unit that ordered what is owed, which hears that it is overdue as those above do that the reminder tells;
	// nil where nobody did.
	OrderedBy func(M) string
	// Due is told until the day and on it, Overdue after it, and OverdueBelow to units above that the reminder tells as well.
	Due, Overdue, OverdueBelow func(M) words.Sentence
	// OverdueSum is told to those instead that hear of several at once: how many, and the earliest of their days.
	OverdueSum collection.Sum
	// Matters is what the unit that is told is said to owe where it hears of several at once, and Called what each is called
	// there: one message for those that are due, and one for those that are overdue. It hears of each by itself where the two are
	// not set, as of comments, of which a reminder tells first.
	Matters words.Title
	Called  func(M) words.Title

	// Over is told once, in place of a reminder, of what is owed no more, where it tells so. Nil where nobody is told later.
	Over func(M) (words.Sentence, bool)
	// OverAbove is told then to the unit above, where it tells so; nil where nothing is.
	OverAbove func(M) (words.Sentence, bool)

	judging bool // the days are those of the record's judging
}

// Plan is the rule that notes when a record is reminded of next: on a later day, since today the unit hears of the act itself.
func (k *Kind[M]) Plan(days *calendar.Calendar) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		if _, over := k.over(c.Record); over {
			set(k.holder(c.Record), k.remindField(), "")
			return nil
		}
		list, w, err := k.occasions(ctx, c)
		if err != nil {
			return err
		}
		set(k.holder(c.Record), k.remindField(), reminders.NextOn(days, list, w, c.Today()))
		return nil
	}
}

// Stop has a record be reminded of no more.
func Stop[M Record](record M) { set(record.ProtoReflect(), remindOn, "") }

// The fields of most that is owed.
const (
	dueOn    protoreflect.Name = "due_on"
	remindOn protoreflect.Name = "remind_on"
)

func (k *Kind[M]) remindField() protoreflect.Name { return cmp.Or(k.RemindField, remindOn) }

// remindEvery is how often a job looks for what is to be reminded of.
const remindEvery = 10 * time.Minute

// Job is the job that tells of every record whose day to be reminded of has come, once it has planned those anew that are owed
// under a new version of a scheme.
func (k *Kind[M]) Job(name string, source calendar.Source) jobs.Job {
	return jobs.Job{Name: name, Every: remindEvery, Run: func(ctx context.Context) error {
		days, err := source(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(k.Records.Store.Clock)
		planned := k.replan(ctx, name, days)
		told := k.Records.SweepAndSums(ctx, name, k.remindColumn()+" <= ?", today, k.sums(), k.tell(days), k.Plan(days))
		return errors.Join(planned, told)
	}}
}

// tell tells the unit, and those above it where the reminder says so. After an outage a unit hears of each record once.
func (k *Kind[M]) tell(days *calendar.Calendar) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		list, w, err := k.occasions(ctx, c)
		if err != nil {
			return err
		}
		unit, above, err := k.told(ctx, c)
		if err != nil {
			return err
		}
		if says, over := k.over(c.Record); over {
			k.sayAbove(c)
			return k.say(ctx, c, "", unit, says)
		}
		if !c.Today().After(w.CloseOn) {
			return errors.Join(k.Owner.remind(c, ownerDueSum), k.say(ctx, c, dueSum, unit, k.Due(c.Record)))
		}
		if err := errors.Join(
			k.Owner.remind(c, ownerLateSum), k.say(ctx, c, lateSum, unit, k.Overdue(c.Record))); err != nil {
			return err
		}
		for _, units := range k.withOrderer(c, reminders.Above(days, list, w, c.Today(), above)) {
			if err := c.Gather(units, k.OverdueBelow(c.Record), k.dueOn(c.Record)); err != nil {
				return err
			}
		}
		return nil
	}
}

// withOrderer adds to those above that are told, where any is, who ordered what is owed, if that stands above and is none of
// them.
func (k *Kind[M]) withOrderer(c *collection.Change[M], told [][]string) [][]string {
	if k.OrderedBy == nil || len(told) == 0 {
		return told
	}
	units := c.Units()
	if at := slices.Index(units, resource.ID(k.OrderedBy(c.Record))); at >= 0 && at+1 < len(told[0]) {
		return append([][]string{units[:at+1]}, told...)
	}
	return told
}

// over is what is told of a record that is owed no more.
func (k *Kind[M]) over(record M) (says words.Sentence, is bool) {
	if k.Over == nil {
		return says, false
	}
	return k.Over(record)
}

// sayAbove tells the unit above of a record that is owed no more, where that hears of it.
func (k *Kind[M]) sayAbove(c *collection.Change[M]) {
	if k.OverAbove == nil {
		return
	}
	if says, tells := k.OverAbove(c.Record); tells && c.UnitAbove() != c.ActingUnit() {
		c.Tell(c.UnitAbove(), says)
	}
}

// say tells the unit, and the further one where there is one and nobody acts for both, in a sum where that has a name.
func (k *Kind[M]) say(ctx context.Context, c *collection.Change[M], sum, unit string, says words.Sentence) error {
	if err := k.hear(c, sum, unit, says); err != nil || k.Also == nil {
		return err
	}
	also, err := k.Also(ctx, c)
	if err != nil || also == "" {
		return err
	}
	acting, err := collection.ActingUnits(ctx, c, unit, also)
	if err == nil && acting[unit] != acting[also] {
		err = k.hear(c, sum, also, says)
	}
	return err
}

// told is the unit that is told, and those above it: above the record's own where it does not stand above that one any more.
func (k *Kind[M]) told(ctx context.Context, c *collection.Change[M]) (unit string, above []string, err error) {
	units := c.Units()
	if k.To == nil {
		return c.Record.GetUnit(), units[:len(units)-1], nil
	}
	if unit, err = k.To(ctx, c); err != nil {
		return "", nil, err
	}
	if at := slices.Index(units, resource.ID(unit)); at >= 0 {
		return unit, units[:at], nil
	}
	return unit, units[:len(units)-1], nil
}

// occasions are the reminders of the scheme of today, none where it is gone, and the time in which the record is to be done.
func (k *Kind[M]) occasions(ctx context.Context, c *collection.Change[M]) (
	list []*typev1.Reminder, w reminders.Window, err error,
) {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil && !fault.IsNotFound(err) {
		return nil, w, err
	}
	held := k.holder(c.Record)
	w.OpenOn = calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai)
	if k.judging {
		if w.OpenOn, err = calendar.ParseDate(get(held, since)); err != nil {
			return nil, w, err
		}
	}
	w.CloseOn, err = calendar.ParseDate(k.dueOn(c.Record))
	if w.CloseOn.Before(w.OpenOn) {
		w.CloseOn = w.OpenOn // it was overdue when it began
	}
	return k.Reminders(scheme), w, err
}

func get(m protoreflect.Message, field protoreflect.Name) string {
	return m.Get(m.Descriptor().Fields().ByName(field)).String()
}

func set(m protoreflect.Message, field protoreflect.Name, day string) {
	m.Set(m.Descriptor().Fields().ByName(field), protoreflect.ValueOfString(day))
}
