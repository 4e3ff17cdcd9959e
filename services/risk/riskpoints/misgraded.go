package riskpoints

import (
	"context"
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// A risk point in force keeps its grade, also once the scheme has no such grade, or the position it lies with is in another tier
// by which it would be graded otherwise: then it is owed another one. Until then what was asked of a dropped grade is asked still
// (grading.SchemesOn), save controls, of which it lacks what nothing tells yet (T3).

const (
	gradeDropped = riskv1.RegradeCause_REGRADE_CAUSE_GRADE_DROPPED
	tierChanged  = riskv1.RegradeCause_REGRADE_CAUSE_TIER_CHANGED
)

// droppedOtherwise finds the risk points in force of which it is noted otherwise than it is whether their scheme has dropped
// their grade. Its value is a subtree in ltree's language of queries and, behind a space, a day.
const droppedOtherwise = `version > 0 AND state <> 'REGISTER_STATE_ENDED'
	AND unit_path ~ split_part($1, ' ', 1)::lquery AND EXISTS (
	SELECT FROM risk_point_versions v
	WHERE v.region = risk_points.region AND v.key = risk_points.key AND v.version = risk_points.version
	AND (regrade_cause IS NOT DISTINCT FROM 'REGRADE_CAUSE_GRADE_DROPPED')
		<> grade_dropped(controls_asked(v.unit_path, split_part($1, ' ', 2)::date), v.grade))`

// lieWith finds the risk points that lie, as they are in force, with some positions, whose names are its value, with spaces
// between.
const lieWith = `version > 0 AND state <> 'REGISTER_STATE_ENDED' AND EXISTS (
	SELECT FROM risk_point_versions v
	WHERE v.region = risk_points.region AND v.key = risk_points.key AND v.version = risk_points.version
	AND v.position = ANY (string_to_array(?, ' ')))`

// retieredAtOnce is how many positions of another tier are looked at together.
const retieredAtOnce = 100

// regrading is how units are reminded of risk points that are owed another grade.
func (s *Server) regrading() owed.Kind[*riskv1.RiskPoint] {
	return owed.Kind[*riskv1.RiskPoint]{
		Records: s.points.Collection, Owed: "regrade_by IS NOT NULL",
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
		Matters:    owed.Several("应当重新定级的风险点", "risk points to be graded anew"),
		Called:     func(p *riskv1.RiskPoint) words.Title { return words.Named(p.GetName(), title(p)) },
	}
}

// findMisgraded finds the risk points whose grades were dropped by schemes that came in force since it last did, and those that
// lie with a position of another tier.
func (s *Server) findMisgraded(ctx context.Context) error {
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
	note := func(ctx context.Context, c *change) error { return s.noteMisgraded(ctx, c, days, all) }
	dropped := owed.EachScheme(ctx, store, MisgradedJob, func(ctx context.Context, subtree string) error {
		value := subtree + " " + today.String()
		return s.points.SweepAndSum(ctx, MisgradedJob, droppedOtherwise, value, words.InboxRiskPointRegradeSum, note)
	})
	return errors.Join(dropped, s.findRetiered(ctx, note))
}

// findRetiered has the risk points that lie with positions of another tier be looked at. Where one fails, those positions are
// looked at again the next time, and hold up no later ones.
func (s *Server) findRetiered(ctx context.Context, note collection.Rule[*riskv1.RiskPoint]) error {
	var failed []error
	var last int64
	for queries := db.New(s.points.Store); ; {
		rows, err := queries.RetieredPositions(ctx, db.RetieredPositionsParams{After: last, Most: retieredAtOnce})
		if err != nil || len(rows) == 0 {
			return errors.Join(append(failed, err)...)
		}
		ids, names := make([]int64, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			ids[i], names[i] = row.ID, row.Position
		}
		last = ids[len(ids)-1]
		value := strings.Join(names, " ")
		if err := s.points.SweepAndSum(ctx, MisgradedJob, lieWith, value, words.InboxRiskPointRegradeSum, note); err != nil {
			failed = append(failed, err)
			continue
		}
		if err := queries.ForgetRetiered(ctx, ids); err != nil {
			return errors.Join(append(failed, err)...)
		}
	}
}

// followed has the job look at all schemes anew once records have followed the tree: where they stand another scheme may hold.
func followed(_ context.Context, tx *record.Tx, _ []string) (func(context.Context) error, error) {
	return func(ctx context.Context) error { return db.New(tx).ForgetSchemesPlanned(ctx, MisgradedJob) }, nil
}

// noteMisgraded has a risk point be owed another grade where there is a cause, and nothing where there is none.
func (s *Server) noteMisgraded(
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
	cause, fits, err := s.misgraded(ctx, c, scheme, version)
	switch {
	case err != nil:
		return err
	case cause == c.Record.GetRegradeCause():
		return collection.ErrAsItIs
	case cause == riskv1.RegradeCause_REGRADE_CAUSE_UNSPECIFIED:
		return gradeStands(ctx, c)
	}
	c.Record.RegradeCause, c.Record.RegradeSince = cause, c.Today().String()
	if err := s.planRegrade(ctx, c, days, scheme); err != nil {
		return err
	}
	named := all[scheme.GetUnit()].GetGrades()
	stages := scheme.GetPointReview()
	passer, err := reviews.Passer(ctx, s.directory, stages[len(stages)-1], c.Units())
	if err != nil {
		return err
	}
	return tellMisgraded(c, passer, schemes.TitleIn(named, version.GetGrade()), schemes.TitleIn(named, fits))
}

// misgraded is why a version in force is owed another grade, and which one that is where its tier is why.
func (s *Server) misgraded(
	ctx context.Context, c *change, scheme *riskv1.Scheme, version *riskv1.RiskPoint,
) (cause riskv1.RegradeCause, fits string, err error) {
	if _, known := schemes.Find(scheme.GetGrades(), version.GetGrade()); !known {
		return gradeDropped, "", nil
	}
	tier, found, err := s.tierOf(ctx, c, version.GetPosition())
	if err != nil || !found {
		return cause, "", err
	}
	of := &riskv1.Scheme{} // it may be graded by another one since, of which nobody has judged it
	if err := schemes.ByVersion(ctx, c, version.GetSchemeVersion(), of); err != nil {
		return cause, "", err
	}
	again, _ := proto.Clone(version).(*riskv1.RiskPoint)
	if err := grading.Grade(of, again, tier); err != nil {
		return cause, "", err
	}
	if again.GetGrade() != version.GetGrade() {
		cause = tierChanged
	}
	return cause, again.GetGrade(), nil
}

// planRegrade says by when another grade is owed, where the scheme limits judging.
func (s *Server) planRegrade(ctx context.Context, c *change, days *calendar.Calendar, scheme *riskv1.Scheme) error {
	c.Record.RegradeBy, c.Record.RegradeRemindOn = "", "" // of another cause
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

// tellMisgraded tells the unit of a risk point, and the nearest one whose reviewers may grade it anew.
func tellMisgraded(c *change, passer string, grade, fits words.Title) error {
	since, by, unit, point := c.Record.GetRegradeSince(), c.Record.GetRegradeBy(), c.Record.GetUnit(), title(c.Record)
	var says words.Sentence
	switch dropped := c.Record.GetRegradeCause() == gradeDropped; {
	case dropped && by == "":
		says = words.InboxRiskPointGradeDroppedUnlimited(since, grade, unit, point)
	case dropped:
		says = words.InboxRiskPointGradeDropped(since, grade, unit, point, by)
	case by == "":
		says = words.InboxRiskPointRetieredUnlimited(unit, point, grade, fits)
	default:
		says = words.InboxRiskPointRetiered(unit, point, grade, fits, by)
	}
	units := c.Units()
	if err := c.Gather(units, says, since); err != nil || passer == c.ActingUnit() {
		return err
	}
	return c.Gather(units[:slices.Index(units, resource.ID(passer))+1], says, since)
}

// gradeStands is the rule of what comes in force with a grade of the scheme: no other one is owed.
func gradeStands(_ context.Context, c *change) error {
	c.Record.RegradeCause = riskv1.RegradeCause_REGRADE_CAUSE_UNSPECIFIED
	c.Record.RegradeSince, c.Record.RegradeBy, c.Record.RegradeRemindOn = "", "", ""
	return nil
}

// stillMisgraded is the rule of what is again as its version in force: that another grade is owed was not written there.
func stillMisgraded(_ context.Context, c *change) error {
	c.Record.RegradeCause, c.Record.RegradeSince = c.Before.GetRegradeCause(), c.Before.GetRegradeSince()
	c.Record.RegradeBy, c.Record.RegradeRemindOn = c.Before.GetRegradeBy(), c.Before.GetRegradeRemindOn()
	return nil
}
