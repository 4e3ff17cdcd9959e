package caseleads

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// maxOffers is how many offers a lead keeps, the last ones.
const maxOffers = 50

// OfferCaseLead offers a lead to another unit; what was offered before and not answered is offered no more. The directory is
// asked before the transaction begins.
func (s *Server) OfferCaseLead(ctx context.Context, req *warningv1.OfferCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.leads.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		c, err := s.leads.Foresee(ctx, req, offerAct)
		if err != nil {
			return nil, err
		}
		if err := isHolder(ctx, c); err != nil {
			return nil, err
		}
		return s.receiver(ctx, c, req.GetUnit())
	}, func(ctx context.Context, to *networkv1.Unit) (*warningv1.CaseLead, error) {
		return s.leads.ActBy(ctx, req, offerAct, isHolder, offer(to, req.GetNote()), awaitAnswer(days),
			func(_ context.Context, c *change) error {
				l := c.Record
				c.Tell(l.GetOfferedTo(), words.InboxCaseLeadOffered(pathUnit(holderOf(c)), titleOf(l), l.GetAnswerDueOn()))
				return nil
			})
	})
}

// receiver looks up the unit that a lead is offered to: below the one that has it or above it, on either line, and nothing to
// do with what the lead is about.
func (s *Server) receiver(ctx context.Context, c *change, name string) (*networkv1.Unit, error) {
	const field = "unit"
	has := pathUnit(holderOf(c))
	if name == has {
		return nil, fault.Invalid(field, words.HasCaseLead())
	}
	to, err := access.LookUp(ctx, s.directory, field, name)
	if err != nil {
		return nil, err
	}
	its, err := access.Line(ctx, s.directory, to)
	if err != nil {
		return nil, err
	}
	if isSubject(c, its) {
		return nil, fault.Invalid(field, words.CaseLeadAbout())
	}
	if slices.Contains(its, resource.ID(has)) {
		return to, nil
	}
	holder, err := s.directory.Unit(ctx, has)
	if err != nil {
		return nil, err
	}
	own, err := access.Line(ctx, s.directory, holder)
	if err == nil && !slices.Contains(own, resource.ID(name)) {
		err = fault.Invalid(field, words.UnknownUnit(resource.ID(name)))
	}
	return to, err
}

// offer keeps that a lead is offered to a unit.
func offer(to *networkv1.Unit, note string) rule {
	return func(ctx context.Context, c *change) error {
		if err := requireRoom(c.Record); err != nil {
			return err
		}
		if isSubject(c, access.PathIDs(to)) { // since it was looked up
			return fault.Invalid("unit", words.CaseLeadAbout())
		}
		l := c.Record
		if before := l.GetOfferedTo(); before != "" && before != to.GetName() {
			takeBack(c)
		}
		l.OfferedTo, l.OfferedToTitle, l.OfferNote = to.GetName(), to.GetTitle(), note
		l.Offers = collection.Last(append(l.GetOffers(), &warningv1.CaseLeadOffer{
			Unit: to.GetName(), UnitTitle: to.GetTitle(), OfferedOn: c.Today().String(), Note: note,
			OfferedBy: access.AuditInfoOf(ctx).Actor,
		}), maxOffers)
		return move(ctx, c, c.Beside[holderPath], access.Path(to))
	}
}

// takeBack tells a unit that it is offered a lead no more, in place of what it was told before; the lead is none of its
// business now. One that has become the unit that offers it hears nothing.
func takeBack(c *change) {
	gone := record.Message{
		Unit: pathUnit(offeredOf(c)), Resource: c.Record.GetName(), Replaces: offerKinds, Unnamed: true,
	}
	if holder := pathUnit(holderOf(c)); holder != gone.Unit {
		gone.Sentence = words.InboxCaseLeadOfferGone(holder, titleOf(c.Record))
	}
	c.Notify(gone)
}

// endOffer ends an offer that nobody answered, if there is one.
func endOffer(ctx context.Context, c *change) error {
	if c.Record.GetOfferedTo() == "" {
		return nil
	}
	takeBack(c)
	offerNoMore(c.Record)
	return move(ctx, c, c.Beside[holderPath], c.Beside[holderPath])
}

// offerNoMore takes an offer from a lead, with the day of its answer.
func offerNoMore(l *warningv1.CaseLead) {
	l.OfferedTo, l.OfferedToTitle, l.OfferNote, l.AnswerDueOn = "", "", "", ""
}

// AcceptCaseLead takes a lead over.
func (s *Server) AcceptCaseLead(ctx context.Context, req *warningv1.AcceptCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.leads.ActBy(ctx, req, acceptAct, isOffered, func(ctx context.Context, c *change) error {
		to, err := s.directory.Unit(ctx, access.PrincipalOf(ctx).Unit)
		if err != nil {
			return err
		}
		l, from, made := c.Record, pathUnit(holderOf(c)), answered(c)
		if err := handOver(ctx, c, &warningv1.CustodyEntry{
			Kind: warningv1.CustodyKind_CUSTODY_KIND_ACCEPTED, From: from, GivenBy: made.GetOfferedBy(), To: to.GetName(),
			TakenBy: access.AuditInfoOf(ctx).Actor, Reason: made.GetNote(),
		}); err != nil {
			return err
		}
		l.Holder, l.HolderTitle = to.GetName(), to.GetTitle()
		if err := move(ctx, c, access.Path(to), access.Path(to)); err != nil {
			return err
		}
		tellParties(c, words.InboxCaseLeadAccepted(to.GetName(), titleOf(l)), from)
		return nil
	}, await(days))
}

// DeclineCaseLead leaves a lead with the unit that offers it, whose time goes on as it was.
func (s *Server) DeclineCaseLead(ctx context.Context, req *warningv1.DeclineCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.leads.ActBy(ctx, req, declineAct, isOffered, func(ctx context.Context, c *change) error {
		answered(c).DeclineReason = req.GetReason()
		by := access.PrincipalOf(ctx).Unit
		c.Tell(pathUnit(holderOf(c)), words.InboxCaseLeadDeclined(by, titleOf(c.Record)))
		return move(ctx, c, c.Beside[holderPath], c.Beside[holderPath])
	}, plan(days))
}

// answered ends the offer of a lead, which has been answered, and is that offer.
func answered(c *change) *warningv1.CaseLeadOffer {
	l := c.Record
	offerNoMore(l)
	if len(l.GetOffers()) == 0 {
		return &warningv1.CaseLeadOffer{} // a damaged record
	}
	made := l.GetOffers()[len(l.GetOffers())-1]
	made.AnsweredOn = c.Today().String()
	return made
}

// tellParties tells the unit that opened a lead, and others, save the one that has it and so knows. A message leads to the lead
// where its reader may get that.
func tellParties(c *change, says words.Sentence, others ...string) {
	opener, has := pathUnit(openerOf(c)), pathUnit(holderOf(c))
	told := map[string]bool{has: true}
	for _, unit := range append([]string{opener}, others...) {
		if !told[unit] {
			told[unit] = true
			c.Notify(record.Message{Unit: unit, Sentence: says, Resource: c.Record.GetName(), Unnamed: unit != opener})
		}
	}
}
