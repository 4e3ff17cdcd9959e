package training

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

type change = collection.Change[*networkv1.TrainingSession]

// acting has the sessions and plans of a unit that has ended go on with its successor.
func acting(ctx context.Context, from database.Statements, path string, on calendar.Date) (*networkv1.Unit, error) {
	return units.Successor(ctx, from, path, on)
}

// ScheduleTrainingSession stores a session.
func (s *Server) ScheduleTrainingSession(
	ctx context.Context, req *networkv1.ScheduleTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return s.sessions.Create(ctx, req, req.GetSession(), collection.Own, s.checkSession)
}

// checkSession finds every fault of a session.
func (s *Server) checkSession(ctx context.Context, c *change) error {
	scheme, err := s.directory.Scheme(ctx, c.Record.GetUnit())
	if err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "session.form", c.Record.GetForm(), scheme.GetTrainingForms())
	first, _ := faults.ParseDay("session.first_day", c.Record.GetFirstDay())
	if c.Record.GetLastDay() != "" {
		switch last, ok := faults.ParseDay("session.last_day", c.Record.GetLastDay()); {
		case !ok: // noted
		case last.Before(first):
			faults.Add("session.last_day", words.Window())
		case last.Year() != first.Year():
			faults.Add("session.last_day", words.SameYear())
		}
	}
	if c.Record.GetPlan() != "" {
		if err := s.checkPlan(ctx, c, &faults, first.Year()); err != nil {
			return err
		}
	}
	return faults.Err()
}

// checkPlan checks that a session's plan is one of the unit, or of one it is the successor of, for the year.
func (s *Server) checkPlan(ctx context.Context, c *change, faults *fault.Fields, year int) error {
	plan, err := s.plans.Find(ctx, c.Tx, c.Record.GetPlan())
	var planner *networkv1.Unit
	if err == nil {
		planner, err = acting(ctx, c, plan.UnitPath, c.Today())
	}
	switch {
	case err != nil && !fault.IsNotFound(err):
		return err
	case err != nil, planner.GetName() != c.Record.GetUnit(), int(plan.Record.GetYear()) != year:
		faults.Add("session.plan", words.TrainingPlan(c.Record.GetUnit()))
	}
	return nil
}

// GetTrainingSession reads one session.
func (s *Server) GetTrainingSession(
	ctx context.Context, req *networkv1.GetTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return s.sessions.Get(ctx, req.GetName())
}

// ListTrainingSessions lists the sessions of a subtree, the latest first.
func (s *Server) ListTrainingSessions(
	ctx context.Context, req *networkv1.ListTrainingSessionsRequest,
) (*networkv1.ListTrainingSessionsResponse, error) {
	list, next, err := s.sessions.List(ctx, req,
		collection.WhereSet("year = ?", req.GetYear()), collection.InEnum("state", req.GetStates()))
	return &networkv1.ListTrainingSessionsResponse{Sessions: list, NextPageToken: next}, err
}
