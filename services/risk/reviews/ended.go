package reviews

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// What never was in force doesn't come in force at a unit that has ended: the one that acts for it hands it in as its own, so
// that reviewers read whose it is. What is in force already keeps the name of the unit that had it (ADR 037).

// takeOver gives what a unit that has ended wrote, and a proposal would bring in force for the first time, to who hands it in.
func (r *Register[M]) takeOver(ctx context.Context, c *collection.Change[M], proposal riskv1.Proposal) error {
	if !entersAtEnded(c, proposal) {
		return nil
	}
	if err := r.TakeOver(ctx, c); err != nil {
		return err
	}
	hash, err := Hash(c.Record)
	standingOf(c.Record).ContentSha256 = hash
	return err
}

// requireLiving refuses to approve what would come in force for the first time at a unit that has ended since it was handed in.
func requireLiving[M Entry](c *collection.Change[M]) error {
	if !entersAtEnded(c, c.Record.GetStanding().GetProposal()) {
		return nil
	}
	return fault.Precondition(words.EntryOfEnded(words.Untitled(c.Record.GetUnit()), words.Untitled(c.ActingUnit())))
}

func entersAtEnded[M Entry](c *collection.Change[M], proposal riskv1.Proposal) bool {
	return proposal == riskv1.Proposal_PROPOSAL_ENTER && c.Record.GetStanding().GetVersion() == 0 &&
		c.ActingUnit() != c.Record.GetUnit()
}
