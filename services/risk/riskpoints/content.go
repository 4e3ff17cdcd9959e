package riskpoints

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
)

// checkAndGrade checks the content of a risk point against the register and the scheme that holds for its unit today, and
// grades it by that scheme (J2, J3).
func (s *Server) checkAndGrade(ctx context.Context, c *change) error {
	scheme, point := &riskv1.Scheme{}, c.Record
	if err := schemes.Effective(ctx, c, c.Units(), c.Today(), scheme); err != nil {
		return err
	}
	var faults fault.Fields
	if err := s.checkPower(ctx, c, &faults); err != nil {
		return err
	}
	checkTerms(&faults, scheme, point)
	grading.CheckPoints(&faults, scheme, point.GetPoints())
	if err := faults.Err(); err != nil {
		return err
	}
	return grading.Grade(scheme, point, "")
}

// checkTerms wants what a risk point names of the scheme to be there, and nothing twice (J2, T2).
func checkTerms(faults *fault.Fields, scheme *riskv1.Scheme, point *riskv1.RiskPoint) {
	schemes.CheckKnown(faults, "risk_point.category", point.GetCategory(), scheme.GetCategories())
	schemes.CheckAllKnown(faults, "risk_point.search_aspects", point.GetSearchAspects(), scheme.GetSearchAspects())
	schemes.CheckAllKnown(faults, "risk_point.search_methods", point.GetSearchMethods(), scheme.GetSearchMethods())
	schemes.CheckAllKnown(faults, "risk_point.causes", point.GetCauses(), scheme.GetCauses())
	if stage := point.GetControlStage(); stage != "" {
		schemes.CheckKnown(faults, "risk_point.control_stage", stage, scheme.GetControlStages())
	}
	for i, source := range point.GetSearchSources() {
		at := fmt.Sprintf("risk_point.search_sources[%d]", i)
		schemes.CheckKnown(faults, at+".source", source.GetSource(), scheme.GetSearchSources())
		same := func(other *riskv1.SearchSource) bool { return proto.Equal(other, source) }
		if slices.ContainsFunc(point.GetSearchSources()[:i], same) {
			faults.Add(at, words.Duplicate(source.GetSource()))
		}
	}
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
