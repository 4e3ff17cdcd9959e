package training

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// ScheduleTrainingSession stores a session.
func (s *Server) ScheduleTrainingSession(
	ctx context.Context, req *networkv1.ScheduleTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return record.Change(ctx, s.store, req, func(
		ctx context.Context, tx *record.Tx,
	) (*networkv1.TrainingSession, error) {
		unit, requested, key := access.Target(ctx), req.GetSession(), resource.NewKey()
		if err := access.RequireOwn(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		first, err := s.checkSession(ctx, tx, unit, requested)
		if err != nil {
			return nil, err
		}
		session := &networkv1.TrainingSession{
			Name: resource.Sharded(resource.TrainingSessions, unit.GetRegion(), key), Unit: unit.GetName(), Plan: requested.GetPlan(),
			Form: requested.GetForm(), Title: requested.GetTitle(), FirstDay: requested.GetFirstDay(), LastDay: requested.GetLastDay(),
			Place: requested.GetPlace(), Material: requested.GetMaterial(), State: Lifecycle.Start, Etag: document.Etag(1),
		}
		body, err := document.Encode(session)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddTrainingSession(ctx, db.AddTrainingSessionParams{
			Region: unit.GetRegion(), SessionKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
			Year: int16(first.Year()), FirstDay: first.In(time.UTC), State: int16(session.GetState()), Body: body,
		}); err != nil {
			return nil, err
		}
		return session,
			tx.Record(ctx, record.Entry{Resource: session.GetName(), UnitPath: access.Path(unit)})
	})
}

// checkSession finds every fault of a session, and its first day.
func (s *Server) checkSession(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, requested *networkv1.TrainingSession,
) (calendar.Date, error) {
	scheme, err := s.directory.Scheme(ctx, unit.GetName())
	if err != nil {
		return calendar.Date{}, err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "session.form", requested.GetForm(), scheme.GetTrainingForms())
	first, _ := faults.ParseDay("session.first_day", requested.GetFirstDay())
	if requested.GetLastDay() != "" {
		switch last, ok := faults.ParseDay("session.last_day", requested.GetLastDay()); {
		case !ok: // noted
		case last.Before(first):
			faults.Add("session.last_day", "window")
		case last.Year() != first.Year():
			faults.Add("session.last_day", "same_year")
		}
	}
	if requested.GetPlan() != "" {
		if err := s.checkPlan(ctx, tx, &faults, requested.GetPlan(), unit, first.Year()); err != nil {
			return first, err
		}
	}
	return first, faults.Err()
}

// checkPlan checks that a plan is one of the unit, or of one it is the heir of, for the year.
func (s *Server) checkPlan(
	ctx context.Context, tx *record.Tx, faults *fault.Fields, name string, unit *networkv1.Unit, year int,
) error {
	region, key, err := resource.Split(name)
	var plan db.GetTrainingPlanRow
	if err == nil {
		plan, err = db.New(tx).GetTrainingPlan(ctx, db.GetTrainingPlanParams{Region: region, PlanKey: key})
	}
	var planner *networkv1.Unit
	if err == nil {
		planner, err = units.Successor(ctx, tx, plan.UnitPath, clock.Today(s.store.Clock))
	}
	if err := document.NotFoundAs(err, name); err != nil && !fault.IsNotFound(err) {
		return err
	}
	if planner.GetName() != unit.GetName() || int(plan.Year) != year {
		faults.Add("session.plan", "training_plan", "unit", unit.GetName())
	}
	return nil
}

// GetTrainingSession reads one session.
func (s *Server) GetTrainingSession(
	ctx context.Context, req *networkv1.GetTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	row, err := s.findSession(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	session, err := sessionOf(row)
	return session, err
}

func (s *Server) findSession(ctx context.Context, name string) (db.TrainingSession, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return db.TrainingSession{}, err
	}
	row, err := db.New(s.store).GetTrainingSession(ctx, db.GetTrainingSessionParams{Region: region, SessionKey: key})
	return row, document.Authorize(ctx, err, row.UnitPath, name)
}

type cursor struct {
	Day time.Time
	Key string
}

// ListTrainingSessions lists the sessions of a subtree, the newest first.
func (s *Server) ListTrainingSessions(
	ctx context.Context, req *networkv1.ListTrainingSessionsRequest,
) (*networkv1.ListTrainingSessionsResponse, error) {
	p, err := page.Parse(req, cursor{Day: calendar.LastDay.In(time.UTC), Key: page.MaxKey})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListTrainingSessions(ctx, db.ListTrainingSessionsParams{
		Subtree: access.Path(access.Target(ctx)), Year: int16(req.GetYear()), States: document.EnumCodes(req.GetStates()),
		BeforeDay: p.Cursor.Day, BeforeKey: p.Cursor.Key, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.TrainingSession) cursor { return cursor{r.FirstDay, r.SessionKey} }, sessionOf)
	return &networkv1.ListTrainingSessionsResponse{Sessions: list, NextPageToken: next}, err
}

func sessionOf(row db.TrainingSession) (*networkv1.TrainingSession, error) {
	return document.Read[*networkv1.TrainingSession](row.Body, row.Revision)
}
