package riskpoints

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// A risk point in force keeps its grade, also once the scheme has no such grade: then it is owed another one. Until then what was
// asked of the grade is asked still (grading.SchemesOn), save controls, of which it lacks what nothing tells yet (T3).

// droppedOtherwise finds the risk points in force of which it is noted otherwise than it is whether their scheme has dropped
// their grade. Its value is a subtree in ltree's language of queries and, behind a space, a day.
const droppedOtherwise = `version > 0 AND state <> 'REGISTER_STATE_ENDED'
	AND unit_path ~ split_part($1, ' ', 1)::lquery AND EXISTS (
	SELECT FROM risk_point_versions v
	WHERE v.region = risk_points.region AND v.key = risk_points.key AND v.version = risk_points.version
	AND (grade_dropped_on IS NULL) = grade_dropped(controls_asked(v.unit_path, split_part($1, ' ', 2)::date), v.grade))`

// regrading is how units are reminded of risk points whose grades were dropped.
func (s *Server) regrading() owed.Kind[*riskv1.RiskPoint] {
	return owed.Kind[*riskv1.RiskPoint]{
		Records: s.points.Collection, Owed: "regrade_remind_on IS NOT NULL",
		DueField: "regrade_by", RemindField: "regrade_remind_on",
		Reminders: func(scheme *riskv1.Scheme) []*typev1.Reminder { return scheme.GetJudging().GetReminders() },
		Due: func(p *riskv1.RiskPoint) words.Sentence {
			return words.InboxRiskPointRegradeDue(title(p), p.GetRegradeBy())
		},
		Overdue: func(p *riskv1.RiskPoint) words.Sentence {
			return words.InboxRiskPointRegradeOverdue(title(p), p.GetRegradeBy())
		},
		OverdueBelow: func(p *riskv1.RiskPoint) words.Sentence {
			return words.InboxRiskPointRegradeOverdueBelow(p.GetUnit(), title(p), p.GetRegradeBy())
		},
		OverdueSum: words.InboxRiskPointRegradeOverdueSum,
	}
}

// findDropped finds the risk points whose grades were dropped by schemes that came in force since it last did.
func (s *Server) findDropped(ctx context.Context) error {
	store := s.points.Store
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(store.Clock)
	all, err := grading.SchemesOn(ctx, store, today)
	if err != nil {
		return err
	}
	note := func(ctx context.Context, c *change) error { return s.noteDropped(ctx, c, days, all) }
	return owed.EachScheme(ctx, store, DroppedJob, func(ctx context.Context, subtree string) error {
		value := subtree + " " + today.String()
		return s.points.SweepAndSum(ctx, DroppedJob, droppedOtherwise, value, words.InboxRiskPointGradeDroppedSum, note)
	})
}

// followed has the job look at all schemes anew once records have followed the tree: where they stand another scheme may hold.
func followed(_ context.Context, tx *record.Tx, _ []string) (func(context.Context) error, error) {
	return func(ctx context.Context) error { return db.New(tx).ForgetSchemesPlanned(ctx, DroppedJob) }, nil
}

// noteDropped has a risk point be owed another grade where its scheme has not the one in force, and nothing where it has.
func (s *Server) noteDropped(
	ctx context.Context, c *change, days *calendar.Calendar, all map[string]*riskv1.Scheme,
) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); fault.IsNotFound(err) {
		return collection.ErrAsItIs
	} else if err != nil {
		return err
	}
	version, err := s.points.InForce(ctx, c)
	if err != nil {
		return err
	}
	_, known := schemes.Find(scheme.GetGrades(), version.GetGrade())
	switch {
	case known == (c.Record.GetGradeDroppedOn() == ""):
		return collection.ErrAsItIs
	case known:
		return gradeStands(ctx, c)
	}
	c.Record.GradeDroppedOn = c.Today().String()
	if err := s.planRegrade(ctx, c, days, scheme); err != nil {
		return err
	}
	return tellDropped(c, schemes.TitleIn(all[scheme.GetUnit()].GetGrades(), version.GetGrade()))
}

// planRegrade says by when another grade is owed, where the scheme limits judging.
func (s *Server) planRegrade(ctx context.Context, c *change, days *calendar.Calendar, scheme *riskv1.Scheme) error {
	if scheme.GetJudging() == nil {
		return nil
	}
	last, err := calendarpb.Due(days, c.Today(), scheme.GetJudging().GetLimit())
	if err != nil {
		return err
	}
	c.Record.RegradeBy = last.GetDue()
	kind := s.regrading()
	return kind.Plan(days)(ctx, c)
}

// tellDropped tells the unit of a risk point, and the one above it, whose reviewers may grade it anew.
func tellDropped(c *change, grade words.Title) error {
	since, by := c.Record.GetGradeDroppedOn(), c.Record.GetRegradeBy()
	says := words.InboxRiskPointGradeDropped(since, grade, c.Record.GetUnit(), title(c.Record), by)
	if by == "" {
		says = words.InboxRiskPointGradeDroppedUnlimited(since, grade, c.Record.GetUnit(), title(c.Record))
	}
	units := c.Units()
	for _, told := range [][]string{units, units[:len(units)-1]} {
		if len(told) == 0 {
			continue
		}
		if err := c.Gather(told, says, since); err != nil {
			return err
		}
	}
	return nil
}

// gradeStands is the rule of what comes in force with a grade of the scheme: no other one is owed.
func gradeStands(_ context.Context, c *change) error {
	c.Record.GradeDroppedOn, c.Record.RegradeBy, c.Record.RegradeRemindOn = "", "", ""
	return nil
}

// stillDropped is the rule of what is again as its version in force: that another grade is owed was not written there.
func stillDropped(_ context.Context, c *change) error {
	c.Record.GradeDroppedOn, c.Record.RegradeBy = c.Before.GetGradeDroppedOn(), c.Before.GetRegradeBy()
	c.Record.RegradeRemindOn = c.Before.GetRegradeRemindOn()
	return nil
}
