package tips

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"
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
		before := c.tip.GetReferrals()
		c.tip.Referrals = append(c.tip.Referrals, &networkv1.TipReferral{
			FromUnit: from.GetName(), ToUnit: to.GetName(), Reason: req.GetReason(), Recused: req.GetRecused(),
			ReferTime: timestamppb.New(c.tx.Now()),
		})
		if err := s.checkReferral(ctx, c, from, to); err != nil {
			return err
		}
		if err := tellPassedBy(ctx, c, before, from, to); err != nil {
			return err
		}
		return s.handTo(ctx, c, to)
	})
}

// handTo has a tip be with the unit that its last referral names, and tells that unit.
func (s *Server) handTo(ctx context.Context, c *lockedTip, to *networkv1.Unit) error {
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
}

// tellPassedBy tells the unit that handed a tip upwards, by the last of some referrals, that it went down again to another.
func tellPassedBy(ctx context.Context, c *lockedTip, before []*networkv1.TipReferral, from, to *networkv1.Unit) error {
	if len(before) == 0 || before[len(before)-1].GetFromUnit() == to.GetName() ||
		!slices.Contains(to.GetAncestors(), from.GetName()) {
		return nil
	}
	return tellReferrer(ctx, c, before, words.InboxTipReferredPast(), from)
}

// tellReferrer tells the unit that handed a tip upwards, by the last of some referrals, what the handling unit did with it. One
// that stepped aside hears no more of it.
func tellReferrer(
	ctx context.Context, c *lockedTip, referrals []*networkv1.TipReferral, says words.Sentence, handler *networkv1.Unit,
) error {
	if len(referrals) == 0 {
		return nil
	}
	name := referrals[len(referrals)-1].GetFromUnit()
	acting, err := units.Acting(ctx, c.tx, c.tx.Today(), name)
	unit := acting[name]
	if err != nil || unit == nil || slices.Contains(access.PathIDs(handler), resource.ID(unit.GetName())) {
		return err
	}
	lineages, err := units.LineagesOf(ctx, c.tx, c.tx.Today(), unit.GetName())
	if err != nil || isConcealed(c.tip, lineages[unit.GetName()]) {
		return err
	}
	return inbox.Notify(ctx, c.tx, inbox.Message{
		Recipient: inbox.RecipientOf(unit), Sentence: says, Resource: c.tip.GetName(), For: resource.ID(name),
		DedupKey: strconv.Itoa(len(c.tip.GetReferrals()) + len(c.tip.GetReturns())),
	})
}

// checkReferral checks where a tip, whose last referral is the one asked for, would go: up or down a line of the tree, never to
// the unit concerned or what it became, and never where a unit would see it that must not.
func (s *Server) checkReferral(ctx context.Context, c *lockedTip, from, to *networkv1.Unit) error {
	aboveFrom, err := access.AboveOnAnyLine(ctx, s.tables.Unit, from)
	if err != nil {
		return err
	}
	aboveTo, err := access.AboveOnAnyLine(ctx, s.tables.Unit, to)
	if err != nil {
		return err
	}
	switch {
	case to.GetName() == from.GetName():
		return fault.Invalid("to_unit", words.HandlesAlready(words.Titled(to)))
	case !slices.Contains(aboveFrom, to.GetName()) && !slices.Contains(aboveTo, from.GetName()):
		return s.errNotInLine(ctx, c, from, aboveFrom, aboveTo)
	case slices.Contains(aboveTo, from.GetName()) && c.tip.GetReferrals()[len(c.tip.GetReferrals())-1].GetRecused():
		return fault.Invalid("to_unit", words.RecusedDown(words.Titled(from)))
	}
	return s.checkTaker(ctx, c, to, aboveTo)
}

// checkTaker checks that a unit handles tips and may see this one, as all may that are above it and could reach it there.
func (s *Server) checkTaker(ctx context.Context, c *lockedTip, to *networkv1.Unit, aboveTo []string) error {
	scheme, err := s.directory.Scheme(ctx, to.GetName())
	if err != nil {
		return err
	}
	if !handlesTips(scheme, to) {
		return fault.Invalid("to_unit", words.HandlesNoTips(words.Titled(to)))
	}
	readers := slices.Concat(aboveTo, []string{to.GetName()})
	lineages, err := units.LineagesOf(ctx, c.tx, clock.Today(s.store.Clock), readers...)
	if err != nil {
		return err
	}
	if slices.Contains(lineages[to.GetName()], c.tip.GetContent().GetUnit()) {
		return fault.Invalid("to_unit", words.Concerned(words.Titled(to)))
	}
	for _, unit := range readers {
		if isConcealed(c.tip, lineages[unit]) {
			return fault.Invalid("to_unit", words.Concerned(words.Untitled(unit)))
		}
	}
	return nil
}

// errNotInLine refuses a referral across the lines of the tree, and names the unit above both, the nearest on each line, through
// which the tip may go.
func (s *Server) errNotInLine(ctx context.Context, c *lockedTip, from *networkv1.Unit, aboveFrom, aboveTo []string) error {
	territory, system := slices.Clone(aboveFrom[:len(from.GetAncestors())]), aboveFrom[len(from.GetAncestors()):]
	slices.Reverse(territory)
	var through []words.Title
	for _, line := range [][]string{territory, system} {
		unit, err := s.nearestTaker(ctx, c, line, aboveTo)
		if err != nil {
			return err
		}
		if unit != nil {
			through = append(through, words.Titled(unit))
		}
	}
	return fault.Invalid("to_unit", words.NotInLine(words.Titled(from), access.OrNobody(through)))
}

// nearestTaker is the first of some units that is also among others and may take a tip; nil where none may.
func (s *Server) nearestTaker(ctx context.Context, c *lockedTip, line, others []string) (*networkv1.Unit, error) {
	for _, name := range line {
		if !slices.Contains(others, name) {
			continue
		}
		unit, err := s.tables.Unit(ctx, name)
		if err != nil {
			return nil, err
		}
		above, err := access.AboveOnAnyLine(ctx, s.tables.Unit, unit)
		if err != nil {
			return nil, err
		}
		err = s.checkTaker(ctx, c, unit, above)
		if err == nil || !fault.HasCode(err, codes.InvalidArgument) {
			return unit, err
		}
	}
	return nil, nil
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
