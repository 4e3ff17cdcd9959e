package tips

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// maxReferrals bounds the list that a tip carries.
const maxReferrals = 50

// ReferTip passes a tip on, upwards or downwards, and starts the time limit of the unit that gets it.
func (s *Server) ReferTip(ctx context.Context, req *networkv1.ReferTipRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "refer", func(ctx context.Context, c *lockedTip) error {
		from, err := s.handlingUnit(ctx, c.tx, c.row.HandlingPath)
		if err != nil {
			return err
		}
		// As the tree is here and now: a directory may remember a unit above it that a move has replaced by one concerned.
		to, err := s.handlingUnit(ctx, c.tx, resource.ID(req.GetToUnit()))
		if fault.IsNotFound(err) {
			_, err := access.LookUp(ctx, s.tables, "to_unit", req.GetToUnit())
			return err
		}
		if err != nil {
			return err
		}
		if len(c.tip.GetReferrals()) >= maxReferrals {
			return fault.Precondition(words.ReferredTooOften())
		}
		c.tip.Referrals = append(c.tip.Referrals, &networkv1.TipReferral{
			FromUnit: from.GetName(), ToUnit: to.GetName(), Reason: req.GetReason(), Recused: req.GetRecused(),
			ReferTime: timestamppb.New(c.tx.Now()),
		})
		if err := s.checkReferral(ctx, c, from, to); err != nil {
			return err
		}
		c.tip.HandlingUnit, c.handlingPath = to.GetName(), access.Path(to)
		uncheck(c.tip)
		scheme, err := s.restartAcceptLimit(ctx, c.tx, c.tip, to)
		if err != nil {
			return err
		}
		if c.tip.GetState() == tipReturned {
			c.tip.AcceptBy = nil // nothing is due before its sender sends it again
		}
		if err := s.notifyUrgent(ctx, c.tx, c.tip, to, scheme); err != nil {
			return err
		}
		return inbox.Notify(ctx, c.tx, inbox.Message{
			Recipient: inbox.RecipientOf(to),
			Sentence:  words.InboxTipReferred(),
			Resource:  c.tip.GetName(),
			DedupKey:  strconv.Itoa(len(c.tip.GetReferrals())),
		})
	})
}

// checkReferral checks where a tip, whose last referral is the one asked for, would go: up or down a line of the tree, never to
// the unit concerned or what it became, and never where a unit would see it that must not.
func (s *Server) checkReferral(ctx context.Context, c *lockedTip, from, to *networkv1.Unit) error {
	scheme, err := s.directory.Scheme(ctx, to.GetName())
	if err != nil {
		return err
	}
	aboveFrom, err := access.AboveOnAnyLine(ctx, s.tables.Unit, from)
	if err != nil {
		return err
	}
	aboveTo, err := access.AboveOnAnyLine(ctx, s.tables.Unit, to)
	if err != nil {
		return err
	}
	readers := slices.Concat(aboveTo, []string{to.GetName()}) // whoever is above a unit may reach what it handles
	lineages, err := units.LineagesOf(ctx, c.tx, clock.Today(s.store.Clock), readers...)
	if err != nil {
		return err
	}
	switch {
	case to.GetName() == from.GetName():
		return fault.Invalid("to_unit", words.HandlesAlready(words.Titled(to)))
	case !handlesTips(scheme, to):
		return fault.Invalid("to_unit", words.HandlesNoTips(words.Titled(to)))
	case !slices.Contains(aboveFrom, to.GetName()) && !slices.Contains(aboveTo, from.GetName()):
		return fault.Invalid("to_unit", words.NotInLine(words.Titled(from)))
	case slices.Contains(aboveTo, from.GetName()) && c.tip.GetReferrals()[len(c.tip.GetReferrals())-1].GetRecused():
		return fault.Invalid("to_unit", words.RecusedDown(words.Titled(from)))
	case slices.Contains(lineages[to.GetName()], c.tip.GetContent().GetUnit()):
		return fault.Invalid("to_unit", words.Concerned(words.Titled(to)))
	}
	for _, unit := range readers {
		if isConcealed(c.tip, lineages[unit]) {
			return fault.Invalid("to_unit", words.Concerned(words.Untitled(unit)))
		}
	}
	return nil
}

// MarkTipUrgent notes that a tip can't wait and tells those who handle it.
func (s *Server) MarkTipUrgent(ctx context.Context, req *networkv1.MarkTipUrgentRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "mark_urgent", func(ctx context.Context, c *lockedTip) error {
		if isUrgent(c.tip) {
			return fault.Precondition(words.AlreadyUrgent())
		}
		c.tip.Urgency = &networkv1.TipUrgency{Reason: req.GetReason(), MarkTime: timestamppb.New(c.tx.Now())}
		handler, err := s.handlingUnit(ctx, c.tx, c.row.HandlingPath)
		if err != nil {
			return err
		}
		scheme, err := s.handlingScheme(ctx, c.tx, handler)
		if err != nil {
			return err
		}
		return s.notifyUrgent(ctx, c.tx, c.tip, handler, scheme)
	})
}
