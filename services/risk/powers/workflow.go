package powers

import (
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkWorkflow wants a workflow that can be drawn and followed: its edges lead to its steps, it parts only where something is
// decided, every step is come to from the first, and from every step the workflow can end.
func checkWorkflow(faults *fault.Fields, steps []*riskv1.Step) {
	before := len(*faults)
	schemes.CheckUnique(faults, "power_item.steps", steps)
	for i, step := range steps {
		checkEdges(faults, fmt.Sprintf("power_item.steps[%d].edges", i), step, steps)
	}
	if len(steps) == 0 || len(*faults) > before {
		return // of a workflow with gaps, ways tell nothing
	}
	next, previous, ends := map[string][]string{}, map[string][]string{}, []string(nil)
	for _, step := range steps {
		for _, edge := range step.GetEdges() {
			next[step.GetId()] = append(next[step.GetId()], edge.GetStep())
			previous[edge.GetStep()] = append(previous[edge.GetStep()], step.GetId())
		}
		if len(step.GetEdges()) == 0 {
			ends = append(ends, step.GetId())
		}
	}
	reached, ending := reach(next, steps[0].GetId()), reach(previous, ends...)
	for i, step := range steps {
		field := fmt.Sprintf("power_item.steps[%d]", i)
		if !reached[step.GetId()] {
			faults.Add(field, words.Unreachable(words.Named(step.GetId(), step.GetTitle())))
		}
		if !ending[step.GetId()] {
			faults.Add(field, words.NoExit(words.Named(step.GetId(), step.GetTitle())))
		}
	}
}

// checkEdges wants the edges of a step to lead to different steps that there are and, where they are more than one, each to say
// when.
func checkEdges(faults *fault.Fields, field string, step *riskv1.Step, steps []*riskv1.Step) {
	parts, seen, labels := len(step.GetEdges()) > 1, map[string]bool{}, map[string]bool{}
	if parts && !step.GetDecisionPoint() {
		faults.Add(field, words.NotADecision())
	}
	for i, edge := range step.GetEdges() {
		at := fmt.Sprintf("%s[%d]", field, i)
		if _, ok := schemes.Find(steps, edge.GetStep()); !ok {
			faults.Add(at+".step", words.UnknownStep(edge.GetStep()))
		}
		if seen[edge.GetStep()] {
			faults.Add(at+".step", words.Duplicate(edge.GetStep()))
		}
		seen[edge.GetStep()] = true
		if parts && edge.GetLabel() == "" {
			faults.Add(at+".label", words.Required())
		} else if labels[edge.GetLabel()] {
			faults.Add(at+".label", words.Duplicate(edge.GetLabel()))
		}
		labels[edge.GetLabel()] = true
	}
}

// reach is what some steps lead to, themselves included.
func reach(edges map[string][]string, from ...string) map[string]bool {
	reached := map[string]bool{}
	for len(from) > 0 {
		step := from[len(from)-1]
		from = from[:len(from)-1]
		if !reached[step] {
			reached[step] = true
			from = append(from, edges[step]...)
		}
	}
	return reached
}
