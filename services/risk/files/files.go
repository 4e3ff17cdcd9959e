// Package files says what may be attached to a record of the register.
package files

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Owners are records as owners of attachments, by the rules of the scheme in force for their unit. Who is as of OwnedBy.
func Owners[M collection.Record](records collection.Collection[M], who ...collection.Rule[M]) attachments.Owners {
	return attachments.OwnedBy(records, func(ctx context.Context, c *collection.Change[M]) (*typev1.AttachmentRules, error) {
		scheme := &riskv1.Scheme{}
		err := schemes.EffectiveFor(ctx, c, scheme)
		return scheme.GetAttachmentRules(), err
	}, who...)
}

// ByBoth is the rule of records to which both who does something and who judges it attach: those of whom does tells, what shows
// what was done, until it is to be judged, in a state; and others, as judges has them, what shows what they found. Act is what
// the former do. The root judges its own.
func ByBoth[S lifecycle.State, M collection.Record](
	life lifecycle.Table[S], act lifecycle.Act, judged S, does func(context.Context, *collection.Change[M]) (bool, error),
	judges collection.Rule[M],
) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		doing, err := does(ctx, c)
		if err != nil {
			return err
		}
		m := c.Record.ProtoReflect()
		switch toJudge := S(m.Get(m.Descriptor().Fields().ByName("state")).Enum()) == judged; {
		case !doing:
			return judges(ctx, c)
		case toJudge && !isRoot(ctx, c):
			allowed, others := life.Named(judged, act, nil)
			return fault.Precondition(words.WrongState(judged.String(), string(attachments.AttachAct), allowed, others))
		}
		return nil
	}
}

// isRoot tells whether the caller is of the record's unit, and that the root.
func isRoot[M collection.Record](ctx context.Context, c *collection.Change[M]) bool {
	return len(c.Units()) == 1 && access.PrincipalOf(ctx).Unit == c.ActingUnit()
}

// OfUnit tells whether the caller is of the unit of a record, or of the one that acts for it.
func OfUnit[M collection.Record](ctx context.Context, c *collection.Change[M]) (bool, error) {
	return access.PrincipalOf(ctx).Unit == c.ActingUnit(), nil
}
