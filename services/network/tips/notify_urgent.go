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
	scheme, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	recipients, err := s.recipientsOfUrgent(ctx, scheme.GetTipLimits(), handler)
	if err != nil {
		return err
	}
	names := make([]string, len(recipients))
	for i, unit := range recipients {
		names[i] = unit.GetName()
	}
	lineages, err := lineagesOf(ctx, tx, clock.Today(s.store.Clock), names...)
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

// recipientsOfUrgent are the unit that handles an urgent tip, the units next above it, and the nearest above of each kind that
// the limits name.
func (s *Server) recipientsOfUrgent(
	ctx context.Context, limits *networkv1.TipLimits, handler *networkv1.Unit,
) ([]*networkv1.Unit, error) {
	recipients, kinds := []*networkv1.Unit{handler}, slices.Clone(limits.GetUrgentTellsKinds())
	above := slices.Clone(handler.GetAncestors())
	slices.Reverse(above)
	for i, name := range above {
		unit, err := s.directory.Unit(ctx, name)
		if fault.IsNotFound(err) {
			continue // it ends at this moment; there is nobody to tell
		}
		if err != nil {
			return nil, fmt.Errorf("tell of an urgent tip: %w", err)
		}
		wanted := slices.Index(kinds, unit.GetKind())
		if wanted >= 0 {
			kinds = slices.Delete(kinds, wanted, wanted+1)
		}
		if wanted >= 0 || i < int(limits.GetUrgentTellsAbove()) {
			recipients = append(recipients, unit)
		}
	}
	return recipients, nil
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
