// Package polls keeps polls among the people of units, as counts alone (T15).
package polls

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// Server serves PollService.
type Server struct {
	riskv1.UnsafePollServiceServer

	polls *collection.Collection[*riskv1.Poll]
	about collection.Rule[*riskv1.Poll]
}

// Change is one poll while it is entered or acted on.
type Change = collection.Change[*riskv1.Poll]

// Collection is the polls, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.Poll] {
	return &collection.Collection[*riskv1.Poll]{Store: env.Store, Table: "polls", Life: Lifecycle}
}

// New makes the server. About is the rule of a new poll that is about an appointment.
func New(env service.Env, about collection.Rule[*riskv1.Poll]) *Server {
	return &Server{polls: Collection(env), about: about}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPollServiceServer(r, s) }

// CreatePoll enters a poll.
func (s *Server) CreatePoll(ctx context.Context, req *riskv1.CreatePollRequest) (*riskv1.Poll, error) {
	rules := []collection.Rule[*riskv1.Poll]{collection.Own[*riskv1.Poll], check}
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
	list, next, err := s.polls.List(ctx, req, collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()))
	return &riskv1.ListPollsResponse{Polls: list, NextPageToken: next}, err
}

// ClosePoll enters the answers and counts what came of them.
func (s *Server) ClosePoll(ctx context.Context, req *riskv1.ClosePollRequest) (*riskv1.Poll, error) {
	return s.polls.Act(ctx, req, closeAct, func(ctx context.Context, c *Change) error {
		if today := c.Today().String(); today < c.Record.GetHeldOn() {
			return fault.Precondition(words.PollNotHeld(c.Record.GetHeldOn()))
		}
		kind, _, err := KindOf(ctx, c)
		if err != nil {
			return err
		}
		c.Record.ClosedOn = c.Today().String()
		return count(c.Record, kind, req.GetAnswers())
	})
}

// WithdrawPoll takes a poll back.
func (s *Server) WithdrawPoll(ctx context.Context, req *riskv1.WithdrawPollRequest) (*riskv1.Poll, error) {
	return s.polls.Act(ctx, req, withdrawAct, func(_ context.Context, c *Change) error {
		c.Record.WithdrawReason = req.GetReason()
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
	owed.CheckDay(&faults, "poll.held_on", c.Record.GetHeldOn(), c.Today())
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

// Valid tells whether a poll is closed and enough people answered.
func Valid(poll *riskv1.Poll) bool {
	return poll.GetState() == closed && poll.GetOutcome() != riskv1.PollOutcome_POLL_OUTCOME_INVALID
}
