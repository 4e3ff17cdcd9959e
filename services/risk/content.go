package risk

import (
	"context"

	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// fill gives a risk point the content asked for, checked against the register and the scheme that holds today for the last
// of units, which are given from the root down, and grades it by that scheme.
func (s *riskPoints) fill(ctx context.Context, tx *record.Tx, point, asked *riskv1.RiskPoint, units []string) error {
	held := &riskv1.Scheme{}
	if err := scheme.Effective(ctx, tx, units, clock.Today(s.book.Clock), held); err != nil {
		return err
	}
	var faults fault.Fields
	if err := checkPower(ctx, tx, &faults, asked, point.GetUnit()); err != nil {
		return err
	}
	scheme.Known(&faults, "risk_point.category", asked.GetCategory(), held.GetCategories())
	scheme.Known(&faults, "risk_point.search_method", asked.GetSearchMethod(), held.GetSearchMethods())
	checkPoints(&faults, held, asked.GetPoints())
	if err := faults.Err(); err != nil {
		return err
	}
	point.PowerItem, point.Step, point.Position = asked.GetPowerItem(), asked.GetStep(), asked.GetPosition()
	point.Category, point.SearchMethod, point.Description = asked.GetCategory(), asked.GetSearchMethod(), asked.GetDescription()
	point.Points = asked.GetPoints()
	return grade(held, point)
}

// checkPower wants the power item, where one is named, to be the unit's own, and the step to be one of its workflow.
func checkPower(ctx context.Context, tx db.DBTX, faults *fault.Fields, asked *riskv1.RiskPoint, unit string) error {
	const field = "risk_point.power_item"
	if asked.GetPowerItem() == "" {
		if asked.GetStep() != "" {
			faults.Add(field, "required")
		}
		return nil
	}
	item, err := findPowerItem(ctx, tx, asked.GetPowerItem())
	switch {
	case fault.Is(err, codes.NotFound):
		faults.Add(field, "NOT_FOUND", "name", asked.GetPowerItem())
		return nil
	case err != nil:
		return err
	case item.GetUnit() != unit:
		faults.Add(field, "other_unit", "unit", item.GetUnit())
		return nil
	}
	if _, ok := scheme.Find(item.GetSteps(), asked.GetStep()); asked.GetStep() != "" && !ok {
		faults.Add("risk_point.step", "unknown_step", "id", asked.GetStep())
	}
	return nil
}
