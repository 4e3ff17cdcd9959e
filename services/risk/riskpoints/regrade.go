package riskpoints

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// RegradeRiskPoint has a reviewer grade anew what is in force (T3).
func (s *Server) RegradeRiskPoint(ctx context.Context, req *riskv1.RegradeRiskPointRequest) (*riskv1.RiskPoint, error) {
	return record.Change(ctx, s.points.Store, req, func(ctx context.Context, tx *record.Tx) (*riskv1.RiskPoint, error) {
		var graded *riskv1.RiskPoint
		keep := func(_ context.Context, c *change) error { graded = c.Record; return nil }
		revise := s.points.Revise(req.GetReason(), keep, gradeStands, s.regrade(req), s.keepOwner)
		point, err := s.points.ActIn(ctx, tx, req, regradeAct, nil, revise, gradeStands)
		if err != nil {
			return nil, err
		}
		return point, s.regraded(ctx, tx, graded)
	})
}

// RegradeIn grades a risk point anew within a transaction, for what calls for another grade, and gives the version that comes in
// force. Judged is the version in force that the caller, who must hold risk.review, has read. Errors: CONTENT_CHANGED where it is
// another one.
func (s *Server) RegradeIn(
	ctx context.Context, tx *record.Tx, req *riskv1.RegradeRiskPointRequest, judged int32,
) (graded *riskv1.RiskPoint, err error) {
	_, err = s.points.ActIn(ctx, tx, req, regradeAct, nil, s.points.Revise(req.GetReason(),
		func(_ context.Context, c *change) error {
			if graded = c.Record; graded.GetStanding().GetVersion() != judged {
				return fault.Precondition(words.ContentChanged())
			}
			return nil
		}, gradeStands, s.regrade(req), s.keepOwner), gradeStands)
	return graded, err
}

// regrade grades a risk point by other points, causes or owner, and by the scheme of the day.
func (s *Server) regrade(req *riskv1.RegradeRiskPointRequest) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		scheme, point, asked := &riskv1.Scheme{}, c.Record, req.GetRegrade()
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		point.Points, point.Causes = asked.GetPoints(), asked.GetCauses()
		if asked.GetOwnerPosition() != "" {
			point.OwnerPosition = asked.GetOwnerPosition()
		}
		var faults fault.Fields
		grading.CheckPoints(&faults, "regrade.points", scheme, point.GetPoints())
		schemes.CheckAllKnown(&faults, "regrade.causes", point.GetCauses(), scheme.GetCauses())
		if err := faults.Err(); err != nil {
			return err
		}
		tier, _, err := s.tierOf(ctx, c, c.Record.GetPosition())
		if err != nil {
			return err
		}
		if err := grading.Grade(scheme, point, tier); err != nil {
			return err
		}
		if err := s.checkOwner(ctx, c, &faults, "regrade.owner_position", scheme); err != nil {
			return err
		}
		noteOwnerless(&faults, "regrade.owner_position", scheme, point)
		if err := noteElsewhere(ctx, c, &faults, "regrade.owner_position"); err != nil {
			return err
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if proto.Equal(point, c.Before) {
			return fault.Precondition(words.NothingChanged())
		}
		return tellRegraded(ctx, c, scheme, req.GetReason())
	}
}

// tierOf is the tier of the position that a risk point lies with; it tells false where it lies with none, or that was given to
// another unit.
func (s *Server) tierOf(ctx context.Context, c *change, name string) (tier string, found bool, err error) {
	if name == "" {
		return "", false, nil
	}
	position, err := s.positions.Ancestor(ctx, c.Tx, name, c.Units())
	if fault.IsNotFound(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return position.Record.GetTier(), true, nil
}

// tellRegraded tells the unit of a risk point of its new grade, why it has it, and which controls it lacks by it.
func tellRegraded(ctx context.Context, c *change, scheme *riskv1.Scheme, reason string) error {
	grades := scheme.GetGrades()
	before, after := schemes.TitleIn(grades, c.Before.GetGrade()), schemes.TitleIn(grades, c.Record.GetGrade())
	gap, err := db.New(c).ControlGapOf(ctx, db.ControlGapOfParams{
		UnitPath: c.UnitPath, Day: c.Today(), Grade: c.Record.GetGrade(), Stage: c.Record.GetControlStage(),
		RiskPoint: c.Record.GetName(),
	})
	if err != nil {
		return err
	}
	says := words.InboxRiskPointRegraded(title(c.Record), before, after, reason)
	if lacking := lackingForms(scheme, gap); len(lacking) > 0 {
		says = words.InboxRiskPointRegradedLacking(title(c.Record), before, after, words.List(lacking...), reason)
	}
	c.Tell(c.Record.GetUnit(), says)
	return nil
}

// lackingForms are the control forms that a gap asks for: those of the grade, one of the stage, and how many more of any.
func lackingForms(scheme *riskv1.Scheme, gap db.ControlGapOfRow) (forms []words.Title) {
	titles := func(ids []string) []words.Title {
		named := make([]words.Title, len(ids))
		for i, id := range ids {
			named[i] = schemes.TitleIn(scheme.GetControlForms(), id)
		}
		return named
	}
	forms = titles(gap.MissingForms)
	if len(gap.StageForms) > 0 {
		one := words.List(titles(gap.StageForms)...)
		if len(gap.StageForms) > 1 {
			one = words.Title{ID: one.ID, Zh: one.Zh + "之一", En: "one of " + one.En}
		}
		forms = append(forms, one)
	}
	if more := int(gap.MissingCount) - len(forms); more > 0 {
		n := strconv.Itoa(more)
		forms = append(forms, words.Title{ID: n, Zh: "其他 " + n + " 种", En: n + " more"})
	}
	return forms
}
