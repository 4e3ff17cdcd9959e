package owed

import (
	"cmp"
	"context"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Fields of a record, or of its standing, that waits for who judges it.
const (
	judging  protoreflect.Name = "judging"
	standing protoreflect.Name = "standing"
	since    protoreflect.Name = "since"
)

// Judging is the kind of what records owe that are done or handed in: that they are judged, which To is reminded of. Their table
// has the columns judge_by and judge_remind_on.
func Judging[M Record](
	records *collection.Collection[M], title func(M) words.Title, to func(context.Context, *collection.Change[M]) (string, error),
) Kind[M] {
	k := Kind[M]{
		Records: records, Owed: "judge_by IS NOT NULL", To: to, OverdueSum: words.InboxJudgingOverdueSum, judging: true,
		Matters: Several("待审核或者检验的事项", "matters to be judged"), Called: title,
		Reminders: func(s *riskv1.Scheme) []*typev1.Reminder { return s.GetJudging().GetReminders() },
	}
	k.Due = func(m M) words.Sentence { return words.InboxJudgingDue(m.GetUnit(), title(m), k.dueOn(m)) }
	k.Overdue = func(m M) words.Sentence { return words.InboxJudgingOverdue(m.GetUnit(), title(m), k.dueOn(m)) }
	k.OverdueBelow = func(m M) words.Sentence { return words.InboxJudgingOverdueBelow(m.GetUnit(), title(m), k.dueOn(m)) }
	k.PassedOn = func(m M, to string) words.Sentence { return words.InboxJudgingPassedOn(m.GetUnit(), title(m), to) }
	return k
}

// Await is the rule that has a record wait for who judges it from today, until the day that the scheme sets; without a limit
// where it sets none.
func (k *Kind[M]) Await(days *calendar.Calendar) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil && !fault.IsNotFound(err) {
			return err
		}
		Judged(c.Record)
		if scheme.GetJudging() == nil {
			return nil
		}
		last, err := calendarpb.Due(days, c.Today(), scheme.GetJudging().GetLimit())
		if err != nil {
			return err
		}
		held := k.holder(c.Record)
		set(held, since, c.Today().String())
		set(held, dueOn, last.GetDue())
		return k.Plan(days)(ctx, c)
	}
}

// By is what asks who is to judge: with the last day for it or, where the scheme sets none, without.
func By(waits *riskv1.Judging, limited func(day string) words.Sentence, unlimited words.Sentence) words.Sentence {
	if waits.GetDueOn() == "" {
		return unlimited
	}
	return limited(waits.GetDueOn())
}

// Judged has a record wait no more.
func Judged[M Record](record M) {
	in := judged(record)
	in.Clear(in.Descriptor().Fields().ByName(judging))
}

// JudgingOverdue keeps, where asked, the records that wait for who judges them though the day for that is past.
func JudgingOverdue(asked bool, today calendar.Date) collection.Filter {
	var before calendar.Date
	if asked {
		before = today
	}
	return collection.WhereSet("judge_by < ?", before)
}

// judged is what holds the judging of a record: itself or, of an entry of the register, its standing.
func judged[M Record](record M) protoreflect.Message {
	m := record.ProtoReflect()
	if entry := m.Descriptor().Fields().ByName(standing); entry != nil {
		return m.Mutable(entry).Message()
	}
	return m
}

// holder is the message that holds the days of a kind.
func (k *Kind[M]) holder(record M) protoreflect.Message {
	if !k.judging {
		return record.ProtoReflect()
	}
	in := judged(record)
	return in.Mutable(in.Descriptor().Fields().ByName(judging)).Message()
}

// remindColumn is the column of the day of the next reminder.
func (k *Kind[M]) remindColumn() string {
	if k.judging {
		return "judge_remind_on"
	}
	return string(k.remindField())
}

// dueOn is the day by which a record is to be done.
func (k *Kind[M]) dueOn(record M) string { return get(k.holder(record), cmp.Or(k.DueField, dueOn)) }
