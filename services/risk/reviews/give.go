package reviews

import (
	"context"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
)

// An entry goes, or ends, with another one that it hangs on, by the review of that one (T12).

// Give gives an entry to another unit, the last of some, given as identifiers, the root first. Rewritten for it, what is in
// force is so there from today, with a reason, and comes back to that unit, which hands it in anew; a draft that never was
// stays one.
func (r *Register[M]) Give(
	ctx context.Context, c *collection.Change[M], units []string, reason string, rewrite func(M) error,
) error {
	from, inForceBefore := c.Record.GetUnit(), c.Record.GetStanding().GetVersion() > 0
	var version M
	if inForceBefore {
		var err error
		if version, err = r.InForce(ctx, c); err != nil {
			return err
		}
		if err := r.EndInForce(ctx, c, c.Today()); err != nil { // where it was
			return err
		}
	}
	if err := r.GiveTo(ctx, c, units); err != nil {
		return err
	}
	if inForceBefore {
		if err := r.enterGiven(ctx, c, version, reason, rewrite); err != nil {
			return err
		}
		setState(c.Record, returned)
	}
	if err := rewriteAll(c.Record, rewrite); err != nil {
		return err
	}
	passed(c)
	if inForceBefore || c.Before.GetState() == submitted {
		addReview(ctx, c, &riskv1.Review{
			Result: riskv1.ReviewResult_REVIEW_RESULT_RETURNED, Reason: reason, TransferredFrom: from,
		})
	}
	return nil
}

// enterGiven puts a version that was in force at another unit in force at the one that has the entry since.
func (r *Register[M]) enterGiven(
	ctx context.Context, c *collection.Change[M], version M, reason string, rewrite func(M) error,
) error {
	written := c.Record
	m := version.ProtoReflect()
	field := m.Descriptor().Fields().ByName("unit")
	m.Set(field, written.ProtoReflect().Get(field))
	if err := rewriteAll(version, rewrite); err != nil {
		return err
	}
	standingOf(version).Reviews = nil // they led to the version before
	c.Record = version
	if err := r.Enter(ctx, c, reason); err != nil {
		return err
	}
	c.Record = written
	standsAs(written, version)
	return nil
}

// rewriteAll rewrites an entry and counts its hash.
func rewriteAll[M Entry](entry M, rewrite func(M) error) error {
	if err := rewrite(entry); err != nil {
		return err
	}
	hash, err := Hash(entry)
	standingOf(entry).ContentSha256 = hash
	return err
}

// EndWith ends an entry for the reason for which the one ends that it hangs on.
func (r *Register[M]) EndWith(ctx context.Context, c *collection.Change[M], reason string) error {
	passed(c)
	standing := standingOf(c.Record)
	standing.Proposal, standing.ProposalReason = riskv1.Proposal_PROPOSAL_END, reason
	if standing.GetVersion() == 0 {
		return nil
	}
	return r.EndInForce(ctx, c, c.Today())
}
