package tips

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// startAcceptLimit starts the time limit within which a tip is to be accepted, returned or passed on, by the scheme of the
// unit that handles it. A limit of closing it that ran is put aside.
func (s *Server) startAcceptLimit(ctx context.Context, tip *networkv1.Tip, scheme *networkv1.Scheme, from calendar.Date) error {
	if limit := tip.GetCloseBy(); limit != nil {
		tip.EarlierCloseBy = append(tip.EarlierCloseBy, limit)
	}
	tip.AcceptBy, tip.CloseBy = nil, nil
	rule := scheme.GetTipLimits().GetAccept()
	if rule == nil {
		return nil
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	tip.AcceptBy, err = calendarpb.Due(days, from, rule)
	return err
}

// handlingScheme is the scheme that holds today for a handling unit, by the tables and not by what a directory remembers; an
// empty one where none does.
func (s *Server) handlingScheme(ctx context.Context, tx db.DBTX, handler *networkv1.Unit) (*networkv1.Scheme, error) {
	scheme := &networkv1.Scheme{}
	err := schemes.Effective(ctx, tx, access.PathIDs(handler), clock.Today(s.store.Clock), scheme)
	if fault.IsNotFound(err) {
		err = nil
	}
	return scheme, err
}

// restartAcceptLimit starts that limit anew today, in a unit that handles a tip, and gives that unit's scheme.
func (s *Server) restartAcceptLimit(
	ctx context.Context, tx db.DBTX, tip *networkv1.Tip, handler *networkv1.Unit,
) (*networkv1.Scheme, error) {
	scheme, err := s.handlingScheme(ctx, tx, handler)
	if err != nil {
		return nil, err
	}
	return scheme, s.startAcceptLimit(ctx, tip, scheme, clock.Today(s.store.Clock))
}
