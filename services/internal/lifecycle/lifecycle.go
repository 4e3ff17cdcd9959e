// Package lifecycle holds life cycles as tables: a resource declares its transitions once, and the use cases, the property
// tests and the diagrams in the docs all read that table.
package lifecycle

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// State is a protobuf enum of states.
type State interface {
	~int32
	fmt.Stringer
}

// Act is something that is done to a record, such as "submit".
type Act string

// Party is who may act.
type Party struct {
	// Title says who, for the docs.
	Title string
	// May refuses a caller who is not this party. Units are the record's unit and those above it, as identifiers, the root first.
	// Where it is nil, the resource's own rules check who acts.
	May func(ctx context.Context, units []string) error
	// Judges are the calls, as full methods, that hand in what this party judges; nobody judges what they handed in themselves.
	Judges []string
}

// Judging is the party as it judges what some calls, given as full methods, hand in.
func (p Party) Judging(handedIn ...string) Party {
	p.Judges = handedIn
	return p
}

// By is a party whom the resource's own rules check.
func By(title string) Party { return Party{Title: title} }

// Suite is the party of acts that no caller does: they come with time, or from another service.
var Suite = By("the suite")

// Own is the record's unit itself; nobody above acts in its stead.
func Own(title string) Party {
	return Party{Title: title, May: func(ctx context.Context, units []string) error {
		return access.RequireOwn(ctx, resource.Name(resource.Units, units[len(units)-1]))
	}}
}

// Transition lets an act lead from one state to another.
type Transition[S State] struct {
	From S
	Act  Act
	To   S
	By   Party
}

// Table is the life cycle of one resource. An act may lead from one state to several: to the first of them, unless a rule of the
// resource sets another.
type Table[S State] struct {
	// Resource is what it is the life cycle of, for errors and docs.
	Resource string
	// Start is the state a new record is in.
	Start       S
	Transitions []Transition[S]
}

// Open tells whether a record, as it is and by its scheme, is open to an act that its state allows; nil where each is.
type Open func(Act) bool

// Life is a life cycle for code that does not know the states: a Table.
type Life interface {
	// First is the state a new record is in.
	First() protoreflect.EnumNumber
	// Step is the state that an act of the caller leads to. Errors: what the party says, then WRONG_STATE, which names none but
	// acts that are open.
	Step(ctx context.Context, from protoreflect.EnumNumber, act Act, units []string, open Open) (protoreflect.EnumNumber, error)
	// Judges are the calls, as full methods, that hand in what an act judges; none where it judges nothing.
	Judges(from protoreflect.EnumNumber, act Act) []string
	// Leads tells whether an act may lead from one state to another.
	Leads(from protoreflect.EnumNumber, act Act, to protoreflect.EnumNumber) bool
}

// First is the state a new record is in.
func (t Table[S]) First() protoreflect.EnumNumber { return protoreflect.EnumNumber(t.Start) }

// Step is Next for the caller, if the caller is the party that may act.
func (t Table[S]) Step(
	ctx context.Context, from protoreflect.EnumNumber, act Act, units []string, open Open,
) (protoreflect.EnumNumber, error) {
	doer := t.party(S(from), act)
	if doer.May != nil {
		if err := doer.May(ctx, units); err != nil {
			return from, err
		}
	}
	next, err := t.next(S(from), act, func(p Party) bool {
		return p.Title == doer.Title || p.May != nil && p.May(ctx, units) == nil
	}, open)
	return protoreflect.EnumNumber(next), err
}

// Judges are the calls, as full methods, that hand in what an act judges; none where it judges nothing.
func (t Table[S]) Judges(from protoreflect.EnumNumber, act Act) []string {
	return t.party(S(from), act).Judges
}

// Leads tells whether an act may lead from one state to another.
func (t Table[S]) Leads(from protoreflect.EnumNumber, act Act, to protoreflect.EnumNumber) bool {
	return slices.ContainsFunc(t.Transitions, func(tr Transition[S]) bool {
		return tr.From == S(from) && tr.Act == act && tr.To == S(to)
	})
}

// party is who may act in a state; in a state that does not allow the act, who may in another.
func (t Table[S]) party(from S, act Act) Party {
	var party Party
	for _, tr := range t.Transitions {
		if tr.Act == act {
			if party = tr.By; tr.From == from {
				return party
			}
		}
	}
	return party
}

// Next is the state that an act leads to, or a fault that names the acts the state allows, those of the party that does this one
// apart.
func (t Table[S]) Next(from S, act Act) (S, error) { return t.NextOf(from, act, nil) }

// NextOf is Next for a record that is open to some acts only: the fault names no other.
func (t Table[S]) NextOf(from S, act Act, open Open) (S, error) {
	doer := t.party(from, act)
	return t.next(from, act, func(p Party) bool { return p.Title == doer.Title }, open)
}

// next is NextOf for a caller who is one of the parties that may.
func (t Table[S]) next(from S, act Act, may func(Party) bool, open Open) (S, error) {
	for _, tr := range t.Transitions {
		if tr.From == from && tr.Act == act {
			return tr.To, nil
		}
	}
	allowed, others := t.named(from, may, open)
	return from, fault.Precondition(words.WrongState(from.String(), string(act), allowed, others))
}

// Named are the acts that a record in a state is open to, as errors name them: those of the party that does this act, and those
// of others.
func (t Table[S]) Named(from S, act Act, open Open) (allowed, others string) {
	doer := t.party(from, act)
	return t.named(from, func(p Party) bool { return p.Title == doer.Title }, open)
}

func (t Table[S]) named(from S, may func(Party) bool, open Open) (allowed, others string) {
	var mine, theirs []string
	for _, a := range t.Acts(from) {
		switch p := t.party(from, a); {
		case p.Title == Suite.Title, open != nil && !open(a):
		case may(p):
			mine = append(mine, string(a))
		default:
			theirs = append(theirs, string(a))
		}
	}
	return listed(mine), listed(theirs)
}

// listed are acts as an error names them; there may be none.
func listed(acts []string) string { return cmp.Or(strings.Join(acts, ", "), "–") }

// Acts are the acts a state allows, in the table's order.
func (t Table[S]) Acts(from S) []Act {
	var acts []Act
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
		fmt.Fprintf(&b, "    %s --> %s: %s (%s)\n", tr.From, tr.To, tr.Act, tr.By.Title)
	}
	return b.String()
}
