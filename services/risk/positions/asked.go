package positions

import (
	"encoding/json"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Rule is a rule of a scheme that asks something of positions, as rules_asking reads it with what its queries need besides.
type Rule struct {
	ID     string   `json:"id"`
	Ranks  []string `json:"ranks,omitempty"`
	Tiers  []string `json:"tiers,omitempty"`
	Grades []string `json:"grades,omitempty"`
	From   string   `json:"from,omitempty"`   // first day of the time that it asks for
	Months int32    `json:"months,omitempty"` // after which a holder is to leave
	Until  string   `json:"until,omitempty"`  // by when a holder is to be due
}

// RuleOf is a rule by its id and the positions that it selects.
func RuleOf(rule interface {
	GetId() string
	GetPositions() *riskv1.PositionSelector
},
) Rule {
	of := rule.GetPositions()
	return Rule{ID: rule.GetId(), Ranks: of.GetRanks(), Tiers: of.GetTiers(), Grades: of.GetGrades()}
}

// Asked are the rules of schemes that ask something of positions, each with what is to be done by it.
type Asked[T any] struct {
	rules map[string][]Rule // by the identifier of the unit that has the scheme
	by    map[[2]string]T   // by that and the id of the rule
}

// Ask begins the rules of schemes, which are given by their units. A scheme that asks nothing keeps those above it from asking.
func Ask[T any](schemes map[string]*riskv1.Scheme) *Asked[T] {
	asked := &Asked[T]{map[string][]Rule{}, map[[2]string]T{}}
	for unit := range schemes {
		asked.rules[resource.ID(unit)] = []Rule{}
	}
	return asked
}

// Add adds a rule of a scheme.
func (a *Asked[T]) Add(scheme *riskv1.Scheme, rule Rule, by T) {
	unit := resource.ID(scheme.GetUnit())
	a.rules[unit] = append(a.rules[unit], rule)
	a.by[[2]string{unit, rule.ID}] = by
}

// JSON is the rules as the queries take them.
func (a *Asked[T]) JSON() ([]byte, error) { return json.Marshal(a.rules) }

func (a *Asked[T]) none() bool { return len(a.by) == 0 }

// find is what is to be done by the rule that asks something of a position: that of the nearest unit that has a scheme.
func (a *Asked[T]) find(at Place) (by T) {
	for _, unit := range slices.Backward(strings.Split(at.UnitPath, ".")) {
		if _, has := a.rules[unit]; has {
			return a.by[[2]string{unit, at.Rule}]
		}
	}
	return by
}
