package warning

import (
	"context"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// escalateBatchSize is how many warnings rise in one transaction.
const escalateBatchSize = 100

// EscalateOverdue raises every warning whose addressee let a limit pass (T7), by one warning level each: its new limits lie ahead.
func (s *warnings) EscalateOverdue(ctx context.Context) error {
	for {
		raised, err := s.escalateBatch(ctx)
		if err != nil || raised < escalateBatchSize {
			return err
		}
	}
}

func (s *warnings) escalateBatch(ctx context.Context) (raised int, err error) {
	err = record.System(ctx, s.store, escalateOverdueJob, func(ctx context.Context, tx *record.Tx) error {
		rows, err := db.New(tx).LockOverdueWarnings(ctx, db.LockOverdueWarningsParams{
			Today: clock.Today(s.store.Clock).In(time.UTC), PageSize: escalateBatchSize,
		})
		if raised = len(rows); err != nil || raised == 0 {
			return err
		}
		versions := map[string]*warningv1.Scheme{} // mostly one for the whole page
		entries := make([]record.Entry, raised)
		for i, row := range rows {
			d, err := s.loadCase(ctx, tx, row, versions)
			if err != nil {
				return err
			}
			if err := d.escalate(func() (string, error) { return d.nextNoticeNumber(ctx) }); err != nil {
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

// escalate moves an overdue warning to the next warning level. It needs nobody's approval, whatever the level says: T7 has overdue rise by
// itself, and to wait for an approver would be a way to let it lie. The note says what was due, and when. On the last warning level
// it is marked, once for each limit let pass.
func (d *warningCase) escalate(number func() (string, error)) error {
	note := d.GetAwaited().GetAct() + " " + d.GetAwaited().GetDeadline().GetDue()
	warningLevel := d.nextWarningLevel()
	if warningLevel == nil {
		d.row.RiseAfter = nil
		return d.transition(actOverdue, note)
	}
	fresh, err := number()
	if err != nil {
		return err
	}
	return d.changeWarningLevel(actEscalateOverdue, warningLevel, fresh, note)
}
