package owed

import (
	"context"
	"errors"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// EachScheme has a job plan its reminders anew below the unit of every scheme of which a version has come in force since it last
// did: what is owed already is reminded of as that version says. Subtree is that unit's in ltree's language of queries, as
// unit_path ~ ? has it. What fails is tried again the next time, and keeps no other scheme back.
func EachScheme(
	ctx context.Context, store *record.Store, job string, replan func(ctx context.Context, subtree string) error,
) error {
	rows, err := db.New(store).SchemesToPlan(ctx, db.SchemesToPlanParams{Job: job, Today: clock.Today(store.Clock)})
	if err != nil {
		return err
	}
	var failed []error
	for _, row := range rows {
		if err := replan(ctx, "*."+row.UnitID+".*"); err != nil {
			failed = append(failed, err)
			continue
		}
		err := db.New(store).SetSchemePlanned(ctx, db.SetSchemePlannedParams{
			Job: job, SchemeID: row.SchemeID, EffectiveFrom: row.EffectiveFrom, StoreTime: row.StoreTime,
		})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
	}
	return errors.Join(failed...)
}

// replan plans what is owed anew by the versions of schemes that have come in force.
func (k *Kind[M]) replan(ctx context.Context, job string, days *calendar.Calendar) error {
	return EachScheme(ctx, k.Records.Store, job, func(ctx context.Context, subtree string) error {
		return k.Records.Sweep(ctx, job, k.Owed+" AND unit_path ~ ?::lquery", subtree, k.bringForward(days))
	})
}

// bringForward is Plan where that comes before what was planned, which is told first.
func (k *Kind[M]) bringForward(days *calendar.Calendar) collection.Rule[M] {
	plan := k.Plan(days)
	return func(ctx context.Context, c *collection.Change[M]) error {
		was := get(k.holder(c.Record), k.remindField())
		if err := plan(ctx, c); err != nil {
			return err
		}
		next := get(k.holder(c.Record), k.remindField())
		if next == "" || was != "" && was <= next {
			return collection.ErrAsItIs
		}
		return nil
	}
}
