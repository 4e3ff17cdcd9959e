package units

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
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
		if err := revert(ctx, tx, row, today); err != nil {
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
func revert(ctx context.Context, tx *record.Tx, row db.TreeChange, today calendar.Date) error {
	queries := db.New(tx)
	switch {
	case row.CancelTime != nil:
		return fault.Precondition(words.ChangeCancelled())
	case !row.EffectiveOn.After(today):
		return fault.Precondition(words.ChangeInForce(row.EffectiveOn.String()))
	}
	kept, err := queries.HasUndo(ctx, row.ChangeKey)
	if err != nil {
		return err
	}
	if !kept {
		return fault.Precondition(words.ChangeNotRevertible())
	}
	if err := requireLast(ctx, queries, row); err != nil {
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
	return requireWhole(ctx, tx, row)
}

// requireLast refuses where something was decided since that stands on a change. What was changed of its units for days before
// its own stays, with the change and without it.
func requireLast(ctx context.Context, queries *db.Queries, row db.TreeChange) error {
	later, err := queries.LaterPlan(ctx, row.ChangeKey)
	if err == nil {
		return refusedBy(ctx, queries, later.UnitID, func(unit words.Title) words.Sentence {
			plan := words.Untitled(resource.Name(resource.TreeChanges, later.ChangeKey))
			decider := words.Untitled(resource.Name(resource.Units, access.LastPathID(later.UnitPath)))
			return words.ChangeHasDependants(unit, later.EffectiveOn.String(), plan, decider)
		})
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := queries.CarryVersions(ctx, db.CarryVersionsParams{ChangeKey: row.ChangeKey, Day: row.EffectiveOn}); err != nil {
		return err
	}
	changed, err := queries.ChangedSince(ctx, db.ChangedSinceParams{ChangeKey: row.ChangeKey, Day: row.EffectiveOn})
	if err != nil {
		return err
	}
	if changed != "" {
		return refusedBy(ctx, queries, changed, words.ChangedSince)
	}
	code, err := queries.CodeTaken(ctx, row.ChangeKey)
	if err == nil && code != "" {
		err = fault.Precondition(words.CodeTaken(code))
	}
	return err
}

// requireWhole refuses where the tree without a change would not be whole, or would have two siblings of one title.
func requireWhole(ctx context.Context, tx *record.Tx, row db.TreeChange) error {
	queries := db.New(tx)
	touched, err := queries.TouchedUnits(ctx, row.ChangeKey)
	if err != nil {
		return err
	}
	same, err := queries.SameTitled(ctx, db.SameTitledParams{UnitIds: touched, Day: row.EffectiveOn})
	if err != nil {
		return err
	}
	if len(same) > 0 {
		return fault.Precondition(words.TitleTaken(
			words.Named(resource.Name(resource.Units, same[0].UnitID), same[0].Title),
			words.Named(resource.Name(resource.Units, same[0].OtherID), same[0].OtherTitle)))
	}
	orphan, err := queries.FindOrphaned(ctx, db.FindOrphanedParams{ChangeKey: row.ChangeKey, Day: row.EffectiveOn})
	if err != nil {
		return err
	}
	if orphan != "" {
		return refusedBy(ctx, queries, orphan, words.UnitOrphaned)
	}
	return requireUnnamed(ctx, tx, row.ChangeKey)
}

// requireUnnamed refuses where something names a unit that never is without a change: an officer or a report, as when a founding
// is taken back. What was kept for such a unit to hear goes.
func requireUnnamed(ctx context.Context, tx *record.Tx, changeKey string) error {
	queries := db.New(tx)
	founded, err := queries.FoundedUnits(ctx, changeKey)
	if err != nil {
		return err
	}
	for _, unit := range founded {
		namers, err := namersOf(ctx, tx, unit.UnitID, unit.Path, tx.Today())
		if err != nil {
			return err
		}
		if len(namers) > 0 {
			title := words.Named(resource.Name(resource.Units, unit.UnitID), unit.Title)
			return fault.Precondition(words.UnitNamed(title, words.List(namers...)))
		}
		if err := queries.DeleteMessagesTo(ctx, unit.UnitID); err != nil {
			return err
		}
	}
	return nil
}

// refusedBy refuses for a unit, by the title that it has last: it may be still to come.
func refusedBy(ctx context.Context, queries *db.Queries, id string, says func(words.Title) words.Sentence) error {
	rows, err := queries.UnitTitles(ctx, db.UnitTitlesParams{UnitIds: []string{id}, Day: noEnd})
	if err != nil {
		return err
	}
	unit := words.Untitled(resource.Name(resource.Units, id))
	if len(rows) > 0 {
		unit = words.Named(unit.ID, rows[0].Title)
	}
	return fault.Precondition(says(unit))
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
