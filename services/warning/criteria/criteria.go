// Package criteria is when a count meets a warning level: expressions over its numbers, and over what the risk register and the
// reports say of its unit (C12, T6).
package criteria

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
)

// language is what criteria are written in: the numbers of a count, the classes that were found of its unit and area, and the
// circumstances of its unit. Within is of the last so many months.
var language = expression.Over(
	cel.Variable("tips", cel.IntType), cel.Variable("previous", cel.IntType), cel.Variable("urgent", cel.IntType),
	cel.Variable("within", cel.ListType(cel.IntType)), cel.Variable(classes, cel.MapType(cel.StringType, cel.BoolType)),
	cel.Variable(risks, numbers), cel.Variable(states, numbers), cel.Variable(deviations, cel.IntType),
	cel.Variable(deficiencies, numbers), cel.Variable(overdue, numbers),
)

// maxWithin is how many months within looks back on at most.
const maxWithin = 12

// Criterion is a compiled criterion of a warning level.
type Criterion struct {
	WarningLevel *warningv1.WarningLevel
	// Text is what was compiled.
	Text string
	// Needs are what must be asked before it can be told whether it is met.
	Needs Needs

	expression expression.Expression
	keys       map[string][]string
}

// Ladder is the compiled criteria of a scheme, the gravest level first: those of a unit and subject area, and those of a unit as
// a whole. Levels without one are left out: nothing meets them by itself.
type Ladder struct{ Area, Unit []Criterion }

// Compile compiles a scheme's criteria.
func Compile(scheme *warningv1.Scheme) (ladder Ladder, err error) {
	if ladder.Area, err = compileAll(scheme, (*warningv1.WarningLevel).GetCriterion); err != nil {
		return ladder, err
	}
	ladder.Unit, err = compileAll(scheme, (*warningv1.WarningLevel).GetUnitCriterion)
	return ladder, err
}

func compileAll(scheme *warningv1.Scheme, text func(*warningv1.WarningLevel) string) (list []Criterion, err error) {
	for _, level := range slices.Backward(scheme.GetWarningLevels()) {
		if text(level) == "" {
			continue
		}
		compiled, err := compile(level, text(level))
		if err != nil {
			return nil, err
		}
		list = append(list, compiled)
	}
	return list, nil
}

// NeedsOf are what some criteria need together.
func NeedsOf(list []Criterion) (all Needs) {
	for _, c := range list {
		all = all.And(c.Needs)
	}
	return all
}

// Fall compiles the criterion by which a warning falls from a level, which has one.
func Fall(level *warningv1.WarningLevel) (Criterion, error) {
	return compile(level, level.GetFall().GetCriterion())
}

func compile(level *warningv1.WarningLevel, text string) (Criterion, error) {
	compiled, err := language.Compile(text)
	if err != nil {
		return Criterion{}, fmt.Errorf("criterion of warning level %s: %w", level.GetId(), err)
	}
	keys, needs, err := read(text)
	return Criterion{WarningLevel: level, Text: text, Needs: needs, expression: compiled, keys: keys}, err
}

// Met tells whether a count meets the criterion, with the classes found there and the circumstances of its unit, which are nil
// where there is nothing. It fails where the criterion can't be evaluated for this very count, such as for a division by zero or
// an overflow.
func (c Criterion) Met(count *warningv1.AreaCount, found map[string]bool, of *typev1.Circumstances) (bool, error) {
	these := values(count.GetTips(), count.GetPrevious(), count.GetUrgent(), within(count.GetMonths()), found)
	addCircumstances(these, c.keys, of)
	return c.expression.IsTrue(these)
}

// within are the tips of the last month, of the last two, and so on, by their number of months.
func within(months []int64) []int64 {
	sums := make([]int64, 1, maxWithin+1)
	for i, tips := range slices.Backward(months) {
		sums = append(sums, sums[len(months)-1-i]+tips)
	}
	return sums
}

func values(tips, previous, urgent int64, within []int64, found map[string]bool) map[string]any {
	return map[string]any{"tips": tips, "previous": previous, "urgent": urgent, "within": within, classes: found}
}

// Check compiles a criterion, which may name nothing but what is known, and tries it on counts of zero and one, where a division
// fails if it ever does, with all classes of findings found and none, and one of all that the circumstances count and none.
func Check(text string, known Known) error {
	if text == "" {
		return nil
	}
	if _, err := language.Compile(text); err != nil {
		return err
	}
	if err := known.check(text); err != nil {
		return err
	}
	return language.Check(text, func(try func(map[string]any) bool) {
		for bits := range int64(64) {
			months, found := make([]int64, maxWithin), map[string]bool{}
			months[maxWithin-1] = bits >> 3 & 1
			for _, class := range known.Classes {
				found[class] = bits>>4&1 == 1
			}
			these := values(bits&1, bits>>1&1, bits>>2&1, within(months), found)
			known.addAll(these, bits>>5)
			if !try(these) {
				return
			}
		}
	})
}
