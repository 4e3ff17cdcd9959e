package criteria

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
)

// Variables of criteria that are maps, and those that are asked for.
const (
	classes      = "findings"
	risks        = "risks"
	states       = "states"
	deviations   = "deviations"
	deficiencies = "deficiencies"
	overdue      = "overdue"
)

var numbers = cel.MapType(cel.StringType, cel.IntType)

// mapped are the variables that are maps.
var mapped = []string{classes, risks, states, deficiencies, overdue}

// Needs are which services must be asked about a unit: the risk register, and network for reports.
type Needs struct{ Register, Reports bool }

// And are what two need together.
func (n Needs) And(other Needs) Needs {
	return Needs{n.Register || other.Register, n.Reports || other.Reports}
}

// None tells whether nobody must be asked.
func (n Needs) None() bool { return n == Needs{} }

// read reads the keys that a criterion names, and whom it needs.
func read(text string) (keys map[string][]string, needs Needs, err error) {
	keys, whole, err := language.Keys(text, mapped...)
	if err != nil {
		return nil, needs, err
	}
	named, err := language.Variables(text)
	needs.Register = slices.ContainsFunc([]string{risks, states, deviations, deficiencies}, func(variable string) bool {
		return slices.Contains(named, variable)
	})
	for _, sort := range keys[overdue] {
		needs = needs.And(Needs{Register: sort != circumstances.Reports, Reports: sort == circumstances.Reports})
	}
	if whole[overdue] {
		needs = Needs{Register: true, Reports: true}
	}
	return keys, needs, err
}

// NamesTerms tells whether a criterion names what the risk scheme has terms for.
func NamesTerms(text string) bool {
	if text == "" {
		return false
	}
	named, err := language.Variables(text) // what can't be read names nothing, and is refused for that
	return err == nil && (slices.Contains(named, risks) || slices.Contains(named, deficiencies))
}

// Known is what a criterion may name: the classes of findings, the grades of risk and the kinds of deficiencies.
type Known struct{ Classes, Grades, Kinds []string }

// of are the keys of a variable.
func (k Known) of(variable string) []string {
	switch variable {
	case classes:
		return k.Classes
	case risks:
		return k.Grades
	case deficiencies:
		return k.Kinds
	case states:
		return ids(circumstances.States)
	default:
		return ids(circumstances.Sorts)
	}
}

func ids(terms []circumstances.Term) []string {
	list := make([]string, len(terms))
	for i, t := range terms {
		list[i] = t.ID
	}
	return list
}

// check wants a criterion to name no key that there is none of: it would never be met.
func (k Known) check(text string) error {
	keys, _, err := read(text)
	if err != nil {
		return err
	}
	for _, variable := range mapped {
		for _, key := range keys[variable] {
			if !slices.Contains(k.of(variable), key) {
				return expression.Lacks(fmt.Sprintf("%s has no \"%s\"", variable, key))
			}
		}
	}
	return nil
}

// addAll gives some values circumstances in which there is so much of everything.
func (k Known) addAll(these map[string]any, n int64) {
	for _, variable := range mapped[1:] {
		counts := map[string]int64{}
		for _, key := range k.of(variable) {
			counts[key] = n
		}
		these[variable] = counts
	}
	these[deviations] = n
}

// addCircumstances gives some values the circumstances of a unit. What a criterion names and there is nothing of is 0.
func addCircumstances(these map[string]any, keys map[string][]string, of *typev1.Circumstances) {
	for variable, counted := range map[string][]*typev1.CircumstanceCount{
		risks: of.GetRisks(), states: of.GetStates(), deficiencies: of.GetDeficiencies(), overdue: of.GetOverdue(),
	} {
		counts := make(map[string]int64, len(counted))
		for _, key := range keys[variable] {
			counts[key] = 0
		}
		for _, c := range counted {
			counts[c.GetId()] = c.GetCount()
		}
		these[variable] = counts
	}
	these[deviations] = of.GetDeviations()
}
