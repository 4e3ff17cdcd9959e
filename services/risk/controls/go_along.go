package controls

import (
	"context"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// GoAlong gives what is done about a risk point to the unit that has it since: what is not concluded and has an owner who
// stands there or above it. What others owed is owed no more, and what they did stays theirs, without counting for the risk
// point any longer: that unit plans its own (T12). It counts what went along and what is owed no more.
func (s *Server) GoAlong(
	ctx context.Context, point *collection.Change[*riskv1.RiskPoint], stands func(context.Context, string) (bool, error),
) (along, dropped int, err error) {
	rows, err := db.New(point).ControlsOfPoint(ctx, point.Record.GetName())
	if err != nil {
		return 0, 0, err
	}
	var going, drop, stay []string
	for _, row := range rows {
		name := resource.Sharded(resource.Controls, row.Region, row.Key)
		fits, err := stands(ctx, row.OwnerPosition)
		if err != nil {
			return 0, 0, err
		}
		switch concluded := row.State == effective.String(); {
		case fits && !concluded:
			going = append(going, name)
		case fits:
		case concluded || row.State == done.String():
			stay = append(stay, name)
		default:
			drop = append(drop, name)
		}
	}
	if err := s.controls.ActAll(ctx, point.Tx, going, transferAct, s.giveTo(point.Units())); err != nil {
		return 0, 0, err
	}
	if err := s.controls.ActAll(ctx, point.Tx, drop, retireAct, stopRetired, s.owner.Dropped); err != nil {
		return 0, 0, err
	}
	return len(going), len(drop), s.controls.ActAll(ctx, point.Tx, stay, transferAct, func(_ context.Context, c *change) error {
		c.Record.PointGone = true
		return nil
	})
}

// giveTo gives a control to a unit, the last of some. Who is to check it now, where that is another, hears of what was done.
func (s *Server) giveTo(units []string) collection.Rule[*riskv1.Control] {
	return func(ctx context.Context, c *change) error {
		before := owed.Judge(c, "")
		if err := s.controls.GiveTo(ctx, c, units); err != nil {
			return err
		}
		if after := owed.Judge(c, ""); c.Record.GetState() == done && after != before {
			c.Tell(after, saysDone(c.Record))
		}
		return nil
	}
}
