package powers

import (
	"context"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// check holds what is written of a power item against the scheme of the day and the positions of its unit.
func (s *Server) check(ctx context.Context, c *change, faults *fault.Fields) error {
	rules, item := &riskv1.Scheme{}, c.Record
	if err := schemes.EffectiveFor(ctx, c, rules); err != nil {
		return err
	}
	schemes.CheckKnown(faults, "power_item.kind", item.GetKind(), rules.GetPowerKinds())
	for i, position := range item.GetPositions() {
		field := fmt.Sprintf("power_item.positions[%d]", i)
		found, err := collection.FindOwn(ctx, s.positions, c, faults, field, position)
		if err != nil {
			return err
		}
		if found != nil && slices.Contains(item.GetPositions()[:i], position) {
			faults.Add(field, words.Duplicate(found.Record.GetTitle()))
		}
		if !slices.Contains(c.Before.GetPositions(), position) {
			positions.CheckStands(faults, field, found)
		}
	}
	if err := s.checkActors(ctx, c, faults); err != nil {
		return err
	}
	checkWorkflow(faults, item.GetSteps())
	return nil
}

// checkComplete wants somebody to exercise the power, and a workflow (J1).
func checkComplete(_ context.Context, c *change, faults *fault.Fields) error {
	if len(c.Record.GetPositions()) == 0 {
		faults.Add("power_item.positions", words.Required())
	}
	if len(c.Record.GetSteps()) == 0 {
		faults.Add("power_item.steps", words.Required())
	}
	return nil
}

// checkActors wants a step to be done by one of the positions or by somebody else.
func (s *Server) checkActors(ctx context.Context, c *change, faults *fault.Fields) error {
	for i, step := range c.Record.GetSteps() {
		position, field := step.GetPosition(), fmt.Sprintf("power_item.steps[%d].position", i)
		if position == "" {
			continue
		}
		if !slices.Contains(c.Record.GetPositions(), position) {
			found, err := collection.FindOwn(ctx, s.positions, c, faults, field, position)
			if err != nil {
				return err
			}
			if found != nil {
				faults.Add(field, words.NotOfThePower(found.Record.GetTitle()))
			}
		}
		if step.GetActor() != "" {
			faults.Add(field, words.PositionOrActor())
		}
	}
	return nil
}
