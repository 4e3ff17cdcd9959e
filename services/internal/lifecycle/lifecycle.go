// Package lifecycle holds life cycles as tables: a resource declares its transitions once, and the use cases, the property
// tests and the diagrams in the docs all read that table.
package lifecycle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// State is a protobuf enum of states.
type State interface {
	~int32
	fmt.Stringer
}

// Transition lets an act lead from one state to another.
type Transition[S State] struct {
	From S
	Act  string
	To   S
	// By says who acts, for the docs.
	By string
}

// Table is the life cycle of one resource.
type Table[S State] struct {
	// Resource is what it is the life cycle of, for errors and docs.
	Resource string
	// Start is the state a new record is in.
	Start       S
	Transitions []Transition[S]
}

// Next is the state that an act leads to, or a fault that names the acts the state allows.
func (t Table[S]) Next(from S, act string) (S, error) {
	for _, tr := range t.Transitions {
		if tr.From == from && tr.Act == act {
			return tr.To, nil
		}
	}
	allowed := cmp.Or(strings.Join(t.Acts(from), ", "), "–") // a final state allows none
	return from, fault.Precondition("WRONG_STATE", "state", from.String(), "act", act, "allowed", allowed)
}

// Acts are the acts a state allows, in the table's order.
func (t Table[S]) Acts(from S) []string {
	var acts []string
	for _, tr := range t.Transitions {
		if tr.From == from && !slices.Contains(acts, tr.Act) {
			acts = append(acts, tr.Act)
		}
	}
	return acts
}

// Mermaid draws the table as a Mermaid state diagram.
func (t Table[S]) Mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stateDiagram-v2\n    [*] --> %s\n", t.Start)
	for _, tr := range t.Transitions {
		fmt.Fprintf(&b, "    %s --> %s: %s (%s)\n", tr.From, tr.To, tr.Act, tr.By)
	}
	return b.String()
}
