package tips

import (
	"context"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
)

// isUrgent tells whether a tip can't wait, as its sender or whoever handles it says.
func isUrgent(tip *networkv1.Tip) bool {
	return tip.GetContent().GetUrgent() || tip.GetUrgency() != nil
}

// notifyUrgent notifies the handling unit of an urgent tip, and the units above it that the scheme says.
func (s *Server) notifyUrgent(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, handler *networkv1.Unit) error {
	if !isUrgent(tip) {
		return nil
	}
	limits, err := s.tipLimits(ctx, handler)
	if err != nil {
		return err
	}
	recipients, err := s.withAbove(ctx, handler, int(limits.GetUrgentTellsAbove()), limits.GetUrgentTellsKinds())
	if err != nil {
		return err
	}
	lineages, err := lineagesOfUnits(ctx, tx, clock.Today(s.store.Clock), recipients)
	if err != nil {
		return err
	}
	messages := make([]inbox.Message, 0, len(recipients))
	for _, unit := range recipients {
		if isConcealed(tip, lineages[unit.GetName()]) {
			continue
		}
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(unit), Sentence: words.InboxUrgentTip(), Resource: tip.GetName(),
		})
	}
	return inbox.Notify(ctx, tx, messages...)
}

// tipLimits are those of the scheme that holds for a handling unit; none where none does.
func (s *Server) tipLimits(ctx context.Context, handler *networkv1.Unit) (*networkv1.TipLimits, error) {
	scheme, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	return scheme.GetTipLimits(), nil
}

// withAbove are a unit, first, so many next above it, and the nearest above of each of some kinds.
func (s *Server) withAbove(
	ctx context.Context, unit *networkv1.Unit, tellsAbove int, kinds []networkv1.UnitKind,
) ([]*networkv1.Unit, error) {
	told, kinds := []*networkv1.Unit{unit}, slices.Clone(kinds)
	above := slices.Clone(unit.GetAncestors())
	slices.Reverse(above)
	for i, name := range above {
		higher, err := s.tables.Unit(ctx, name)
		if fault.IsNotFound(err) {
			continue // it ends at this moment; there is nobody to tell
		}
		if err != nil {
			return nil, fmt.Errorf("tell units above: %w", err)
		}
		wanted := slices.Index(kinds, higher.GetKind())
		if wanted >= 0 {
			kinds = slices.Delete(kinds, wanted, wanted+1)
		}
		if wanted >= 0 || i < tellsAbove {
			told = append(told, higher)
		}
	}
	return told, nil
}

// notifyNewlyUrgent tells of a tip that has come again and is urgent only now.
func (s *Server) notifyNewlyUrgent(
	ctx context.Context, tx *record.Tx, tip *networkv1.Tip, before *networkv1.TipContent, handler *networkv1.Unit,
) error {
	if before.GetUrgent() || tip.GetUrgency() != nil {
		return nil
	}
	return s.notifyUrgent(ctx, tx, tip, handler)
}
