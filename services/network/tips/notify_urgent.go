package tips

import (
	"context"
	"fmt"

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

// notifyUrgent notifies the handling unit of an urgent tip, and as many units above it as the scheme says.
func (s *Server) notifyUrgent(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, handler *networkv1.Unit) error {
	if !isUrgent(tip) {
		return nil
	}
	scheme, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	recipients := append([]string{handler.GetName()},
		nearestAncestors(handler, int(scheme.GetTipLimits().GetUrgentTellsAbove()))...)
	lineages, err := lineagesOf(ctx, tx, clock.Today(s.store.Clock), recipients...)
	if err != nil {
		return err
	}
	messages := make([]inbox.Message, 0, len(recipients))
	for _, name := range recipients {
		if isConcealed(tip, lineages[name]) {
			continue
		}
		unit, err := s.directory.Unit(ctx, name)
		if fault.IsNotFound(err) {
			continue // it ends at this moment; there is nobody to tell
		}
		if err != nil {
			return fmt.Errorf("tell of an urgent tip: %w", err)
		}
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(unit), Sentence: words.InboxUrgentTip(), Resource: tip.GetName(),
		})
	}
	return inbox.Notify(ctx, tx, messages...)
}

// nearestAncestors are at most count units above one, the nearest first.
func nearestAncestors(unit *networkv1.Unit, count int) []string {
	var names []string
	ancestors := unit.GetAncestors()
	for i := len(ancestors) - 1; i >= 0 && len(names) < count; i-- {
		names = append(names, ancestors[i])
	}
	return names
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
