package journal

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// RequireOther refuses who has passed a stage of the approval of a record since it was last handed in, by one of some calls,
// given as full methods, if there are any: several stages are there for several people to judge.
func RequireOther(ctx context.Context, tx db.DBTX, name string, handedIn ...string) error {
	return refuseWhoDid(ctx, tx, name, []string{access.AuditInfoOf(ctx).Event}, eventsOf(handedIn), words.ApprovedBefore())
}

// RequireJudge refuses who handed a record in, by the last of some calls, given as full methods, if there are any: nobody judges
// what they did themselves, also at a unit that nobody is above, which judges its own.
func RequireJudge(ctx context.Context, tx db.DBTX, name string, handedIn []string) error {
	if len(handedIn) == 0 {
		return nil
	}
	events := eventsOf(handedIn)
	return refuseWhoDid(ctx, tx, name, events, events, words.OwnWork(words.Untitled(access.PrincipalOf(ctx).Unit)))
}

// RequireNotWriter refuses who has written something of a record since a time, by some calls, given as full methods, unless a
// further call has dropped all of it: nobody judges what they wrote, whoever handed it in.
func RequireNotWriter(ctx context.Context, tx db.DBTX, name string, since time.Time, wrote []string, drops string) error {
	did, err := db.New(tx).WroteSince(ctx, db.WroteSinceParams{
		Resource: name, Events: eventsOf(wrote), Actor: access.AuditInfoOf(ctx).Actor, After: since,
		Dropped: eventsOf([]string{drops}),
	})
	if err == nil && did {
		return fault.Denied(words.OwnWork(words.Untitled(access.PrincipalOf(ctx).Unit)))
	}
	return err
}

func eventsOf(methods []string) []string {
	events := make([]string, len(methods))
	for i, method := range methods {
		events[i] = access.EventOf(method)
	}
	return events
}

// refuseWhoDid refuses a caller who did one thing to a record since another was last done to it.
func refuseWhoDid(ctx context.Context, tx db.DBTX, name string, did, since []string, says words.Sentence) error {
	before, err := db.New(tx).ActedBefore(ctx, db.ActedBeforeParams{
		Resource: name, Events: did, Actor: access.AuditInfoOf(ctx).Actor, Since: since,
	})
	if err == nil && before {
		return fault.Denied(says)
	}
	return err
}
