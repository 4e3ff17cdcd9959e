// Package polls keeps polls among the people of units, as counts alone (T15).
package polls

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// RemindJob is the job that reminds units of the polls that they are to hold and count.
const RemindJob = "risk.remind_polls"

// Server serves PollService.
type Server struct {
	riskv1.UnsafePollServiceServer

	polls    *collection.Collection[*riskv1.Poll]
	about    collection.Rule[*riskv1.Poll]
	failed   collection.Rule[*riskv1.Poll]
	owed     owed.Kind[*riskv1.Poll]
	calendar calendar.Source
}

// Change is one poll while it is entered or acted on.
type Change = collection.Change[*riskv1.Poll]

// Collection is the polls, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.Poll] {
	return &collection.Collection[*riskv1.Poll]{Store: env.Store, Table: "polls", Life: Lifecycle}
}

// New makes the server and adds the job that reminds. About and failed are the rules of a poll about an appointment that is new,
// and in which too few were satisfied.
func New(env service.Env, about, failed collection.Rule[*riskv1.Poll]) *Server {
	s := &Server{polls: Collection(env), about: about, failed: failed, calendar: env.Calendar}
	s.owed = owed.Kind[*riskv1.Poll]{
		Records: s.polls, Owed: "state = 'POLL_STATE_OPEN'",
		Reminders: (*riskv1.Scheme).GetPollReminders, DueField: "held_on",
		Due:     func(p *riskv1.Poll) words.Sentence { return words.InboxPollDue(p.GetTitle(), p.GetHeldOn()) },
		Overdue: func(p *riskv1.Poll) words.Sentence { return words.InboxPollOverdue(p.GetTitle(), p.GetHeldOn()) },
		OverdueBelow: func(p *riskv1.Poll) words.Sentence {
			return words.InboxPollOverdueBelow(p.GetUnit(), p.GetTitle(), p.GetHeldOn())
		},
		OverdueSum: words.InboxPollOverdueSum,
		Matters:    owed.Several("应当登记人数的测评", "polls to be held and counted"),
		Called:     func(p *riskv1.Poll) words.Title { return words.Titled(p) },
	}
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar))
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPollServiceServer(r, s) }

// CreatePoll enters a poll.
func (s *Server) CreatePoll(ctx context.Context, req *riskv1.CreatePollRequest) (*riskv1.Poll, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	rules := []collection.Rule[*riskv1.Poll]{collection.Own[*riskv1.Poll], check, s.owed.Plan(days)}
	if req.GetPoll().GetAppointment() != "" {
		rules = append(rules, s.about)
	}
	return s.polls.Create(ctx, req, req.GetPoll(), rules...)
}

// GetPoll reads one poll.
func (s *Server) GetPoll(ctx context.Context, req *riskv1.GetPollRequest) (*riskv1.Poll, error) {
	return s.polls.Get(ctx, req.GetName())
}

// ListPolls lists the polls of a subtree.
func (s *Server) ListPolls(ctx context.Context, req *riskv1.ListPollsRequest) (*riskv1.ListPollsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.polls.Store, &faults, "kinds", "pollKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates())}
	if req.GetOverdue() {
		filters = append(filters, collection.Where(
			"state = 'POLL_STATE_OPEN' AND held_on < ?", clock.Today(s.polls.Store.Clock)))
	}
	list, next, err := s.polls.List(ctx, req, filters...)
	return &riskv1.ListPollsResponse{Polls: list, NextPageToken: next}, err
}

// ClosePoll enters the answers and counts what came of them.
func (s *Server) ClosePoll(ctx context.Context, req *riskv1.ClosePollRequest) (*riskv1.Poll, error) {
	return s.polls.Act(ctx, req, closeAct, func(ctx context.Context, c *Change) error {
		kind, _, err := KindOf(ctx, c)
		if err != nil {
			return err
		}
		if err := end(ctx, c); err != nil {
			return err
		}
		if err := count(c.Record, kind, req.GetAnswers()); err != nil {
			return err
		}
		if !Valid(c.Record) {
			c.Tell(c.UnitAbove(), words.InboxPollInvalid(c.Record.GetUnit(), c.Record.GetTitle()))
		}
		if c.Record.GetAppointment() != "" && c.Record.GetOutcome() == riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED {
			return s.failed(ctx, c)
		}
		return nil
	})
}

// VoidPoll finds that a poll which was held says nothing.
func (s *Server) VoidPoll(ctx context.Context, req *riskv1.VoidPollRequest) (*riskv1.Poll, error) {
	return s.polls.Act(ctx, req, voidAct, end, func(ctx context.Context, c *Change) error {
		c.Record.Outcome, c.Record.VoidReason = riskv1.PollOutcome_POLL_OUTCOME_INVALID, req.GetReason()
		c.Tell(c.Record.GetUnit(), words.InboxPollVoid(c.Record.GetTitle(), access.PrincipalOf(ctx).Unit, req.GetReason()))
		return nil
	})
}

// held tells whether the day of a poll has come.
func held(c *Change) bool { return c.Today().String() >= c.Record.GetHeldOn() }

// end is the rule that a poll ends once its day has come.
func end(_ context.Context, c *Change) error {
	if !held(c) {
		return fault.Precondition(words.PollNotHeld(c.Record.GetHeldOn()))
	}
	c.Record.ClosedOn = c.Today().String()
	owed.Stop(c.Record)
	return nil
}

// WithdrawPoll takes a poll back before it is held: afterwards a unit would ask until the answer is right.
func (s *Server) WithdrawPoll(ctx context.Context, req *riskv1.WithdrawPollRequest) (*riskv1.Poll, error) {
	return s.polls.Act(ctx, req, withdrawAct, func(_ context.Context, c *Change) error {
		if held(c) {
			return fault.Precondition(words.PollHeld(c.Record.GetHeldOn()))
		}
		c.Record.WithdrawReason = req.GetReason()
		owed.Stop(c.Record)
		c.Tell(c.UnitAbove(), words.InboxPollWithdrawn(c.Record.GetUnit(), c.Record.GetTitle(), req.GetReason()))
		return nil
	})
}

// check holds a poll against the scheme. It is entered before it is held, so that nobody enters only those that came out well.
func check(ctx context.Context, c *Change) error {
	kind, scheme, err := KindOf(ctx, c)
	if err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "poll.kind", c.Record.GetKind(), scheme.GetPollKinds())
	if c.Record.GetAsked() < kind.GetMinAsked() {
		faults.Add("poll.asked", words.FewAsked(strconv.Itoa(int(kind.GetMinAsked()))))
	}
	heldOn, _ := faults.ParseComingDay("poll.held_on", c.Record.GetHeldOn(), c.Today())
	faults.CheckPlanned("poll.held_on", heldOn, c.Today())
	return faults.Err()
}

// KindOf is the kind of a poll, with the scheme that it goes by.
func KindOf(ctx context.Context, c *Change) (*riskv1.PollKind, *riskv1.Scheme, error) {
	scheme := &riskv1.Scheme{}
	err := schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme)
	kind, _ := schemes.Find(scheme.GetPollKinds(), c.Record.GetKind())
	return kind, scheme, err
}

// Counts tells whether a poll says something, or still may.
func Counts(poll *riskv1.Poll) bool {
	return poll.GetState() == open || Valid(poll)
}

// Valid tells whether a poll is closed and says something.
func Valid(poll *riskv1.Poll) bool { return poll.GetState() == closed && !Invalid(poll) }

// Invalid tells whether a poll was held and says nothing.
func Invalid(poll *riskv1.Poll) bool {
	return poll.GetOutcome() == riskv1.PollOutcome_POLL_OUTCOME_INVALID
}
