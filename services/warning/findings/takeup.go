package findings

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// standing are the states of referrals in which these follow their findings.
var standing = document.EnumNames([]warningv1.ReferralState{
	warningv1.ReferralState_REFERRAL_STATE_SENT, warningv1.ReferralState_REFERRAL_STATE_AGREED,
	warningv1.ReferralState_REFERRAL_STATE_CLOSED,
})

// named is a finding that another record names.
type named string

// GetName is its name.
func (n named) GetName() string { return string(n) }

// GetEtag asks for no check.
func (n named) GetEtag() string { return "" }

// Find reads a finding that the caller reaches, for the rules of a warning, and keeps it to the transaction.
func Find(ctx context.Context, tx *record.Tx, name string) (*warningv1.Finding, error) {
	if err := tx.Lock(ctx, name); err != nil {
		return nil, err
	}
	all := collectionOf(nil)
	found, err := all.Lock(ctx, tx, name, takeUpAct)
	if err != nil {
		return nil, err
	}
	return found.Record, nil
}

// FindOwn finds a finding that a record names, which the record's unit is the one to handle; otherwise it notes a fault and finds
// nil.
func FindOwn[O collection.Record](
	ctx context.Context, of *collection.Change[O], faults *fault.Fields, field, name string,
) (*warningv1.Finding, error) {
	all := collectionOf(nil)
	found, err := collection.FindOnLine(ctx, &all, of, faults, field, name)
	switch {
	case found == nil:
		return nil, err
	case handlerOf(found) == of.ActingUnit():
		return found.Record, nil
	case access.Reaches(ctx, found.UnitPath):
		faults.Add(field, words.OtherUnit(words.Untitled(handlerOf(found))))
	default:
		faults.Add(field, words.NotFound(name))
	}
	return nil, nil //nolint:nilnil // the fault says so
}

// TakeUp has findings followed by a warning, a referral or a case lead, as which they are handled.
func TakeUp(ctx context.Context, tx *record.Tx, names []string, by string) error {
	return each(ctx, tx, names, func(all collection.Collection[*warningv1.Finding], name string) error {
		_, err := all.ActIn(ctx, tx, named(name), takeUpAct, nil, func(ctx context.Context, c *change) error {
			note(ctx, c, takeUpAct, &warningv1.FindingEvent{Record: by})
			answer(ctx, c)
			return nil
		})
		return err
	})
}

// Release has findings handled again that followed a record alone, which is withdrawn.
func Release(ctx context.Context, tx *record.Tx, days *calendar.Calendar, names []string, by string) error {
	return each(ctx, tx, names, func(all collection.Collection[*warningv1.Finding], name string) error {
		followed, err := db.New(tx).FindingFollowed(ctx, db.FindingFollowedParams{
			Finding: name, Withdrawn: warningv1.WarningState_WARNING_STATE_WITHDRAWN.String(), But: by, Standing: standing,
			WithdrawnLead: warningv1.CaseLeadState_CASE_LEAD_STATE_WITHDRAWN.String(),
		})
		if err != nil || followed {
			return err
		}
		_, err = all.ActIn(ctx, tx, named(name), releaseAct, nil, func(ctx context.Context, c *change) error {
			moveTo(c, levelsUp(c))
			note(ctx, c, releaseAct, &warningv1.FindingEvent{Record: by})
			if to := handlerOf(c); to != access.PrincipalOf(ctx).Unit {
				c.Tell(to, reopenedSays(c.Record))
			}
			return nil
		}, restart(days))
		return err
	})
}

// each does something to findings that a record names, in the order of their names. Whoever may act on that record need not reach
// them.
func each(
	ctx context.Context, tx *record.Tx, names []string, do func(all collection.Collection[*warningv1.Finding], name string) error,
) error {
	all := collectionOf(nil)
	all.Reach = func(context.Context, *change) error { return nil }
	for _, name := range slices.Sorted(slices.Values(names)) {
		if err := tx.Lock(ctx, name); err != nil {
			return err
		}
		if err := do(all, name); err != nil {
			return err
		}
	}
	return nil
}
