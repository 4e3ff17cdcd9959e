// Package reviews is how entries of the register, power items and risk points, are written, reviewed and put in force (T12, J4).
// A review goes through the stages of the scheme of the day; an approval holds for the content that it names; what the last stage
// approves is the next version, in force from that day.
package reviews

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// maxReviews is how many reviews an entry keeps beside what is written; of more, the first go.
const maxReviews = 100

// Entry is the message of an entry of the register.
type Entry interface {
	owed.Record
	GetState() riskv1.RegisterState
	GetStanding() *riskv1.Standing
	GetReturnCount() int32
	GetProblems() []string
}

// Register is the entries of one kind, with the rules of their review.
type Register[M Entry] struct {
	*collection.Collection[M]

	// Stages are those that entries of this kind go through.
	Stages func(*riskv1.Scheme) []*riskv1.ReviewStage
	// Title is what messages call an entry.
	Title func(M) string
	// Check names what is wrong with what is written, by the fields of a request that writes it.
	Check Check[M]
	// Complete names what else must be written of an entry that is handed in.
	Complete Check[M]
	// Approvable refuses an approval of what the caller may judge; nil where nothing more is asked.
	Approvable func(context.Context, *collection.Change[M], Approval) error
	// Writes are the calls, as full methods, that write an entry, and Drops the one that drops what was written.
	Writes []string
	Drops  string

	directory access.Directory
	judging   owed.Kind[M]
}

// Remind adds the job that reminds those who are to review.
func (r *Register[M]) Remind(env service.Env, job string) {
	r.directory = env.Directory
	r.judging = owed.Judging(r.Collection, func(entry M) words.Title {
		return words.Title{ID: entry.GetName(), Zh: r.Title(entry), En: r.Title(entry)}
	}, r.reviewer)
	r.judging.Ask = func(ctx context.Context, c *collection.Change[M]) (words.Sentence, error) {
		rules := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, rules); err != nil && !fault.IsNotFound(err) {
			return words.Sentence{}, err
		}
		return r.asks(c.Record, schemes.TitleIn(r.Stages(rules), c.Record.GetStanding().GetReviewStage())), nil
	}
	env.Followers.Add(r.judging.Handover("state = 'REGISTER_STATE_SUBMITTED'"))
	env.Queue.Add(r.judging.Job(job, env.Calendar))
}

// Check notes what is wrong with the content of an entry.
type Check[M Entry] func(context.Context, *collection.Change[M], *fault.Fields) error

// Written is the last rule of creating and changing an entry: it checks what is written and counts its hash.
func (r *Register[M]) Written(ctx context.Context, c *collection.Change[M]) error {
	var faults fault.Fields
	if err := r.Check(ctx, c, &faults); err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	hash, err := Hash(c.Record)
	standingOf(c.Record).ContentSha256 = hash
	return err
}

// Added tells a unit of an entry that somebody above begins in its register, as a rule of creating it.
func (r *Register[M]) Added(ctx context.Context, c *collection.Change[M]) error {
	c.TellFromAbove(ctx, words.InboxEntryAdded(access.PrincipalOf(ctx).Unit, r.Title(c.Record)))
	return nil
}

// Submission hands an entry in.
type Submission interface {
	GetProposal() riskv1.Proposal
	GetReason() string
}

// Submit hands an entry in to the first stage. What the review said before is left to be read, its approvals fall.
func (r *Register[M]) Submit(days *calendar.Calendar, asked Submission) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		if err := r.takeOver(ctx, c, asked.GetProposal()); err != nil {
			return err
		}
		if err := r.checkProposal(ctx, c, asked); err != nil {
			return err
		}
		rules := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, rules); err != nil {
			return err
		}
		standing := standingOf(c.Record)
		standing.Proposal, standing.ProposalReason = asked.GetProposal(), asked.GetReason()
		standing.SubmitTime = timestamppb.New(c.Now())
		standing.Reviews = slices.DeleteFunc(standing.GetReviews(), approves)
		return r.await(ctx, c, days, r.Stages(rules)[0])
	}
}

// checkProposal refuses to enter what is incomplete or in force already, to end what never was in force or is being changed, and
// what comes again as it was sent back (J4).
func (r *Register[M]) checkProposal(ctx context.Context, c *collection.Change[M], asked Submission) error {
	standing, enters := c.Record.GetStanding(), asked.GetProposal() == riskv1.Proposal_PROPOSAL_ENTER
	if standing.GetVersion() == 0 && !enters {
		return fault.Precondition(words.NotInForce())
	}
	if standing.GetVersion() > 0 {
		version, err := r.InForce(ctx, c)
		if err != nil {
			return err
		}
		switch same := version.GetStanding().GetContentSha256() == standing.GetContentSha256(); {
		case enters && same && !cameBack(standing): // under a redo even what is in force comes back
			return fault.Precondition(words.NothingChanged())
		case !enters && !same:
			return fault.Precondition(words.HasChanges())
		}
	}
	if err := checkReworked(ctx, c, asked); err != nil {
		return err
	}
	if !enters {
		return nil
	}
	return r.checkComplete(ctx, c)
}

// checkReworked refuses what says again what fault was found with: something must be written otherwise, or a file attached since.
// What ends has its reason to say otherwise; to whom a power goes may depend on others.
func checkReworked[M Entry](ctx context.Context, c *collection.Change[M], asked Submission) error {
	standing := c.Record.GetStanding()
	faulted, err := saysAgain(c.Record)
	if err != nil || !faulted {
		return err
	}
	last, proposal := lastReturn(standing), asked.GetProposal()
	endsAgain := proposal == riskv1.Proposal_PROPOSAL_END && last.GetProposal() == proposal &&
		prose.Gist(asked.GetReason()) == prose.Gist(standing.GetProposalReason())
	if proposal != riskv1.Proposal_PROPOSAL_ENTER && !endsAgain {
		return nil
	}
	return attachments.RequireSince(ctx, c, c.Record.GetName(), c.ActingUnit(), last.GetReviewTime().AsTime(), last.GetReason())
}

// saysAgain tells whether an entry says what fault was found with as it was sent back last.
func saysAgain[M Entry](entry M) (bool, error) {
	last := lastReturn(entry.GetStanding())
	if last.GetGistSha256() == "" {
		return false, nil
	}
	gist, err := gistHash(entry)
	return gist == last.GetGistSha256(), err
}

// cameBack tells whether an entry is what was sent back last, also where that was for no fault of it: a grade that a reviewer has
// given the version in force brings back only what had come back before.
func cameBack(standing *riskv1.Standing) bool {
	last := lastReturn(standing)
	return last != nil && last.GetContentSha256() == standing.GetContentSha256() &&
		(!revises(last) || last.GetGistSha256() != "" || last.GetTransferredFrom() != "")
}

// lastReturn is what sent an entry back last; nil where nothing did.
func lastReturn(standing *riskv1.Standing) *riskv1.Review {
	for _, review := range slices.Backward(standing.GetReviews()) {
		if !approves(review) {
			return review
		}
	}
	return nil
}

// checkComplete names the fields that keep an entry from being handed in: the scheme and the register may have changed since it
// was written.
func (r *Register[M]) checkComplete(ctx context.Context, c *collection.Change[M]) error {
	faults, err := r.faulty(ctx, c)
	if err != nil || len(faults) == 0 {
		return err
	}
	incomplete := fault.Precondition(words.EntryIncomplete())
	incomplete.Fields = faults
	return incomplete
}

// checkStill names the fields that keep an entry from coming in force: the scheme and the register may have changed since it was
// handed in, so that it is wrong by now or has another grade than its reviewers have read.
func (r *Register[M]) checkStill(ctx context.Context, c *collection.Change[M]) error {
	read, _ := proto.Clone(c.Record).(M)
	faults, err := r.faulty(ctx, c)
	if err == nil && len(faults) == 0 {
		faults = differing(read, c.Record)
	}
	if err != nil || len(faults) == 0 {
		return err
	}
	outdated := fault.Precondition(words.EntryOutdated())
	outdated.Fields = faults
	return outdated
}

// faulty are the fields of an entry that are wrong or missing.
func (r *Register[M]) faulty(ctx context.Context, c *collection.Change[M]) (faults fault.Fields, err error) {
	for _, check := range []Check[M]{r.Check, r.Complete} {
		if err := check(ctx, c, &faults); err != nil {
			return nil, err
		}
	}
	for i, f := range faults {
		_, faults[i].Path, _ = strings.Cut(f.Path, ".") // the request has no such message: what follows is the entry's own field
	}
	return faults, nil
}

// differing notes the fields in which two entries differ.
func differing[M Entry](one, other M) (faults fault.Fields) {
	a, b := one.ProtoReflect(), other.ProtoReflect()
	for i := range a.Descriptor().Fields().Len() {
		if field := a.Descriptor().Fields().Get(i); !a.Get(field).Equal(b.Get(field)) {
			faults.Add(string(field.Name()), words.OtherwiseNow())
		}
	}
	return faults
}

// Discard drops what is written: an entry is again as its version in force or, where it has none, ends.
func (r *Register[M]) Discard(ctx context.Context, c *collection.Change[M]) error {
	if c.Record.GetStanding().GetVersion() == 0 {
		setState(c.Record, ended)
		return nil
	}
	version, err := r.InForce(ctx, c)
	if err != nil {
		return err
	}
	version.GetStanding().Reviews = nil
	c.Record = version
	return nil
}

// Enter puts what is written in force from today, as the next version, which takes along the reviews that led to it.
func (r *Register[M]) Enter(ctx context.Context, c *collection.Change[M], reason string) error {
	standing := standingOf(c.Record)
	standing.Version++
	standing.EffectiveOn, standing.ChangeReason, standing.EnterTime = c.Today().String(), reason, timestamppb.New(c.Now())
	if err := r.PutInForce(ctx, c, standing.GetVersion(), c.Today()); err != nil {
		return err
	}
	standing.Reviews = nil
	return nil
}

// await has a stage be next, and tells the nearest unit that may pass it.
func (r *Register[M]) await(
	ctx context.Context, c *collection.Change[M], days *calendar.Calendar, stage *riskv1.ReviewStage,
) error {
	standing := standingOf(c.Record)
	standing.ReviewStage = stage.GetId()
	var err error
	if standing.ReviewingUnit, err = Passer(ctx, r.directory, stage, c.Units()); err != nil {
		return err
	}
	if err := r.judging.Await(days)(ctx, c); err != nil {
		return err
	}
	c.Tell(standing.GetReviewingUnit(), r.asks(c.Record, schemes.TitleOf(stage.GetId(), stage.GetTitle())))
	return nil
}

// asks asks who is to pass a stage, by what is proposed, and by when.
func (r *Register[M]) asks(entry M, stage words.Title) words.Sentence {
	limited, unlimited := words.InboxEntrySubmitted, words.InboxEntrySubmittedUnlimited
	switch entry.GetStanding().GetProposal() {
	case riskv1.Proposal_PROPOSAL_TRANSFER:
		limited, unlimited = words.InboxEntryTransferSubmitted, words.InboxEntryTransferSubmittedUnlimited
	case riskv1.Proposal_PROPOSAL_END:
		limited, unlimited = words.InboxEntryEndSubmitted, words.InboxEntryEndSubmittedUnlimited
	default: // to enter
	}
	unit, title := entry.GetUnit(), r.Title(entry)
	return owed.By(entry.GetStanding().GetJudging(), func(day string) words.Sentence {
		return limited(unit, title, day, stage)
	}, unlimited(unit, title, stage))
}

// passed has no stage be awaited any more.
func passed[M Entry](c *collection.Change[M]) {
	standing := standingOf(c.Record)
	standing.ReviewStage, standing.ReviewingUnit = "", ""
	owed.Judged(c.Record)
}

// addReview notes what a stage said of the content as it is.
func addReview[M Entry](ctx context.Context, c *collection.Change[M], review *riskv1.Review) {
	standing := standingOf(c.Record)
	review.Proposal, review.ContentSha256 = standing.GetProposal(), standing.GetContentSha256()
	review.Unit, review.ReviewTime = access.PrincipalOf(ctx).Unit, timestamppb.New(c.Now())
	standing.Reviews = collection.Last(append(standing.GetReviews(), review), maxReviews)
}

func approves(review *riskv1.Review) bool {
	return review.GetResult() == riskv1.ReviewResult_REVIEW_RESULT_APPROVED
}

// standingOf is the standing of an entry, to be changed.
func standingOf[M Entry](entry M) *riskv1.Standing {
	m := entry.ProtoReflect()
	standing, _ := m.Mutable(m.Descriptor().Fields().ByName("standing")).Message().Interface().(*riskv1.Standing)
	return standing
}

func setState[M Entry](entry M, state riskv1.RegisterState) {
	m := entry.ProtoReflect()
	m.Set(m.Descriptor().Fields().ByName("state"), protoreflect.ValueOfEnum(state.Number()))
}
