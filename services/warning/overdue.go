package warning

import (
	"context"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// overduePage is how many warnings rise in one transaction.
const overduePage = 100

// RaiseOverdue raises every warning whose addressee let a limit pass (T7), by one rung each: its new limits lie ahead.
func (s *warnings) RaiseOverdue(ctx context.Context) error {
	for {
		raised, err := s.raisePage(ctx)
		if err != nil || raised < overduePage {
			return err
		}
	}
}

func (s *warnings) raisePage(ctx context.Context) (raised int, err error) {
	err = record.System(ctx, s.book, raiseOverdue, func(ctx context.Context, tx *record.Tx) error {
		rows, err := db.New(tx).LockOverdue(ctx, db.LockOverdueParams{
			Today: clock.Today(s.book.Clock).In(time.UTC), PageSize: overduePage,
		})
		if raised = len(rows); err != nil || raised == 0 {
			return err
		}
		versions := map[string]*warningv1.Scheme{} // mostly one for the whole page
		entries := make([]record.Entry, raised)
		for i, row := range rows {
			d, err := s.open(ctx, tx, row, versions)
			if err != nil {
				return err
			}
			if err := d.raise(func() (string, error) { return d.number(ctx) }); err != nil {
				return err
			}
			if err := d.store(ctx); err != nil {
				return err
			}
			entries[i] = d.entry()
		}
		return tx.Record(ctx, entries...)
	})
	return raised, err
}

// raise moves an overdue warning to the next rung. It needs nobody's approval, whatever the rung says: T7 has overdue rise by
// itself, and to wait for an approver would be a way to let it lie. The note says what was due, and when. On the last rung
// it is marked, once for each limit let pass.
func (d *dossier) raise(number func() (string, error)) error {
	note := d.GetAwaited().GetAct() + " " + d.GetAwaited().GetDeadline().GetDue()
	rung := d.next()
	if rung == nil {
		d.row.RiseAfter = nil
		return d.act(actOverdue, note)
	}
	fresh, err := number()
	if err != nil {
		return err
	}
	return d.climb(actRaise, rung, fresh, note)
}
