package scheme

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Create is CreateScheme of every service: it stores a version for the call's target unit and gives answer. Then, in the
// same transaction, it does what else the service wants done, if anything.
func Create[Resp proto.Message](
	ctx context.Context, b *record.Book, req record.Request, s Scheme, answer Resp, also func(context.Context, *record.Tx) error,
) (Resp, error) {
	return record.Change(ctx, b, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
		var none Resp
		if err := Add(ctx, tx, s); err != nil {
			return none, err
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return none, err
			}
		}
		return answer, tx.Record(ctx, record.Entry{Resource: Version(s), UnitPath: access.Path(access.Target(ctx))})
	})
}

// Question asks which scheme holds for a unit on a date.
type Question interface {
	GetUnit() string
	GetAsOf() string
}

// Answer is GetEffectiveScheme of every service: it reads into s the scheme that holds.
func Answer(ctx context.Context, b *record.Book, d access.Directory, q Question, s Scheme) error {
	on, err := clock.DayOr("as_of", q.GetAsOf(), b.Clock)
	if err != nil {
		return err
	}
	unit, err := access.LookUp(ctx, d, "unit", q.GetUnit())
	if err != nil {
		return err
	}
	return Effective(ctx, b, access.Lineage(unit), on, s)
}
