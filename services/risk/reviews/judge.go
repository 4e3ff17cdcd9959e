package reviews

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Return sends an entry back.
type Return interface {
	GetReason() string
	GetProblems() []string
}

// noteReturn counts that an entry was sent back, and has it keep for which problems, each once (J4).
func noteReturn[M Entry](entry M, problems []string) {
	m := entry.ProtoReflect()
	count := m.Descriptor().Fields().ByName("return_count")
	m.Set(count, protoreflect.ValueOfInt32(entry.GetReturnCount()+1))
	kept := m.Mutable(m.Descriptor().Fields().ByName("problems")).List()
	for _, problem := range problems {
		if !slices.Contains(entry.GetProblems(), problem) {
			kept.Append(protoreflect.ValueOfString(problem))
		}
	}
}

// KeepReturns is the rule of what is again as its version in force: how often it was sent back stays, and why.
func (r *Register[M]) KeepReturns(_ context.Context, c *collection.Change[M]) error {
	m, before := c.Record.ProtoReflect(), c.Before.ProtoReflect()
	for _, name := range []protoreflect.Name{"return_count", "problems"} {
		if field := m.Descriptor().Fields().ByName(name); before.Has(field) {
			m.Set(field, before.Get(field))
		}
	}
	return nil
}

// Return sends an entry back from the stage that is awaited, with the reason and what did not conform.
func (r *Register[M]) Return(asked Return) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		rules, stage, err := r.judge(ctx, c)
		if err != nil {
			return err
		}
		var faults fault.Fields
		schemes.CheckAllKnown(&faults, "problems", asked.GetProblems(), rules.GetProblems())
		if err := faults.Err(); err != nil {
			return err
		}
		gist, err := gistHash(c.Record)
		if err != nil {
			return err
		}
		addReview(ctx, c, &riskv1.Review{
			Stage: stage.GetId(), Result: riskv1.ReviewResult_REVIEW_RESULT_RETURNED, Reason: asked.GetReason(),
			Problems: asked.GetProblems(), GistSha256: gist,
		})
		noteReturn(c.Record, asked.GetProblems())
		passed(c)
		c.Tell(c.Record.GetUnit(), words.InboxEntryReturned(
			r.Title(c.Record), schemes.TitleOf(stage.GetId(), stage.GetTitle()), asked.GetReason()))
		return nil
	}
}

// Approval approves the content of an entry.
type Approval interface {
	GetContentSha256() string
	GetReason() string
}

// Approve passes the stage that is awaited; after the last one the entry is in force, or ends. What comes in force is held
// against the register and the scheme once more, as either may have changed since it was handed in. The rules of the last
// stage see it in its new state, before it becomes a version.
func (r *Register[M]) Approve(
	days *calendar.Calendar, asked Approval, last ...collection.Rule[M],
) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		rules, stage, err := r.judge(ctx, c)
		if err != nil {
			return err
		}
		if err := r.requireOther(ctx, c); err != nil {
			return err
		}
		if err := requireLiving(c); err != nil {
			return err
		}
		standing := standingOf(c.Record)
		if asked.GetContentSha256() != standing.GetContentSha256() {
			return fault.Precondition(words.ContentChanged()).OnField("content_sha256")
		}
		if r.Approvable != nil {
			if err := r.Approvable(ctx, c, asked); err != nil {
				return err
			}
		}
		addReview(ctx, c, &riskv1.Review{
			Stage: stage.GetId(), Result: riskv1.ReviewResult_REVIEW_RESULT_APPROVED, Reason: asked.GetReason(),
		})
		if next := awaited(r.Stages(rules), standing); next != nil {
			return r.await(ctx, c, days, next)
		}
		passed(c)
		return r.conclude(ctx, c, last)
	}
}

// requireOther refuses who has passed a stage before: several stages are there for several people to judge.
func (r *Register[M]) requireOther(ctx context.Context, c *collection.Change[M]) error {
	if !slices.ContainsFunc(c.Record.GetStanding().GetReviews(), approves) {
		return nil
	}
	return journal.RequireOther(ctx, c, c.Record.GetName(), r.Life.Judges(submitted.Number(), ApproveAct)...)
}

// conclude does what was proposed. What is transferred stays in force: the rules of its kind do the rest.
func (r *Register[M]) conclude(ctx context.Context, c *collection.Change[M], last []collection.Rule[M]) error {
	proposal, title := c.Record.GetStanding().GetProposal(), r.Title(c.Record)
	if proposal == riskv1.Proposal_PROPOSAL_ENTER {
		if err := r.checkStill(ctx, c); err != nil {
			return err
		}
	}
	setState(c.Record, inForce)
	if proposal == riskv1.Proposal_PROPOSAL_END {
		setState(c.Record, ended)
	}
	for _, rule := range last {
		if err := rule(ctx, c); err != nil {
			return err
		}
	}
	switch proposal {
	case riskv1.Proposal_PROPOSAL_TRANSFER:
		return nil
	case riskv1.Proposal_PROPOSAL_END:
		c.Tell(c.Record.GetUnit(), words.InboxEntryEnded(title))
		return r.EndInForce(ctx, c, c.Today())
	default:
		c.Tell(c.Record.GetUnit(), words.InboxEntryInForce(title))
		return r.Enter(ctx, c, c.Record.GetStanding().GetProposalReason())
	}
}

// Revise puts in force at once what a reviewer of the last stage changes, with a reason, of an entry that is in force. Rules do
// the change. What is written beside the version in force keeps its words, and takes over what the reviewer has changed;
// handed in, it comes back, since its reviewers never saw it so.
func (r *Register[M]) Revise(reason string, take collection.Rule[M], rules ...collection.Rule[M]) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		stage, err := r.lastStage(ctx, c)
		if err != nil {
			return err
		}
		if err := r.requireNeverWriter(ctx, c); err != nil {
			return err
		}
		written, before := c.Record, c.Before
		if written.GetState() != inForce {
			if err := r.turnToInForce(ctx, c); err != nil {
				return err
			}
		}
		for _, rule := range rules {
			if err := rule(ctx, c); err != nil {
				return err
			}
		}
		hash, err := Hash(c.Record)
		if err != nil {
			return err
		}
		standing := standingOf(c.Record)
		standing.ContentSha256, standing.Proposal, standing.ProposalReason = hash, riskv1.Proposal_PROPOSAL_ENTER, reason
		standing.RegradedVersion = standing.GetVersion() + 1
		addReview(ctx, c, &riskv1.Review{
			Stage: stage.GetId(), Result: riskv1.ReviewResult_REVIEW_RESULT_APPROVED, Reason: reason,
			RevisedVersion: standing.GetVersion() + 1,
		})
		if err := r.Enter(ctx, c, reason); err != nil || written.GetState() == inForce {
			return err
		}
		return r.keepWritten(ctx, c, written, before, stage, reason, take)
	}
}

// turnToInForce has a change be one of the version in force.
func (r *Register[M]) turnToInForce(ctx context.Context, c *collection.Change[M]) error {
	if c.Record.GetStanding().GetVersion() == 0 {
		return fault.Precondition(words.NotInForce())
	}
	version, err := r.InForce(ctx, c)
	if err != nil {
		return err
	}
	version.GetStanding().Reviews = nil
	c.Record = version
	c.Before, _ = proto.Clone(version).(M)
	return nil
}

// keepWritten turns back to what is written, which then knows of the version that is in force, takes over what was changed,
// and says so among its reviews; handed in, it is sent back. What had come back and not been reworked is as it was: where fault
// was found with it, it has still to say otherwise.
func (r *Register[M]) keepWritten(
	ctx context.Context, c *collection.Change[M], written, before M, stage *riskv1.ReviewStage, reason string,
	take collection.Rule[M],
) error {
	entered, standing := c.Record.GetStanding(), standingOf(written)
	standsAs(written, c.Record)
	c.Record, c.Before = written, before
	faulted, err := saysAgain(written)
	if err != nil {
		return err
	}
	unreworked := cameBack(standing) || faulted
	if err := take(ctx, c); err != nil {
		return err
	}
	hash, err := Hash(c.Record)
	if err != nil {
		return err
	}
	review := &riskv1.Review{
		Stage: stage.GetId(), Result: riskv1.ReviewResult_REVIEW_RESULT_RETURNED, Reason: reason,
		RevisedVersion: entered.GetVersion(),
	}
	standing.ContentSha256 = entered.GetContentSha256() // nobody has judged what is written
	if unreworked {
		standing.ContentSha256, review.TransferredFrom = hash, lastReturn(standing).GetTransferredFrom()
	}
	if faulted {
		if review.GistSha256, err = gistHash(c.Record); err != nil {
			return err
		}
	}
	passed(c)
	addReview(ctx, c, review)
	standing.ContentSha256 = hash
	if before.GetState() == submitted { // else it was told of the change itself
		c.Tell(written.GetUnit(), words.InboxEntryReturned(
			r.Title(written), schemes.TitleOf(stage.GetId(), stage.GetTitle()), reason))
	}
	return nil
}

// standsAs has what is written of an entry know of the version that is in force beside it.
func standsAs[M Entry](written, version M) {
	entered, standing := version.GetStanding(), standingOf(written)
	standing.Version, standing.EffectiveOn = entered.GetVersion(), entered.GetEffectiveOn()
	standing.ChangeReason, standing.EnterTime = entered.GetChangeReason(), entered.GetEnterTime()
	standing.RegradedVersion = entered.GetRegradedVersion()
}

// TakeBack sends back, with a reason, what is handed in or in force, by a reviewer of the last stage.
func (r *Register[M]) TakeBack(reason string) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		stage, err := r.lastStage(ctx, c)
		if err != nil {
			return err
		}
		gist, err := gistHash(c.Record)
		if err != nil {
			return err
		}
		addReview(ctx, c, &riskv1.Review{
			Stage: stage.GetId(), Result: riskv1.ReviewResult_REVIEW_RESULT_RETURNED, Reason: reason, GistSha256: gist,
		})
		passed(c)
		return nil
	}
}

// Release takes back what TakeBack sent back with a reason, at a time: what stands as it was in force is in force again, what was
// written since, or never was in force, is a draft, and what was handed in since stays so, as does what was sent back before.
func (r *Register[M]) Release(ctx context.Context, c *collection.Change[M], reason string, at time.Time) error {
	standing := standingOf(c.Record)
	back := slices.IndexFunc(standing.GetReviews(), func(review *riskv1.Review) bool {
		return !approves(review) && review.GetReason() == reason && !review.GetReviewTime().AsTime().Before(at)
	})
	if back < 0 {
		return nil
	}
	last := back == len(standing.GetReviews())-1
	standing.Reviews = slices.Delete(standing.GetReviews(), back, back+1)
	if c.Record.GetState() != returned || !last {
		return nil // it was sent back for another reason since
	}
	setState(c.Record, draft)
	if standing.GetVersion() == 0 {
		return nil
	}
	version, err := r.InForce(ctx, c)
	if err != nil || version.GetStanding().GetContentSha256() != standing.GetContentSha256() {
		return err
	}
	return r.Discard(ctx, c)
}

// lastStage is the last stage by the scheme of the day, and requires that the caller may pass it.
func (r *Register[M]) lastStage(ctx context.Context, c *collection.Change[M]) (*riskv1.ReviewStage, error) {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return nil, err
	}
	stage := r.Stages(scheme)[len(r.Stages(scheme))-1]
	return stage, RequireReviewer(ctx, r.directory, stage)
}

// judge finds the scheme of the day and the stage that is awaited, and requires that the caller may pass it.
func (r *Register[M]) judge(ctx context.Context, c *collection.Change[M]) (*riskv1.Scheme, *riskv1.ReviewStage, error) {
	rules := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, rules); err != nil {
		return nil, nil, err
	}
	stages := r.Stages(rules)
	stage := awaited(stages, c.Record.GetStanding())
	if stage == nil { // the scheme has dropped the stage that was missing
		stage = stages[len(stages)-1]
	}
	if err := RequireReviewer(ctx, r.directory, stage); err != nil {
		return nil, nil, err
	}
	return rules, stage, r.requireNotWriter(ctx, c)
}

// requireNotWriter refuses who wrote of an entry what is not in force yet, whoever handed it in (J4). What was written before a
// reviewer changed what is in force isn't either: there, whoever ever wrote of it is refused.
func (r *Register[M]) requireNotWriter(ctx context.Context, c *collection.Change[M]) error {
	entered := c.Record.GetStanding().GetEnterTime().AsTime() // the epoch where it never was in force
	if slices.ContainsFunc(c.Record.GetStanding().GetReviews(), revises) {
		entered = time.Unix(0, 0)
	}
	return journal.RequireNotWriter(ctx, c, c.Record.GetName(), entered, r.Writes, r.Drops)
}

func revises(review *riskv1.Review) bool { return review.GetRevisedVersion() > 0 }

// requireNeverWriter refuses who wrote of an entry what is or was in force: a revision has no further judge (J4).
func (r *Register[M]) requireNeverWriter(ctx context.Context, c *collection.Change[M]) error {
	return journal.RequireNotWriter(ctx, c, c.Record.GetName(), time.Unix(0, 0), r.Writes, "")
}

// awaited is the first stage that has not approved what is written; nil where all have.
func awaited(stages []*riskv1.ReviewStage, standing *riskv1.Standing) *riskv1.ReviewStage {
	for _, stage := range stages {
		if !slices.ContainsFunc(standing.GetReviews(), func(review *riskv1.Review) bool {
			return approves(review) && review.GetStage() == stage.GetId()
		}) {
			return stage
		}
	}
	return nil
}
