package tips

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// isUrgent tells whether a tip can't wait, as its sender or whoever handles it says.
func isUrgent(tip *networkv1.Tip) bool {
	return tip.GetContent().GetUrgent() || tip.GetUrgency() != nil
}

// notifyUrgent notifies the handling unit of an urgent tip, and the units above it that its scheme says.
func (s *Server) notifyUrgent(
	ctx context.Context, tx *record.Tx, tip *networkv1.Tip, handler *networkv1.Unit, scheme *networkv1.Scheme,
) error {
	told, err := s.toldOfUrgent(ctx, tx, tip, handler, scheme)
	if err != nil {
		return err
	}
	return s.tellUrgent(ctx, tx, tip, told)
}

// toldOfUrgent are the units that hear of a tip if it is urgent, on either line.
func (s *Server) toldOfUrgent(
	ctx context.Context, tx db.DBTX, tip *networkv1.Tip, handler *networkv1.Unit, scheme *networkv1.Scheme,
) ([]*networkv1.Unit, error) {
	if !isUrgent(tip) {
		return nil, nil
	}
	limits := scheme.GetTipLimits()
	return s.withAbove(ctx, tx, handler, int(limits.GetUrgentTellsAbove()), limits.GetUrgentTellsKinds())
}

// tellUrgent tells units of an urgent tip, but for those that it is concealed from.
func (s *Server) tellUrgent(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, told []*networkv1.Unit) error {
	if len(told) == 0 {
		return nil
	}
	lineages, err := units.LineagesOfUnits(ctx, tx, clock.Today(s.store.Clock), told)
	if err != nil {
		return err
	}
	messages := make([]inbox.Message, 0, len(told))
	for _, unit := range told {
		if isConcealed(tip, lineages[unit.GetName()]) {
			continue
		}
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(unit), Sentence: words.InboxUrgentTip(), Resource: tip.GetName(),
		})
	}
	return inbox.Notify(ctx, tx, messages...)
}

// withAbove are a unit, first, and on each line so many next above it, and the nearest above of each of some kinds.
func (s *Server) withAbove(
	ctx context.Context, tx db.DBTX, unit *networkv1.Unit, tellsAbove int, kinds []networkv1.UnitKind,
) ([]*networkv1.Unit, error) {
	if tellsAbove == 0 && len(kinds) == 0 {
		return []*networkv1.Unit{unit}, nil
	}
	above, err := units.Above(ctx, tx, unit, clock.Today(s.store.Clock))
	if err != nil {
		return nil, err
	}
	slices.Reverse(above)
	system, err := access.SystemAbove(ctx, s.directory, unit)
	return slices.Concat([]*networkv1.Unit{unit}, nearest(above, tellsAbove, kinds), nearest(system, tellsAbove, kinds)), err
}

// nearest are so many first of some units, and the first of each of some kinds.
func nearest(above []*networkv1.Unit, most int, kinds []networkv1.UnitKind) (told []*networkv1.Unit) {
	kinds = slices.Clone(kinds)
	for i, higher := range above {
		wanted := slices.Index(kinds, higher.GetKind())
		if wanted >= 0 {
			kinds = slices.Delete(kinds, wanted, wanted+1)
		}
		if wanted >= 0 || i < most {
			told = append(told, higher)
		}
	}
	return told
}

// notifyNewlyUrgent tells of a tip that has come again and is urgent only now.
func (s *Server) notifyNewlyUrgent(
	ctx context.Context, tx *record.Tx, tip *networkv1.Tip, before *networkv1.TipContent, handler *networkv1.Unit,
	scheme *networkv1.Scheme,
) error {
	if before.GetUrgent() || tip.GetUrgency() != nil {
		return nil
	}
	return s.notifyUrgent(ctx, tx, tip, handler, scheme)
}
