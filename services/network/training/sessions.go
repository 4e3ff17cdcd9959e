package training

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
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
	return s.sessions.Create(ctx, req, req.GetSession(), collection.Own, s.checkSession("session"))
}

// UpdateTrainingSession changes a planned session.
func (s *Server) UpdateTrainingSession(
	ctx context.Context, req *networkv1.UpdateTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	const field = "training_session"
	return s.sessions.Update(ctx, req, field, req.GetTrainingSession(), s.checkSession(field), s.followSession)
}

// followSession has invitations follow a changed session, and tells the units of those invited of new days or a new place.
func (s *Server) followSession(ctx context.Context, c *change) error {
	before, now := c.Before, c.Record
	if before.GetFirstDay() == now.GetFirstDay() && before.GetLastDay() == now.GetLastDay() &&
		before.GetPlace() == now.GetPlace() {
		return nil
	}
	first, err := calendar.ParseDate(now.GetFirstDay())
	if err != nil {
		return err
	}
	if err := db.New(c).MoveInvitations(ctx, db.MoveInvitationsParams{SessionKey: c.Key, FirstDay: first}); err != nil {
		return err
	}
	return notifyInvited(ctx, c, inbox.WithPlace(words.InboxTrainingChanged(now.GetTitle(), now.GetFirstDay()), now.GetPlace()))
}

// checkSession finds every fault of the session in a field of the request.
func (s *Server) checkSession(field string) collection.Rule[*networkv1.TrainingSession] {
	return func(ctx context.Context, c *change) error {
		scheme, err := s.directory.Scheme(ctx, c.ActingUnit())
		if err != nil {
			return err
		}
		var faults fault.Fields
		schemes.CheckKnown(&faults, field+".form", c.Record.GetForm(), scheme.GetTrainingForms())
		year := checkDays(&faults, field, c.Record)
		if c.Record.GetPlan() != "" && year != 0 {
			if err := s.checkPlan(ctx, c, &faults, field+".plan", year); err != nil {
				return err
			}
		}
		return faults.Err()
	}
}

// checkDays checks the days of a session, and gives its year; zero where it is not known.
func checkDays(faults *fault.Fields, field string, session *networkv1.TrainingSession) int {
	first, known := faults.ParseDay(field+".first_day", session.GetFirstDay())
	if session.GetLastDay() != "" {
		switch last, ok := faults.ParseDay(field+".last_day", session.GetLastDay()); {
		case !ok, !known: // noted
		case last.Before(first):
			faults.Add(field+".last_day", words.Window())
		case last.Year() != first.Year():
			faults.Add(field+".last_day", words.SameYear())
		}
	}
	if !known {
		return 0
	}
	return first.Year()
}

// checkPlan checks that a session's plan is one of the unit, or of one it is the successor of, for the year.
func (s *Server) checkPlan(ctx context.Context, c *change, faults *fault.Fields, field string, year int) error {
	plan, err := s.plans.Find(ctx, c.Tx, c.Record.GetPlan())
	var planner *networkv1.Unit
	if err == nil {
		planner, err = acting(ctx, c, plan.UnitPath, c.Today())
	}
	switch {
	case err != nil && !fault.IsNotFound(err):
		return err
	case err != nil, planner.GetName() != c.ActingUnit(), int(plan.Record.GetYear()) != year:
		faults.Add(field, words.TrainingPlan(words.Untitled(c.ActingUnit())))
	}
	return nil
}

// GetTrainingSession reads one session, also for the units of those who are invited.
func (s *Server) GetTrainingSession(
	ctx context.Context, req *networkv1.GetTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return s.invited.Get(ctx, req.GetName())
}

// readAll is the permission to read all sessions within reach, rather than those alone that the caller's unit is invited to.
const readAll = "network.trainings.read"

func (s *Server) reachesOrInvited(ctx context.Context, c *change) error {
	all, err := access.Holds(ctx, s.directory, readAll)
	if err != nil {
		return err
	}
	serving := db.InvitedPathParams{SessionKey: c.Key, Alone: !all, UnitIds: []string{resource.ID(access.PrincipalOf(ctx).Unit)}}
	if all {
		if access.Require(ctx, c.UnitPath, c.Record.GetName()) == nil {
			return nil
		}
		if serving.UnitIds, err = s.reachedIDs(ctx); err != nil {
			return err
		}
	}
	path, err := db.New(s.store).InvitedPath(ctx, serving)
	if err := document.NotFoundAs(err, c.Record.GetName()); err != nil {
		return err
	}
	return access.Require(ctx, path, c.Record.GetName())
}

// reachedIDs are the caller's unit and, where the role reaches along it, those below it on the system line.
func (s *Server) reachedIDs(ctx context.Context) ([]string, error) {
	own := access.PrincipalOf(ctx).Unit
	ids := []string{resource.ID(own)}
	if !access.AlongSystemLine(ctx) {
		return ids, nil
	}
	below, err := s.directory.SystemBelow(ctx, own)
	for _, unit := range below {
		ids = append(ids, resource.ID(unit.GetName()))
	}
	return ids, err
}

// ListTrainingSessions lists the sessions of a subtree, or those to which officers there are invited, the latest first.
func (s *Server) ListTrainingSessions(
	ctx context.Context, req *networkv1.ListTrainingSessionsRequest,
) (*networkv1.ListTrainingSessionsResponse, error) {
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	there := collection.Within(subtrees)
	if req.GetInvited() {
		there = invitedWhere("o.unit_path <@ ANY (CAST(?::text[] AS ltree[]))", subtrees)
	}
	all, err := access.Holds(ctx, s.directory, readAll)
	if err != nil {
		return nil, err
	}
	if !all {
		if err := access.RequireOwn(ctx, req.GetUnit()); err != nil {
			return nil, err
		}
		there = invitedWhere("o.unit_id = ?", resource.ID(req.GetUnit()))
	}
	list, next, err := s.sessions.List(ctx, req, there,
		collection.WhereSet("year = ?", req.GetYear()), collection.InEnum("state", req.GetStates()))
	return &networkv1.ListTrainingSessionsResponse{Sessions: list, NextPageToken: next}, err
}

// invitedWhere are the sessions to which officers are invited, or were, of whom a condition holds.
func invitedWhere(condition string, value any) collection.Filter {
	return collection.Wherever(`(region, key) IN (SELECT a.session_region, a.session_key
		FROM attendances a JOIN officers o ON o.region = a.region AND o.key = a.officer_key
		WHERE `+condition+")", value)
}
