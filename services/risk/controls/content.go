package controls

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
)

// check holds a control that is planned against the register and the scheme of the day, and keeps the grade and the stage that it
// is planned for.
func (s *Server) check(ctx context.Context, c *change) error {
	var faults fault.Fields
	faults.ParseComingDay("control.due_on", c.Record.GetDueOn(), c.Today())
	if err := s.checkOwner(ctx, c, &faults); err != nil {
		return err
	}
	point, err := s.pointInForce(ctx, c, &faults)
	if err != nil {
		return err
	}
	if point != nil {
		c.Record.Grade, c.Record.ControlStage = point.GetGrade(), point.GetControlStage()
		c.Record.RiskPointTitle = riskpoints.Beginning(point.GetDescription())
		if err := checkForm(ctx, c, &faults); err != nil {
			return err
		}
	}
	return faults.Err()
}

// pointInForce is the version in force of the risk point; nil where there is none, which is noted.
func (s *Server) pointInForce(ctx context.Context, c *change, faults *fault.Fields) (*riskv1.RiskPoint, error) {
	const field = "control.risk_point"
	point, err := collection.FindOwn(ctx, s.points, c, faults, field, c.Record.GetRiskPoint())
	if err != nil || point == nil {
		return nil, err
	}
	version, err := s.points.InForce(ctx, point)
	if fault.IsNotFound(err) {
		faults.Add(field, words.PointNotInForce())
		return nil, nil
	}
	return version, err
}

// checkForm wants a form of the scheme that suits the grade and the stage.
func checkForm(ctx context.Context, c *change, faults *fault.Fields) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	grade, _ := schemes.Find(scheme.GetGrades(), c.Record.GetGrade())
	suiting := slices.DeleteFunc(slices.Clone(scheme.GetControlForms()), func(form *riskv1.ControlForm) bool {
		return !suits(form, grade, c.Record.GetControlStage())
	})
	form, known := schemes.Find(scheme.GetControlForms(), c.Record.GetForm())
	if known && !slices.Contains(suiting, form) {
		faults.Add("control.form", words.UnsuitedForm(schemes.TitleOf(form.GetId(), form.GetTitle()), schemes.Known(suiting)))
		return nil
	}
	schemes.CheckKnown(faults, "control.form", c.Record.GetForm(), suiting)
	return nil
}

// suits tells whether controls of risk points of a grade and a stage may have a form.
func suits(form *riskv1.ControlForm, grade *riskv1.Grade, stage string) bool {
	if len(form.GetStages()) > 0 {
		return slices.Contains(form.GetStages(), stage)
	}
	return len(grade.GetControlForms()) == 0 || slices.Contains(grade.GetControlForms(), form.GetId())
}

// checkOwner wants the owner to be at the unit or above it, and keeps who that is.
func (s *Server) checkOwner(ctx context.Context, c *change, faults *fault.Fields) error {
	owner, err := collection.FindAbove(ctx, s.positions, c, faults, "control.owner_position", c.Record.GetOwnerPosition())
	positions.CheckStands(faults, "control.owner_position", owner)
	if owner != nil {
		c.Record.Owner = positions.IncumbentOn(owner.Record, c.Today())
	}
	return err
}

// checkChange wants the day not to be put off: whoever owes something does not say until when.
func (s *Server) checkChange(ctx context.Context, c *change) error {
	var faults fault.Fields
	if due := c.Record.GetDueOn(); due != c.Before.GetDueOn() {
		faults.ParseComingDay("control.due_on", due, c.Today())
		if due > c.Before.GetDueOn() {
			faults.Add("control.due_on", words.PutOff(c.Before.GetDueOn()))
		}
	}
	if c.Record.GetOwnerPosition() != c.Before.GetOwnerPosition() {
		if err := s.checkOwner(ctx, c, &faults); err != nil {
			return err
		}
	}
	return faults.Err()
}
