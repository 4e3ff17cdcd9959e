package powers

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// step is a step that leads to others; it is a decision point where they are more than one.
func step(id string, to ...string) *riskv1.Step {
	s := &riskv1.Step{Id: id, DecisionPoint: len(to) > 1}
	for _, next := range to {
		s.Edges = append(s.Edges, &riskv1.Edge{Step: next, Label: next})
	}
	return s
}

// line is a workflow of so many steps, one after the other.
func line(length int) []*riskv1.Step {
	steps := make([]*riskv1.Step, length)
	for i := range steps {
		steps[i] = step(fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", i+1))
	}
	steps[length-1].Edges = nil
	return steps
}

func TestWorkflow(t *testing.T) {
	t.Parallel()
	silent := step("a", "b", "c")
	silent.Edges[1].Label = ""
	alike := step("a", "b", "c")
	alike.Edges[1].Label = alike.Edges[0].GetLabel()
	undecided := step("a", "b", "c")
	undecided.DecisionPoint = false
	for name, tc := range map[string]struct {
		steps []*riskv1.Step
		fault string
	}{
		"no workflow":                     {nil, ""},
		"one step":                        {line(1), ""},
		"100 steps":                       {line(100), ""},
		"a branch with two ends":          {[]*riskv1.Step{step("a", "b", "c"), step("b"), step("c")}, ""},
		"a loop with a way out":           {[]*riskv1.Step{step("a", "b"), step("b", "a", "c"), step("c")}, ""},
		"a step that follows itself":      {[]*riskv1.Step{step("a", "a", "b"), step("b")}, ""},
		"one id twice":                    {[]*riskv1.Step{step("a", "b"), step("b"), step("b")}, "power_item.steps[2].id: duplicate"},
		"a way into nowhere":              {[]*riskv1.Step{step("a", "b"), step("b", "c")}, "power_item.steps[1].edges[0].step: unknown_step"},
		"one way twice":                   {[]*riskv1.Step{step("a", "b", "b"), step("b")}, "power_item.steps[0].edges[1].step: duplicate; power_item.steps[0].edges[1].label: duplicate"},
		"two ways under one label":        {[]*riskv1.Step{alike, step("b"), step("c")}, "power_item.steps[0].edges[1].label: duplicate"},
		"two ways and no decision":        {[]*riskv1.Step{undecided, step("b"), step("c")}, "power_item.steps[0].edges: not_a_decision"},
		"a way that does not say when":    {[]*riskv1.Step{silent, step("b"), step("c")}, "power_item.steps[0].edges[1].label: required"},
		"a step that nothing leads to":    {[]*riskv1.Step{step("a"), step("b", "a")}, "power_item.steps[1]: unreachable"},
		"a loop that nothing leads to":    {[]*riskv1.Step{step("a"), step("b", "c"), step("c", "b")}, loopApart},
		"a loop without a way out":        {[]*riskv1.Step{step("a", "b", "c"), step("b", "b"), step("c")}, "power_item.steps[1]: no_exit"},
		"a workflow that is all one loop": {[]*riskv1.Step{step("a", "b"), step("b", "a")}, "power_item.steps[0]: no_exit; power_item.steps[1]: no_exit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults fault.Fields
			if checkWorkflow(&faults, tc.steps); tc.fault == "" {
				assert.NoError(t, faults.Err())
			} else {
				assert.EqualError(t, faults.Err(), "INVALID_ARGUMENT; "+tc.fault)
			}
		})
	}
}

const loopApart = "power_item.steps[1]: unreachable; power_item.steps[1]: no_exit; " +
	"power_item.steps[2]: unreachable; power_item.steps[2]: no_exit"

// Whatever workflow is taken, walking at random from the first step comes to an end, and some walk comes to every step.
func TestAWorkflowThatIsTakenCanBeFollowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := line(rapid.IntRange(1, 8).Draw(t, "length"))
		for i, s := range steps {
			to := rapid.SliceOfNDistinct(rapid.IntRange(0, len(steps)-1), 0, 3, rapid.ID[int]).Draw(t, "edges")
			s.Edges, s.DecisionPoint = nil, true
			for _, next := range to {
				s.Edges = append(s.Edges, &riskv1.Edge{Step: steps[next].GetId(), Label: fmt.Sprint(i, next)})
			}
		}
		var faults fault.Fields
		if checkWorkflow(&faults, steps); len(faults) > 0 {
			return
		}
		for _, from := range steps {
			if !walks(steps, from.GetId(), func(s *riskv1.Step) bool { return len(s.GetEdges()) == 0 }) {
				t.Fatalf("no end from %s in %v", from.GetId(), steps)
			}
			if !walks(steps, steps[0].GetId(), func(s *riskv1.Step) bool { return s.GetId() == from.GetId() }) {
				t.Fatalf("no way to %s in %v", from.GetId(), steps)
			}
		}
	})
}

// walks tells, by trying rounds of one step more each, whether some walk comes to a step that is wanted.
func walks(steps []*riskv1.Step, from string, wanted func(*riskv1.Step) bool) bool {
	at := map[string]bool{from: true}
	for range steps {
		for _, s := range steps {
			if !at[s.GetId()] {
				continue
			}
			if wanted(s) {
				return true
			}
			for _, edge := range s.GetEdges() {
				at[edge.GetStep()] = true
			}
		}
	}
	for _, s := range steps {
		if at[s.GetId()] && wanted(s) {
			return true
		}
	}
	return false
}
