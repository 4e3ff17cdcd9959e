package positions

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// A position of a unit that has ended stands, with its holder, until who acts for that unit ends it: which posts there are since
// is for people to say. Until then nothing new is asked of it (ADR 044).

// Jobs of such positions: UnsettledJob finds them, SettleJob reminds of them.
const (
	UnsettledJob = "risk.find_unsettled_positions"
	SettleJob    = "risk.remind_unsettled_positions"
)

// findEvery is how often a job looks for them.
const findEvery = 10 * time.Minute

// leftBehind finds the positions that stand though their units have ended by a day, and of which nobody was told yet.
const leftBehind = `state = 'POSITION_STATE_STANDING' AND unsettled_since IS NULL
	AND unit_path = ANY (ARRAY(SELECT e.path FROM ended_units e WHERE e.ended_on <= ?))`

// settling is how who acts for the units of such positions is reminded of them.
func settling(positions *collection.Collection[*riskv1.Position]) owed.Kind[*riskv1.Position] {
	return owed.Kind[*riskv1.Position]{
		Records: positions, Owed: "settle_by IS NOT NULL", DueField: "settle_by", RemindField: "settle_remind_on",
		Reminders: func(scheme *riskv1.Scheme) []*typev1.Reminder { return scheme.GetJudging().GetReminders() },
		Due: func(p *riskv1.Position) words.Sentence {
			return words.InboxPositionUnsettledDue(p.GetUnit(), p.GetTitle(), p.GetSettleBy())
		},
		Overdue: func(p *riskv1.Position) words.Sentence {
			return words.InboxPositionUnsettledOverdue(p.GetUnit(), p.GetTitle(), p.GetSettleBy())
		},
		OverdueBelow: func(p *riskv1.Position) words.Sentence {
			return words.InboxPositionUnsettledOverdueBelow(p.GetUnit(), p.GetTitle(), p.GetSettleBy())
		},
		OverdueSum: words.InboxPositionUnsettledOverdueSum,
		Matters:    owed.Several("撤并单位的待处理岗位", "positions of ended units to be settled"),
		Called:     func(p *riskv1.Position) words.Title { return words.Titled(p) },
	}
}

// unsettledJob has who acts for units that have ended settle their positions.
func (s *Server) unsettledJob() jobs.Job {
	return jobs.Job{Name: UnsettledJob, Every: findEvery, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.positions.Store.Clock)
		return s.positions.SweepAndSum(ctx, UnsettledJob, leftBehind, today, words.InboxPositionUnsettledSum, s.leave(days))
	}}
}

// leave leaves a position to who acts for its unit, by the limit for judging where the scheme sets one.
func (s *Server) leave(days *calendar.Calendar) collection.Rule[*riskv1.Position] {
	return func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil && !fault.IsNotFound(err) {
			return err
		}
		p, since := c.Record, c.Today().String()
		p.UnsettledSince = since
		if scheme.GetJudging() == nil {
			return c.Gather(c.Units(), words.InboxPositionUnsettledUnlimited(p.GetUnit(), p.GetTitle()), since)
		}
		last, err := calendarpb.Due(days, c.Today(), scheme.GetJudging().GetLimit())
		if err != nil {
			return err
		}
		p.SettleBy = last.GetDue()
		if err := s.settling.Plan(days)(ctx, c); err != nil {
			return err
		}
		return c.Gather(c.Units(), words.InboxPositionUnsettled(p.GetUnit(), p.GetTitle(), p.GetSettleBy()), since)
	}
}

// settled has a position be settled.
func settled(p *riskv1.Position) { p.UnsettledSince, p.SettleBy, p.SettleRemindOn = "", "", "" }
