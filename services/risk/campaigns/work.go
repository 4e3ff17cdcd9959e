package campaigns

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// RecordCampaignWork keeps what a unit says it did in a stage, which the register has no other record of (J5, T21).
func (s *Server) RecordCampaignWork(ctx context.Context, req *riskv1.RecordCampaignWorkRequest) (*riskv1.Campaign, error) {
	itself := func(ctx context.Context, _ *change) error { return access.RequireOwn(ctx, req.GetUnit()) }
	return s.campaigns.ActBy(ctx, req, recordWorkAct, itself, func(ctx context.Context, c *change) error {
		stages, err := stagesOf(ctx, c, c.Record, c.Today())
		if err != nil {
			return err
		}
		i, err := find(stages, req.GetStage())
		if err != nil {
			return err
		}
		if err := stages[i].goesOn(c.Today()); err != nil {
			return err
		}
		if _, err := stages[i].pathOf(ctx, c, req.GetUnit()); err != nil {
			return err
		}
		var faults fault.Fields
		first, err := calendar.ParseDate(stages[i].GetFirstDay())
		if err != nil {
			return err
		}
		day, _ := faults.ParseDayBetween("worked_on", req.GetWorkedOn(), first, c.Today())
		if err := faults.Err(); err != nil {
			return err
		}
		return db.New(c).RecordWork(ctx, db.RecordWorkParams{
			Region: c.Region, Key: c.Key, Stage: req.GetStage(), UnitID: resource.ID(req.GetUnit()),
			Work: req.GetWork(), Day: day,
		})
	})
}

// goesOn wants a stage that has begun and is not closed.
func (s stage) goesOn(today calendar.Date) error {
	switch {
	case !s.open():
		return fault.Precondition(words.StageClosed(s.title(), s.GetClosedOn()))
	case today.String() < s.GetFirstDay():
		return fault.Precondition(words.StageNotBegun(s.title(), s.GetFirstDay()))
	}
	return nil
}

// pathOf is where a unit stands that takes part in the stage.
func (s stage) pathOf(ctx context.Context, c *change, unit string) (string, error) {
	path, err := db.New(c).CampaignUnitPath(ctx, db.CampaignUnitPathParams{
		Region: c.Region, Key: c.Key, Stage: s.GetId(), UnitID: resource.ID(unit),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.Invalid("unit", words.CampaignUnit(words.Untitled(unit)))
	}
	return path, err
}
