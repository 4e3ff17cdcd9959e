package caseleads

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/filings"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// ReturnCaseLead gives a lead back to the unit that it was taken over from; an offer of it ends so, as by each act of who has it.
// The directory is asked before the transaction begins.
func (s *Server) ReturnCaseLead(ctx context.Context, req *warningv1.ReturnCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.leads.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		c, err := s.leads.Foresee(ctx, req, returnAct)
		if err != nil {
			return nil, err
		}
		if err := isHolder(ctx, c); err != nil {
			return nil, err
		}
		return s.giver(ctx, c)
	}, func(ctx context.Context, to *networkv1.Unit) (*warningv1.CaseLead, error) {
		return s.leads.ActBy(ctx, req, returnAct, isHolder, endOffer, giveBack(to, req.GetReason()), await(days),
			func(_ context.Context, c *change) error {
				from, l := access.PrincipalOf(ctx).Unit, c.Record
				c.Tell(to.GetName(), words.InboxCaseLeadReturned(from, titleOf(l), l.GetDueOn()))
				return nil
			})
	})
}

// giver is the unit that a lead was taken over from, or acts for that one; a fault where it was not, or can't go back there.
func (s *Server) giver(ctx context.Context, c *change) (*networkv1.Unit, error) {
	e := last(c.Record)
	if e.GetKind() != warningv1.CustodyKind_CUSTODY_KIND_ACCEPTED {
		return nil, fault.Precondition(words.NotTakenOver())
	}
	acting, err := collection.ActingUnits(ctx, s.leads.Store, e.GetFrom())
	if err != nil {
		return nil, err
	}
	to, err := s.directory.Unit(ctx, acting[e.GetFrom()])
	if fault.IsNotFound(err) {
		return nil, fault.Precondition(words.NotTakenOver())
	}
	if err != nil {
		return nil, err
	}
	its, err := access.Line(ctx, s.directory, to)
	if err != nil {
		return nil, err
	}
	if isSubject(c, its) || to.GetName() == pathUnit(holderOf(c)) {
		return nil, fault.Precondition(words.NotTakenOver())
	}
	return to, nil
}

// giveBack leads a lead back to a unit.
func giveBack(to *networkv1.Unit, reason string) rule {
	return func(ctx context.Context, c *change) error {
		if last(c.Record).GetKind() != warningv1.CustodyKind_CUSTODY_KIND_ACCEPTED || isSubject(c, access.PathIDs(to)) {
			return fault.Precondition(words.NotTakenOver()) // since it was looked up
		}
		if err := handOver(ctx, c, &warningv1.CustodyEntry{
			Kind: warningv1.CustodyKind_CUSTODY_KIND_RETURNED, From: pathUnit(holderOf(c)),
			GivenBy: access.AuditInfoOf(ctx).Actor, To: to.GetName(), Reason: reason,
		}); err != nil {
			return err
		}
		c.Record.Holder, c.Record.HolderTitle = to.GetName(), to.GetTitle()
		return move(ctx, c, access.Path(to), access.Path(to))
	}
}

// FileCaseLead records that a lead went to a body outside the suite.
func (s *Server) FileCaseLead(ctx context.Context, req *warningv1.FileCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.leads.ActBy(ctx, req, fileAct, isHolder, endOffer, func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		var faults fault.Fields
		since := calendar.DateOf(last(c.Record).GetEntryTime().AsTime(), calendar.Shanghai).String()
		filings.Check(&faults, req.GetFiling(), []*warningv1.CaseLeadFiling(nil), kind.GetFiledWith(), since, c.Today())
		if err := faults.Err(); err != nil {
			return err
		}
		filing := proto.CloneOf(req.GetFiling())
		if err := handOver(ctx, c, &warningv1.CustodyEntry{
			Kind: warningv1.CustodyKind_CUSTODY_KIND_FILED, From: pathUnit(holderOf(c)), GivenBy: access.AuditInfoOf(ctx).Actor,
			Filing: filing,
		}); err != nil {
			return err
		}
		c.Record.Filing = proto.CloneOf(filing)
		body := schemes.TitleIn(kind.GetFiledWith(), filing.GetFiledWith())
		tellParties(c, words.InboxCaseLeadFiled(pathUnit(holderOf(c)), titleOf(c.Record), body))
		return nil
	}, await(days))
}

// CloseCaseLead records what came of a lead.
func (s *Server) CloseCaseLead(ctx context.Context, req *warningv1.CloseCaseLeadRequest) (*warningv1.CaseLead, error) {
	return s.leads.ActBy(ctx, req, closeAct, isHolder, endOffer, func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		var faults fault.Fields
		schemes.CheckKnown(&faults, "outcome", req.GetOutcome(), kind.GetOutcomes())
		outcome, _ := schemes.Find(kind.GetOutcomes(), req.GetOutcome())
		l := c.Record
		l.Outcome, l.OutcomeTitle, l.OutcomeNote = req.GetOutcome(), outcome.GetTitle(), req.GetNote()
		l.ClosedOn = c.Today().String()
		awaitNothing(l)
		tellParties(c, words.InboxCaseLeadClosed(pathUnit(holderOf(c)), titleOf(l)))
		return faults.Err()
	})
}

// WithdrawCaseLead takes back a lead that the unit that opened it has. Its finding is to be handled again.
func (s *Server) WithdrawCaseLead(ctx context.Context, req *warningv1.WithdrawCaseLeadRequest) (*warningv1.CaseLead, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.leads.ActBy(ctx, req, withdrawAct, isOpener, endOffer, func(ctx context.Context, c *change) error {
		l := c.Record
		l.WithdrawReason = req.GetReason()
		awaitNothing(l)
		if !l.GetFindingTakenUp() {
			return nil
		}
		return findings.Release(ctx, c.Tx, days, []string{l.GetFinding()}, l.GetName())
	})
}
