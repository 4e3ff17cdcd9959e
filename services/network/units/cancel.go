package units

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
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
) (*networkv1.TreeChange, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.TreeChange, error) {
		queries, today := db.New(tx), clock.Today(s.store.Clock)
		if err := queries.LockTree(ctx); err != nil {
			return nil, err
		}
		if err := applyDueChanges(ctx, tx, today); err != nil {
			return nil, err
		}
		row, err := queries.LockTreeChange(ctx, resource.ID(req.GetName()))
		if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := revert(ctx, queries, row, today); err != nil {
			return nil, err
		}
		row.CancelTime, row.CancelReason = new(tx.Now()), req.GetReason()
		if err := queries.CancelTreeChange(ctx, db.CancelTreeChangeParams{
			ChangeKey: row.ChangeKey, CancelTime: row.CancelTime, CancelReason: row.CancelReason,
		}); err != nil {
			return nil, err
		}
		if err := notifyCancelled(ctx, tx, row, today); err != nil {
			return nil, err
		}
		entries, err := changeEntries(ctx, queries, row, today)
		if err != nil {
			return nil, err
		}
		return changeOf(row), tx.Record(ctx, entries...)
	})
}

// revert takes a change back and finds what forbids it, before and after: what stands on it shows only once it is gone.
func revert(ctx context.Context, queries *db.Queries, row db.TreeChange, today calendar.Date) error {
	day := row.EffectiveOn
	switch {
	case row.CancelTime != nil:
		return fault.Precondition(words.ChangeCancelled())
	case !day.After(today):
		return fault.Precondition(words.ChangeInForce(day.String()))
	}
	kept, err := queries.HasUndo(ctx, row.ChangeKey)
	if err != nil {
		return err
	}
	if !kept {
		return fault.Precondition(words.ChangeNotRevertible())
	}
	if err := errBuiltOn(queries.ChangedSince(ctx, db.ChangedSinceParams{
		ChangeKey: row.ChangeKey, Day: row.EffectiveOn,
	})); err != nil {
		return err
	}
	if err := queries.DeleteStartedVersions(ctx, db.DeleteStartedVersionsParams{
		ChangeKey: row.ChangeKey, Day: row.EffectiveOn,
	}); err != nil {
		return err
	}
	if err := queries.RestoreVersions(ctx, row.ChangeKey); err != nil {
		return err
	}
	touched, err := queries.TouchedUnits(ctx, row.ChangeKey)
	if err != nil {
		return err
	}
	same, err := queries.SameTitled(ctx, db.SameTitledParams{UnitIds: touched, Day: row.EffectiveOn})
	if err != nil {
		return err
	}
	if len(same) > 0 {
		return errBuiltOn(same[0].OtherID, nil)
	}
	return errBuiltOn(queries.FindOrphaned(ctx, db.FindOrphanedParams{ChangeKey: row.ChangeKey, Day: row.EffectiveOn}))
}

// errBuiltOn names the unit that forbids to take a change back, if there is one.
func errBuiltOn(id string, err error) error {
	if err != nil || id == "" {
		return err
	}
	return fault.Precondition(words.ChangeHasDependants(words.Untitled(resource.Name(resource.Units, id))))
}

// saveUndo notes what units are that a planned act is about to touch, so that it can be taken back.
func (a *treeChange) saveUndo(ctx context.Context, ids, subtrees []string) error {
	if a.day == a.today {
		return nil
	}
	return a.SaveUndoBefore(ctx, db.SaveUndoBeforeParams{
		ChangeKey: a.changeKey, Day: a.day, UnitIds: ids, Subtrees: subtrees,
	})
}

// changeEntries are the change itself and the units that it named and that hold today, for the journal.
func changeEntries(ctx context.Context, queries *db.Queries, row db.TreeChange, today calendar.Date) ([]record.Entry, error) {
	current, err := queries.PathsOn(ctx, db.PathsOnParams{UnitIds: row.UnitIds, Day: today})
	entries := make([]record.Entry, 0, 1+len(current))
	entries = append(entries, record.Entry{Resource: resource.Name(resource.TreeChanges, row.ChangeKey), UnitPath: row.UnitPath})
	for _, u := range current {
		entries = append(entries, record.Entry{Resource: resource.Name(resource.Units, u.UnitID), UnitPath: u.Path})
	}
	return entries, err
}
