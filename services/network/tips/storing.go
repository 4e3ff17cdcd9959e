package tips

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// entry is what a tip is stored with.
type entry struct {
	about, handler *networkv1.Unit
	source         []byte        // sealed
	from           calendar.Date // day from which its time limits count
}

// store completes a new tip and stores it, its receipt's hash and, apart, its source. It returns the receipt.
func (s *Server) store(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, e entry) (string, error) {
	region, key, now := e.about.GetRegion(), resource.NewKey(), s.book.Clock.Now()
	tip.Name, tip.HandlingUnit = resource.Sharded(resource.Tips, region, key), e.handler.GetName()
	tip.State, tip.ReceiveTime = Lifecycle.Start, timestamppb.New(now)
	if err := s.awaitAcceptance(ctx, tip, e.from); err != nil {
		return "", err
	}
	body, err := document.Encode(tip)
	if err != nil {
		return "", err
	}
	receipt := newReceipt(region)
	_, hash, err := readReceipt(receipt)
	if err != nil {
		return "", err
	}
	content, queries := tip.GetContent(), db.New(tx)
	if err := queries.AddTip(ctx, db.AddTipParams{
		Region: region, TipKey: key, HandlingPath: access.Path(e.handler), UnitID: resource.ID(e.about.GetName()),
		UnitPath: access.Path(e.about), SubjectArea: content.GetSubjectArea(), Urgent: content.GetUrgent(),
		State: int16(tip.GetState()), ReceiveTime: now, ReceiptHash: hash, Body: body,
	}); err != nil {
		return "", err
	}
	if err := queries.AddTipSource(ctx, db.AddTipSourceParams{Region: region, TipKey: key, Sealed: e.source}); err != nil {
		return "", err
	}
	if err := s.announce(ctx, tx, tip, e.handler); err != nil {
		return "", err
	}
	return receipt, tx.Record(ctx, record.Entry{Resource: tip.GetName(), UnitPath: access.Path(e.handler)})
}

// awaitAcceptance starts the time limit within which a tip is to be accepted, returned or passed on, by the scheme of the
// unit that handles it.
func (s *Server) awaitAcceptance(ctx context.Context, tip *networkv1.Tip, from calendar.Date) error {
	held, err := s.directory.Scheme(ctx, tip.GetHandlingUnit())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	tip.AcceptBy, tip.CloseBy = nil, nil
	if rule := held.GetTipLimits().GetAccept(); rule != nil {
		tip.AcceptBy, err = calendarpb.Due(from, rule)
		return err
	}
	return nil
}

// isUrgent tells whether a tip can't wait, as its sender or whoever handles it says.
func isUrgent(tip *networkv1.Tip) bool {
	return tip.GetContent().GetUrgent() || tip.GetUrgency() != nil
}

// announce tells the unit that handles an urgent tip, and as many units above it as the scheme says.
func (s *Server) announce(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, handler *networkv1.Unit) error {
	if !isUrgent(tip) {
		return nil
	}
	held, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	told := append([]string{handler.GetName()}, above(handler, int(held.GetTipLimits().GetUrgentTellsAbove()))...)
	messages := make([]inbox.Message, 0, len(told))
	for _, name := range told {
		if concerned(tip, name) {
			continue
		}
		unit, err := s.directory.Unit(ctx, name)
		if err != nil {
			return fmt.Errorf("tell of an urgent tip: %w", err)
		}
		messages = append(messages, inbox.Message{To: inbox.To(unit), Kind: "inbox.urgent_tip", About: tip.GetName()})
	}
	return inbox.Send(ctx, tx, messages...)
}

// above are at most count units above one, the nearest first.
func above(unit *networkv1.Unit, count int) []string {
	var names []string
	ancestors := unit.GetAncestors()
	for i := len(ancestors) - 1; i >= 0 && len(names) < count; i-- {
		names = append(names, ancestors[i])
	}
	return names
}

// announceAgain tells of a tip that has come again and is urgent only now.
func (s *Server) announceAgain(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, before *networkv1.TipContent) error {
	if before.GetUrgent() || tip.GetUrgency() != nil {
		return nil
	}
	handler, err := s.directory.Unit(ctx, tip.GetHandlingUnit())
	if err != nil {
		return err
	}
	return s.announce(ctx, tx, tip, handler)
}
