// Package redos has units search for risks anew where they went through the motions (J4).
package redos

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
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// RemindJob is the job that reminds units of redos.
const RemindJob = "risk.remind_redos"

// Server serves RedoService.
type Server struct {
	riskv1.UnsafeRedoServiceServer

	redos     collection.Collection[*riskv1.Redo]
	owed      owed.Kind[*riskv1.Redo]
	points    *riskpoints.Server
	directory access.Directory
	calendar  calendar.Source
}

type change = collection.Change[*riskv1.Redo]

// New makes the server and adds the job that reminds.
func New(env service.Env, points *riskpoints.Server) *Server {
	s := &Server{
		redos:  collected(env),
		points: points, directory: env.Directory, calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.Redo]{
		Records: &s.redos, Owed: "state = 'REDO_STATE_ORDERED'",
		Reminders: (*riskv1.Scheme).GetRedoReminders,
		Due:       func(r *riskv1.Redo) words.Sentence { return words.InboxRedoDue(r.GetDueOn()) },
		Overdue:   func(r *riskv1.Redo) words.Sentence { return words.InboxRedoOverdue(r.GetDueOn()) },
		OverdueBelow: func(r *riskv1.Redo) words.Sentence {
			return words.InboxRedoOverdueBelow(r.GetUnit(), r.GetDueOn())
		},
		OverdueSum: words.InboxRedoOverdueSum, OrderedBy: (*riskv1.Redo).GetOrderedBy,
	}
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar))
	return s
}

func collected(env service.Env) collection.Collection[*riskv1.Redo] {
	return collection.Collection[*riskv1.Redo]{Store: env.Store, Table: "redos", Life: Lifecycle}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterRedoServiceServer(r, s) }

// CreateRedo orders a unit to search anew.
func (s *Server) CreateRedo(ctx context.Context, req *riskv1.CreateRedoRequest) (*riskv1.Redo, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.redos.Create(ctx, req, req.GetRedo(), s.checkOrder, s.takeBack, s.owed.Plan(days), tellOrdered)
}

// GetRedo reads one redo.
func (s *Server) GetRedo(ctx context.Context, req *riskv1.GetRedoRequest) (*riskv1.Redo, error) {
	return s.redos.Get(ctx, req.GetName())
}

// ListRedos lists the redos of a subtree.
func (s *Server) ListRedos(ctx context.Context, req *riskv1.ListRedosRequest) (*riskv1.ListRedosResponse, error) {
	filters := []collection.Filter{collection.InEnum("state", req.GetStates())}
	if req.GetOverdue() {
		today := clock.Today(s.redos.Store.Clock)
		filters = append(filters, collection.Where("state = ? AND due_on < ?", ordered.String(), today))
	}
	list, next, err := s.redos.List(ctx, req, filters...)
	return &riskv1.ListRedosResponse{Redos: list, NextPageToken: next}, err
}

// CountRedos counts by unit and state, what is overdue and what was done late.
func (s *Server) CountRedos(ctx context.Context, _ *riskv1.CountRedosRequest) (*riskv1.CountRedosResponse, error) {
	rows, err := db.New(s.redos.Store).CountRedos(ctx, db.CountRedosParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.redos.Store.Clock), Ordered: ordered.String(),
	})
	counts := make([]*riskv1.RedoCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.RedoCount{
			Unit: resource.Name(resource.Units, r.UnitID), State: riskv1.RedoState(riskv1.RedoState_value[r.State]),
			Count: r.N, OverdueCount: r.Overdue, LateCount: r.Late,
		}
	}
	return &riskv1.CountRedosResponse{Counts: counts}, err
}

// CompleteRedo has the unit say that it has searched anew.
func (s *Server) CompleteRedo(ctx context.Context, req *riskv1.CompleteRedoRequest) (*riskv1.Redo, error) {
	return s.redos.Act(ctx, req, completeAct, checkHandedIn, func(_ context.Context, c *change) error {
		c.Record.Outcome, c.Record.DoneOn = req.GetOutcome(), c.Today().String()
		owed.Stop(c.Record)
		c.Tell(c.Record.GetOrderedBy(), words.InboxRedoDone(c.Record.GetUnit(), c.Record.GetDoneOn()))
		return nil
	})
}

// WithdrawRedo takes back an order; what came back under it is again what it was.
func (s *Server) WithdrawRedo(ctx context.Context, req *riskv1.WithdrawRedoRequest) (*riskv1.Redo, error) {
	return s.redos.ActBy(ctx, req, withdrawAct, s.requireOrderer, func(ctx context.Context, c *change) error {
		redo, caller := c.Record, access.PrincipalOf(ctx).Unit
		redo.WithdrawReason, redo.WithdrawnOn = req.GetReason(), c.Today().String()
		owed.Stop(redo)
		c.Tell(redo.GetUnit(), words.InboxRedoWithdrawn(caller, req.GetReason()))
		if caller != redo.GetOrderedBy() {
			c.Tell(redo.GetOrderedBy(), words.InboxRedoWithdrawnAbove(caller, redo.GetUnit(), req.GetReason()))
		}
		return s.points.Release(ctx, c.Tx, redo)
	})
}

// requireOrderer lets the unit take an order back that gave it, or one above that, by who could give it; never the one that is to
// search.
func (s *Server) requireOrderer(ctx context.Context, c *change) error {
	if err := s.requireReviewer(ctx, c); err != nil && !fault.IsNotFound(err) { // without a scheme nobody is named who may
		return err
	}
	ordered := c.Record.GetOrderedBy()
	return c.RequireMaker(ctx, ordered, words.NotMaker(words.Untitled(ordered)))
}

// checkOrder wants an order from above, for a day to come, to a unit that has none open.
func (s *Server) checkOrder(ctx context.Context, c *change) error {
	if err := s.requireReviewer(ctx, c); err != nil {
		return err // also where nothing is handed in that would ask
	}
	var faults fault.Fields
	faults.ParseComingDay("redo.due_on", c.Record.GetDueOn(), c.Today())
	if err := faults.Err(); err != nil {
		return err
	}
	unit := c.ActingUnit()
	if err := c.Lock(ctx, "redos of "+unit); err != nil {
		return err
	}
	open, err := db.New(c).CountOpenRedos(ctx, db.CountOpenRedosParams{
		UnitID: resource.ID(unit), Today: c.Today(), Ordered: ordered.String(),
	})
	if err == nil && open > 0 {
		return fault.Precondition(words.RedoOpen(words.Untitled(unit)))
	}
	return err
}

// requireReviewer requires that the caller may pass the last stage of the review of risk points, above the unit.
func (s *Server) requireReviewer(ctx context.Context, c *change) error {
	if err := reviews.Reviewer.May(ctx, c.Units()); err != nil {
		return err
	}
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	stages := scheme.GetPointReview()
	return reviews.RequireReviewer(ctx, s.directory, stages[len(stages)-1])
}

// takeBack has all that the unit found come back to it.
func (s *Server) takeBack(ctx context.Context, c *change) error {
	count, err := s.points.TakeBack(ctx, c.Tx, c.Units(), c.Record)
	c.Record.ReturnedPoints, c.Record.OrderedBy = count, access.PrincipalOf(ctx).Unit
	return err
}

func tellOrdered(_ context.Context, c *change) error {
	c.Tell(c.Record.GetUnit(), words.InboxRedoOrdered(c.Record.GetOrderedBy(), c.Record.GetDueOn(), c.Record.GetReason()))
	return nil
}

// checkHandedIn wants everything that came back to be handed in again, and something to be handed in since the order.
func checkHandedIn(ctx context.Context, c *change) error {
	missing, handedIn, err := riskpoints.RedoProgress(ctx, c.Tx, c.ActingUnit(), c.Record)
	switch {
	case err != nil:
		return err
	case missing > 0:
		return fault.Precondition(words.RedoUnfinished(strconv.FormatInt(missing, 10), strconv.FormatInt(handedIn, 10)))
	case handedIn == 0:
		return fault.Precondition(words.RedoEmpty())
	}
	return nil
}
