package campaigns

import (
	"context"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// WaiveCampaignStage lets a unit off what it misses in a stage.
func (s *Server) WaiveCampaignStage(ctx context.Context, req *riskv1.WaiveCampaignStageRequest) (*riskv1.Campaign, error) {
	return s.campaigns.ActBy(ctx, req, waiveAct, s.requireWaiver(req), func(ctx context.Context, c *change) error {
		stages, err := stagesOf(ctx, c, c.Record, c.Today())
		if err != nil {
			return err
		}
		i, err := find(stages, req.GetStage())
		if err != nil {
			return err
		}
		caller := access.PrincipalOf(ctx).Unit
		switch stage := stages[i]; {
		case !stage.open():
			return fault.Invalid("stage", words.StageClosedWaiver(stage.GetClosedOn()))
		case caller == req.GetUnit() && !alone(c):
			return fault.Denied(words.OwnWaiver())
		}
		if err := stages[i].requireMissing(ctx, c, req.GetUnit()); err != nil {
			return err
		}
		err = db.New(c).WaiveStage(ctx, db.WaiveStageParams{
			Region: c.Region, Key: c.Key, Stage: req.GetStage(), UnitID: resource.ID(req.GetUnit()),
			Reason: req.GetReason(), WaivedBy: caller, Day: c.Today(), Account: access.AuditInfoOf(ctx).Actor,
		})
		c.Tell(req.GetUnit(), words.InboxCampaignWaived(c.Record.GetTitle(), stages[i].title(), req.GetReason()))
		return err
	})
}

// requireWaiver wants the office to let units off or, what the unit that runs the campaign misses, a unit above that.
func (s *Server) requireWaiver(req *riskv1.WaiveCampaignStageRequest) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		above := c.Units()[:len(c.Units())-1]
		if req.GetUnit() == c.ActingUnit() && slices.Contains(above, resource.ID(access.PrincipalOf(ctx).Unit)) {
			return nil
		}
		return s.requireOffice(ctx, c)
	}
}

// alone tells whether the unit that runs a campaign has nobody else who could let it off: none above it, and no office elsewhere.
// Who closes the stage judges then what it let itself off.
func alone(c *change) bool {
	return len(c.Units()) == 1 && (c.Record.GetOffice() == "" || c.Record.GetOffice() == c.ActingUnit())
}

// requireOther refuses who let units off in a stage to close it, where the unit that runs the campaign was let off by itself.
func requireOther(ctx context.Context, c *change, stage string) error {
	waived, err := db.New(c).WaivedBy(ctx, db.WaivedByParams{
		Region: c.Region, Key: c.Key, Stage: stage, UnitID: resource.ID(c.ActingUnit()), Account: access.AuditInfoOf(ctx).Actor,
	})
	if err == nil && waived {
		return fault.Denied(words.WaivedBefore())
	}
	return err
}

// requireMissing wants a unit to take part in the stage, to miss something, and not to have been let off before.
func (s stage) requireMissing(ctx context.Context, c *change, unit string) error {
	path, err := s.pathOf(ctx, c, unit)
	if err != nil {
		return err
	}
	for row, err := range s.units(ctx, c, path, "", 1) { // itself, before those below it
		switch {
		case err != nil:
			return err
		case row.WaivedOn != "":
			return fault.Invalid("unit", words.AlreadyWaived(row.WaivedOn, words.Untitled(unit)))
		case row.MissingCount > 0:
			return nil
		}
		break
	}
	return fault.Invalid("unit", words.NothingMissing(words.Untitled(unit)))
}

// CloseCampaignStage closes a stage in which no unit misses anything but what it was let off. Who takes part is looked at first,
// so that a unit that has left neither keeps it open nor is judged.
func (s *Server) CloseCampaignStage(ctx context.Context, req *riskv1.CloseCampaignStageRequest) (*riskv1.Campaign, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	find := func(ctx context.Context) (roster, error) {
		found, err := s.campaigns.Foresee(ctx, req, closeStageAct)
		if err != nil {
			return roster{}, err
		}
		return s.roster(ctx, found.Record, found.ActingUnit())
	}
	closeStage := func(ctx context.Context, found roster) (*riskv1.Campaign, error) {
		return s.campaigns.ActBy(ctx, req, closeStageAct, s.requireOffice, closing(req, found), s.planReminder(days))
	}
	return record.Prepare(ctx, s.campaigns.Store, req, find, closeStage)
}

// closing closes a stage for the units that are to take part.
func closing(req *riskv1.CloseCampaignStageRequest, of roster) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		stages, err := stagesOf(ctx, c, c.Record, c.Today())
		if err != nil {
			return err
		}
		i, err := find(stages, req.GetStage())
		if err != nil {
			return err
		}
		if err := mayClose(c, stages, i, req.GetEarlyReason()); err != nil {
			return err
		}
		if err := requireOther(ctx, c, req.GetStage()); err != nil {
			return err
		}
		if _, err := leave(ctx, c.Tx, c.Record, of); err != nil {
			return err
		}
		if _, err := join(ctx, c.Tx, c.Record, of.members); err != nil {
			return err
		}
		missing, err := stages[i].keep(ctx, c)
		if err != nil {
			return err
		}
		if missing > 0 { // and what was kept is undone
			return fault.Precondition(words.UnitsMissing(stages[i].title(), strconv.FormatInt(missing, 10)))
		}
		closed := c.Record.GetStages()[i]
		closed.ClosedOn, closed.Outcome, closed.EarlyReason = c.Today().String(), req.GetOutcome(), req.GetEarlyReason()
		return nil
	}
}

// mayClose wants a stage that is open and has begun, after all before it are closed, and a reason before its last day alone:
// units have until then for what they miss, and what comes up until then counts.
func mayClose(c *change, stages []stage, i int, early string) error {
	if s := stages[i]; !s.open() {
		return fault.Precondition(words.StageClosed(s.title(), s.GetClosedOn()))
	}
	if i > 0 && stages[i-1].open() {
		return fault.Precondition(words.StageBefore(stages[i-1].title()))
	}
	if s := stages[i]; c.Today().String() < s.GetFirstDay() {
		return fault.Precondition(words.StageNotBegun(s.title(), s.GetFirstDay()))
	}
	switch s, over := stages[i], c.Today().String() >= stages[i].GetLastDay(); {
	case over && early != "":
		return fault.Invalid("early_reason", words.StageOver(stages[i].GetLastDay()))
	case !over && early == "":
		return fault.Precondition(words.StageNotOver(s.title(), s.GetLastDay()))
	}
	return nil
}

// keep keeps what each unit has done in the stage, and counts those that miss something.
func (s stage) keep(ctx context.Context, c *change) (missing int64, err error) {
	return db.New(c).CloseStage(ctx, db.CloseStageParams{
		Region: c.Region, Key: c.Key, Stage: s.GetId(), Subtree: subtree(c), FirstDay: s.asked.FirstDay, LastDay: s.asked.LastDay,
		Counted: s.asked.Counted, Terms: s.asked.Terms, Minimums: s.asked.Minimums, Completes: s.asked.Completes,
		Kinds: s.asked.Kinds, Today: s.asked.Today,
	})
}
