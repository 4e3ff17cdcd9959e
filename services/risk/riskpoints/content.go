package riskpoints

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
)

// checkAndGrade checks the content of a risk point against the register and the scheme that holds for its unit today, and
// grades it by that scheme (J2, J3).
func (s *Server) checkAndGrade(ctx context.Context, c *change) error {
	rules, point := &riskv1.Scheme{}, c.Record
	if err := schemes.Effective(ctx, c, c.Units(), c.Today(), rules); err != nil {
		return err
	}
	var faults fault.Fields
	if err := s.checkPower(ctx, c, &faults); err != nil {
		return err
	}
	schemes.CheckKnown(&faults, "risk_point.category", point.GetCategory(), rules.GetCategories())
	schemes.CheckKnown(&faults, "risk_point.search_method", point.GetSearchMethod(), rules.GetSearchMethods())
	grading.CheckPoints(&faults, rules, point.GetPoints())
	if err := faults.Err(); err != nil {
		return err
	}
	return grading.Grade(rules, point)
}

// checkPower wants the power item, where one is named, to be the unit's own, and the step to be one of its workflow.
func (s *Server) checkPower(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "risk_point.power_item"
	point := c.Record
	if point.GetPowerItem() == "" {
		if point.GetStep() != "" {
			faults.Add(field, words.Required())
		}
		return nil
	}
	item, err := s.powers.Find(ctx, c.Tx, point.GetPowerItem())
	switch {
	case fault.HasCode(err, codes.NotFound):
		faults.Add(field, words.NotFound(point.GetPowerItem()))
		return nil
	case err != nil:
		return err
	case item.ActingUnit() != c.ActingUnit():
		faults.Add(field, words.OtherUnit(item.Record.GetUnit()))
		return nil
	}
	if _, ok := schemes.Find(item.Record.GetSteps(), point.GetStep()); point.GetStep() != "" && !ok {
		faults.Add("risk_point.step", words.UnknownStep(point.GetStep()))
	}
	return nil
}
