package owed

import (
	"context"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/filings"
)

// Filed is a record that is filed with bodies above the suite, where its kind asks for that (T11, T16, T22). Its table has the
// columns unfiled and file_remind_on.
type Filed interface {
	Record
	GetFileBy() string
	GetFiledOn() string
	GetFilings() []*riskv1.Filing
}

// Fields of what is filed.
const (
	fileBy       protoreflect.Name = "file_by"
	fileRemindOn protoreflect.Name = "file_remind_on"
	filed        protoreflect.Name = "filings"
	filedOn      protoreflect.Name = "filed_on"
)

// Filing is the kind of what records owe that are to be filed, of which To is reminded; where that is nil, the record's own unit.
func Filing[M Filed](
	records *collection.Collection[M], title func(M) words.Title, to func(context.Context, *collection.Change[M]) (string, error),
) Kind[M] {
	return Kind[M]{
		Records: records, Owed: "unfiled", To: to, DueField: fileBy, RemindField: fileRemindOn,
		Reminders: (*riskv1.Scheme).GetFilingReminders, OverdueSum: words.InboxFilingOverdueSum,
		Matters: Several("应当上报备案的事项", "matters to be filed with the body above"), Called: title,
		Due:     func(m M) words.Sentence { return words.InboxFilingDue(title(m), m.GetFileBy()) },
		Overdue: func(m M) words.Sentence { return words.InboxFilingOverdue(title(m), m.GetFileBy()) },
		OverdueBelow: func(m M) words.Sentence {
			return words.InboxFilingOverdueBelow(m.GetUnit(), title(m), m.GetFileBy())
		},
		PassedOn: func(m M, to string) words.Sentence { return words.InboxFilingPassedOn(title(m), to) },
	}
}

// ToFile is the rule that has a record be filed within a limit from a day on.
func (k *Kind[M]) ToFile(days *calendar.Calendar, from calendar.Date, limit *typev1.DeadlineRule) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		last, err := calendarpb.Due(days, from, limit)
		if err != nil {
			return err
		}
		set(c.Record.ProtoReflect(), fileBy, last.GetDue())
		return k.Plan(days)(ctx, c)
	}
}

// StopFiling has nobody be reminded to file a record any more.
func StopFiling[M Filed](record M) { set(record.ProtoReflect(), fileRemindOn, "") }

// NoFiling has a record be owed to nobody above any more: what was filed of it stays.
func NoFiling[M Filed](record M) {
	StopFiling(record)
	if record.GetFiledOn() == "" {
		set(record.ProtoReflect(), fileBy, "")
	}
}

// File notes with which of some bodies a record was filed, not before a day. Once all of them have it, it is filed.
func File[M Filed](c *collection.Change[M], filing *riskv1.Filing, bodies []*riskv1.Term, first string) error {
	var faults fault.Fields
	filings.Check(&faults, filing, c.Record.GetFilings(), bodies, first, c.Today())
	if err := faults.Err(); err != nil {
		return err
	}
	in := c.Record.ProtoReflect()
	in.Mutable(in.Descriptor().Fields().ByName(filed)).List().Append(protoreflect.ValueOfMessage(filing.ProtoReflect()))
	if day := filings.Completed(c.Record.GetFilings(), len(bodies)); day != "" {
		set(in, filedOn, day)
		StopFiling(c.Record)
	}
	return nil
}
