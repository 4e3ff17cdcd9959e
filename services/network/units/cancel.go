package units

import (
	"context"
	"errors"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// CancelTreeChange takes a planned change back (ADR 025).
func (s *Server) CancelTreeChange(
	ctx context.Context, req *networkv1.CancelTreeChangeRequest,
) (*networkv1.CancelTreeChangeResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CancelTreeChangeResponse, error) {
		queries, today := db.New(tx), clock.Today(s.book.Clock)
		if err := queries.LockTree(ctx); err != nil {
			return nil, err
		}
		if err := settle(ctx, tx, today); err != nil {
			return nil, err
		}
		row, err := queries.LockAct(ctx, resource.ID(req.GetName()))
		if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := cancellable(ctx, queries, row, today); err != nil {
			return nil, err
		}
		row.CancelTime, row.CancelReason = new(tx.Now()), req.GetReason()
		if err := queries.CancelAct(ctx, db.CancelActParams{
			ActKey: row.ActKey, CancelTime: row.CancelTime, CancelReason: row.CancelReason,
		}); err != nil {
			return nil, err
		}
		entries, err := entriesOf(ctx, queries, row, today)
		if err != nil {
			return nil, err
		}
		return &networkv1.CancelTreeChangeResponse{Change: changeOf(row)}, tx.Record(ctx, entries...)
	})
}

// cancellable takes a change back and finds what forbids it, before and after: what stands on it shows only once it is gone.
func cancellable(ctx context.Context, queries *db.Queries, row db.UnitAct, today calendar.Date) error {
	day := calendar.DateOf(row.EffectiveOn, time.UTC)
	switch {
	case row.CancelTime != nil:
		return fault.Precondition("CHANGE_CANCELLED")
	case !day.After(today):
		return fault.Precondition("CHANGE_HOLDS", "date", day.String())
	}
	if kept, err := queries.HasUndo(ctx, row.ActKey); err != nil || !kept {
		return errors.Join(err, fault.Precondition("CHANGE_NOT_KEPT"))
	}
	changed, err := queries.ChangedSince(ctx, db.ChangedSinceParams{ActKey: row.ActKey, Day: row.EffectiveOn})
	if err != nil {
		return err
	}
	if changed != "" {
		return builtOn(changed)
	}
	if err := queries.TakeBack(ctx, db.TakeBackParams{ActKey: row.ActKey, Day: row.EffectiveOn}); err != nil {
		return err
	}
	hanging, err := queries.StandsOn(ctx, db.StandsOnParams{ActKey: row.ActKey, Day: row.EffectiveOn})
	if err == nil && hanging != "" {
		return builtOn(hanging)
	}
	return err
}

func builtOn(id string) error {
	return fault.Precondition("CHANGE_BUILT_ON", "unit", resource.Name(resource.Units, id))
}

// entriesOf are the change itself and the units that it named and that hold today, for audit and outbox.
func entriesOf(ctx context.Context, queries *db.Queries, row db.UnitAct, today calendar.Date) ([]record.Entry, error) {
	held, err := queries.PathsOn(ctx, db.PathsOnParams{UnitIds: row.UnitIds, Day: today.In(time.UTC)})
	entries := make([]record.Entry, 0, 1+len(held))
	entries = append(entries, record.Entry{Resource: resource.Name(resource.TreeChanges, row.ActKey), UnitPath: row.UnitPath})
	for _, u := range held {
		entries = append(entries, record.Entry{Resource: resource.Name(resource.Units, u.UnitID), UnitPath: u.Path})
	}
	return entries, err
}
