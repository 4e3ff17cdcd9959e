package campaigns

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Remind tells the units of campaigns what they miss, where the day for it has come.
func (s *Server) Remind(ctx context.Context) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.campaigns.Store.Clock)
	// What is due today is told first.
	later := "state = 'CAMPAIGN_STATE_RUNNING' AND unit_path ~ ?::lquery" +
		" AND (remind_on IS NULL OR remind_on > '" + today.String() + "')"
	planned := owed.EachScheme(ctx, s.campaigns.Store, RemindJob, func(ctx context.Context, subtree string) error {
		return s.campaigns.Sweep(ctx, RemindJob, later, subtree, s.replan(days))
	})
	told := s.campaigns.Sweep(ctx, RemindJob, "remind_on <= ?", today, s.remind(days), s.planReminder(days))
	return errors.Join(planned, told)
}

// replan is planReminder where that comes to another day.
func (s *Server) replan(days *calendar.Calendar) func(context.Context, *change) error {
	plan := s.planReminder(days)
	return func(ctx context.Context, c *change) error {
		was := c.Record.GetRemindOn()
		if err := plan(ctx, c); err != nil {
			return err
		}
		if c.Record.GetRemindOn() == was {
			return collection.ErrAsItIs
		}
		return nil
	}
}

// planReminder is the rule that notes on which later day the units of a running campaign are reminded next.
func (s *Server) planReminder(days *calendar.Calendar) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		c.Record.RemindOn = ""
		if c.Record.GetState() != running {
			return nil
		}
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil && !fault.IsNotFound(err) {
			return err
		}
		for _, stage := range c.Record.GetStages() {
			if stage.GetClosedOn() != "" {
				continue
			}
			w, err := window(stage)
			if err != nil {
				return err
			}
			day, ok := reminders.Next(days, scheme.GetCampaignReminders(), w, c.Today())
			if ok && (c.Record.GetRemindOn() == "" || day.String() < c.Record.GetRemindOn()) {
				c.Record.RemindOn = day.String()
			}
		}
		return nil
	}
}

func window(stage *riskv1.CampaignStage) (w reminders.Window, err error) {
	if w.OpenOn, err = calendar.ParseDate(stage.GetFirstDay()); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(stage.GetLastDay())
	return w, err
}

// remind tells units of the stages of which a reminder has fallen due since the campaign was looked at.
func (s *Server) remind(days *calendar.Calendar) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil && !fault.IsNotFound(err) {
			return err
		}
		stages, err := stagesOf(ctx, c, c.Record, c.Today())
		if err != nil {
			return err
		}
		for _, stage := range stages {
			w, err := window(stage.CampaignStage)
			if err != nil {
				return err
			}
			told, above := false, 0 // those of its first and of its last day say the same
			for _, due := range reminders.Latest(days, scheme.GetCampaignReminders(), w, c.Today()) {
				if stage.open() && due.Day.String() >= c.Record.GetRemindOn() {
					told, above = true, max(above, int(due.Reminder.GetTellsAbove()))
				}
			}
			if !told {
				continue
			}
			if err := stage.tell(ctx, c, c.Today().After(w.CloseOn), above); err != nil {
				return err
			}
		}
		return nil
	}
}

// tell tells each unit that misses something and, once that is late, so many units above it how many below them do.
func (s stage) tell(ctx context.Context, c *change, late bool, tellsAbove int) error {
	campaign, below := c.Record, map[string]int{}
	for r, err := range s.units(ctx, c, subtree(c), "", progressAtOnce) {
		if err != nil {
			return err
		}
		if !owes(r) {
			continue
		}
		missing := strconv.FormatInt(r.MissingCount, 10)
		says := words.InboxCampaignDue(campaign.GetTitle(), s.title(), s.GetFirstDay(), s.GetLastDay(), missing)
		if late {
			says = words.InboxCampaignOverdue(campaign.GetTitle(), s.title(), s.GetLastDay(), missing)
			countAbove(below, r.UnitPath, subtree(c), tellsAbove)
		}
		c.Tell(resource.Name(resource.Units, r.UnitID), says)
	}
	for _, id := range slices.Sorted(maps.Keys(below)) {
		says := words.InboxCampaignOverdueBelow(campaign.GetTitle(), s.title(), s.GetLastDay(), strconv.Itoa(below[id]))
		c.Tell(resource.Name(resource.Units, id), says)
		if unit := resource.Name(resource.Units, id); unit == c.ActingUnit() && campaign.GetOffice() != "" {
			c.Tell(campaign.GetOffice(), says)
		}
	}
	return nil
}

// countAbove counts a unit for so many above it, up to that of the campaign.
func countAbove(below map[string]int, path, top string, most int) {
	above := strings.Split(strings.TrimPrefix(path, top), ".")
	above[0] = top[strings.LastIndexByte(top, '.')+1:]
	above = above[:len(above)-1]
	for _, id := range above[max(0, len(above)-most):] {
		below[id]++
	}
}

// toldAtOnce is how many units one entry of the journal tells.
const toldAtOnce = 5000

// tellUnits tells all units that take part in a campaign.
func tellUnits(ctx context.Context, c *change, says words.Sentence) error {
	units, err := db.New(c).UnitsOfCampaign(ctx, db.UnitsOfCampaignParams{Region: c.Region, Key: c.Key})
	if err != nil {
		return err
	}
	for n, id := range units {
		c.Tell(resource.Name(resource.Units, id), says)
		if n%toldAtOnce == toldAtOnce-1 {
			if err := c.Tx.Record(ctx, record.Entry{Resource: c.Record.GetName(), UnitPath: c.UnitPath}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellOffice tells a unit that it has become the office of a campaign.
func tellOffice(_ context.Context, c *change) error {
	office := c.Record.GetOffice()
	if office != "" && office != c.Before.GetOffice() && office != c.ActingUnit() {
		c.Tell(office, words.InboxCampaignOffice(c.ActingUnit(), c.Record.GetTitle()))
	}
	return nil
}

// tellDays tells the units that take part of the stages that have other days than before.
func tellDays(ctx context.Context, c *change) error {
	if c.Record.GetState() != running {
		return nil
	}
	kind, err := kindOf(ctx, c, c.Record)
	if err != nil {
		return err
	}
	for i, stage := range c.Record.GetStages() {
		was := c.Before.GetStages()[i]
		if stage.GetFirstDay() == was.GetFirstDay() && stage.GetLastDay() == was.GetLastDay() {
			continue
		}
		says := words.InboxCampaignDays(
			c.ActingUnit(), c.Record.GetTitle(), stageTitle(kind.GetStages()[i]), stage.GetFirstDay(), stage.GetLastDay())
		if err := tellUnits(ctx, c, says); err != nil {
			return err
		}
	}
	return nil
}
