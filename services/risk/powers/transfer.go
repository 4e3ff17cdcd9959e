package powers

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

// A transfer is two reviews (T12). The first one, above the unit that has the power, makes a draft at the unit that is to have
// it. The second one, above that unit, puts the draft in force, and in the same transaction ends the power at the first unit,
// which has kept it so far and keeps it where the draft is discarded.

const (
	transfer = riskv1.Proposal_PROPOSAL_TRANSFER
	inForce  = riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	ended    = riskv1.RegisterState_REGISTER_STATE_ENDED

	transferAct lifecycle.Act = "transfer"
)

// Lifecycle is the life of a power item.
var Lifecycle = withTransfer(reviews.Table("PowerItem", riskv1.PowerItemService_SubmitPowerItem_FullMethodName))

func withTransfer(table lifecycle.Table[riskv1.RegisterState]) lifecycle.Table[riskv1.RegisterState] {
	other := lifecycle.By("unit that takes it over")
	table.Transitions = append(table.Transitions,
		lifecycle.Transition[riskv1.RegisterState]{From: inForce, Act: transferAct, To: ended, By: other},
		lifecycle.Transition[riskv1.RegisterState]{From: inForce, Act: transferAct, To: inForce, By: other})
	return table
}

// recipient is the unit that a request to submit would give the power to, without a name where there is none.
func (s *Server) recipient(ctx context.Context, req *riskv1.SubmitPowerItemRequest) (*networkv1.Unit, error) {
	switch transfers := req.GetProposal() == transfer; {
	case transfers && req.GetTransferTo() == "":
		return nil, fault.Invalid("transfer_to", words.Required())
	case !transfers && req.GetTransferTo() != "":
		return nil, fault.Invalid("transfer_to", words.Contradiction())
	case !transfers:
		return &networkv1.Unit{}, nil
	}
	if _, err := s.powers.Foresee(ctx, req, reviews.SubmitAct); err != nil {
		return nil, err
	}
	return access.LookUp(ctx, s.directory, "transfer_to", req.GetTransferTo())
}

// propose notes who is to have the power: another unit of the same scheme.
func (s *Server) propose(to *networkv1.Unit) collection.Rule[*riskv1.PowerItem] {
	return func(ctx context.Context, c *change) error {
		c.Record.TransferTo = to.GetName()
		if to.GetName() == "" {
			return nil
		}
		if to.GetName() == c.Record.GetUnit() { // the one that acts for it since it has ended may have it for good
			return fault.Invalid("transfer_to", words.SameUnit(words.Titled(to)))
		}
		own, err := schemes.EffectiveVersion(ctx, c, c.Units(), c.Today())
		if err != nil {
			return err
		}
		theirs, err := schemes.EffectiveVersion(ctx, c, access.PathIDs(to), c.Today())
		if err != nil && !fault.IsNotFound(err) {
			return err
		}
		if theirs.Version != own.Version {
			return fault.Invalid("transfer_to", words.OtherScheme(words.Titled(to)))
		}
		return nil
	}
}

// requireKept refuses to change a power while another unit takes it over.
func requireKept(_ context.Context, c *change) error {
	if c.Record.GetTransferredTo() != "" {
		return fault.Precondition(words.TransferPending(words.Untitled(c.Record.GetTransferTo())))
	}
	return nil
}

// approvedRecipient is the unit that the approval of a power item would give it to.
func (s *Server) approvedRecipient(ctx context.Context, req *riskv1.ApprovePowerItemRequest) (*networkv1.Unit, error) {
	found, err := s.powers.Foresee(ctx, req, reviews.ApproveAct)
	if err != nil || found.Record.GetStanding().GetProposal() != transfer {
		return &networkv1.Unit{}, err
	}
	return access.LookUp(ctx, s.directory, "name", found.Record.GetTransferTo())
}

// give makes a draft of a power whose transfer is approved at the unit that is to have it. Positions don't go along.
func (s *Server) give(to *networkv1.Unit) collection.Rule[*riskv1.PowerItem] {
	return func(ctx context.Context, c *change) error {
		item := c.Record
		if item.GetStanding().GetProposal() != transfer {
			return nil
		}
		if item.GetTransferTo() != to.GetName() { // it was handed in anew since it was read
			return fault.New(codes.Aborted, words.Conflict())
		}
		draft := &riskv1.PowerItem{
			Kind: item.GetKind(), Title: item.GetTitle(), LegalBasis: item.GetLegalBasis(), TransferredFrom: item.GetName(),
		}
		for _, step := range item.GetSteps() {
			bare := proto.CloneOf(step)
			bare.Position = ""
			draft.Steps = append(draft.Steps, bare)
		}
		made, err := s.powers.CreateIn(ctx, c.Tx, to, draft, s.powers.Written)
		if err != nil {
			return err
		}
		item.TransferredTo = made.GetName()
		tell(c, made, words.InboxPowerGiven(item.GetUnit(), item.GetTitle()))
		tell(c, item, words.InboxPowerTransferApproved(item.GetTitle(), to.GetName()))
		return nil
	}
}

// takeOver ends a power at the unit that has had it, once it is in force at the one that it was given to, which its risk
// points go to.
func (s *Server) takeOver(ctx context.Context, c *change) error {
	if c.Record.GetStanding().GetVersion() > 0 || c.Record.GetState() != inForce {
		return nil
	}
	return s.settle(ctx, c, func(ctx context.Context, given *change) error {
		tell(given, given.Record, words.InboxPowerTransferred(given.Record.GetTitle(), c.Record.GetUnit()))
		if err := s.points.RequireStaying(ctx, given); err != nil {
			return err
		}
		if err := s.points.GoAlong(ctx, given, c); err != nil {
			return err
		}
		return s.powers.EndInForce(ctx, given, given.Today())
	})
}

// giveBack leaves a power with the unit that has it, where the draft at the one that it was given to is discarded.
func (s *Server) giveBack(ctx context.Context, c *change) error {
	if c.Record.GetState() != ended {
		return nil
	}
	return s.settle(ctx, c, func(_ context.Context, given *change) error {
		given.Record.State, given.Record.TransferTo, given.Record.TransferredTo = inForce, "", ""
		tell(given, given.Record, words.InboxPowerGivenBack(c.Record.GetUnit(), given.Record.GetTitle()))
		return nil
	})
}

// tell tells the unit of a power item of what became of it.
func tell(c *change, item *riskv1.PowerItem, says words.Sentence) {
	c.Notify(record.Message{Unit: item.GetUnit(), Sentence: says, Resource: item.GetName()})
}

// settle concludes the transfer that a power item came by, if it did. Who decides about it need not reach the other unit. A power
// is always locked after the one that goes on from it.
func (s *Server) settle(ctx context.Context, c *change, rule collection.Rule[*riskv1.PowerItem]) error {
	if c.Record.GetTransferredFrom() == "" {
		return nil
	}
	given := *s.powers.Collection
	given.Reach = func(context.Context, *change) error { return nil }
	_, err := given.ActIn(ctx, c.Tx, &riskv1.PowerItem{Name: c.Record.GetTransferredFrom()}, transferAct, nil, rule)
	return err
}
