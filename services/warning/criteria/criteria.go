// Package criteria is when a count meets a warning level: expressions over its numbers (C12, T6).
package criteria

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
)

// language is what criteria are written in: the numbers of a count, and the classes that were found of its unit and area.
// Within is of the last so many months.
var language = expression.Over(
	cel.Variable("tips", cel.IntType), cel.Variable("previous", cel.IntType), cel.Variable("urgent", cel.IntType),
	cel.Variable("within", cel.ListType(cel.IntType)), cel.Variable("findings", cel.MapType(cel.StringType, cel.BoolType)),
)

// maxWithin is how many months within looks back on at most.
const maxWithin = 12

// Criterion is the compiled criterion of a warning level.
type Criterion struct {
	WarningLevel *warningv1.WarningLevel

	expression expression.Expression
}

// Compile compiles a ladder's criteria, the gravest first. Levels without one are left out: nothing meets them by itself.
func Compile(scheme *warningv1.Scheme) ([]Criterion, error) {
	var list []Criterion
	levels := scheme.GetWarningLevels()
	for i := len(levels) - 1; i >= 0; i-- {
		if levels[i].GetCriterion() == "" {
			continue
		}
		compiled, err := compile(levels[i], levels[i].GetCriterion())
		if err != nil {
			return nil, err
		}
		list = append(list, compiled)
	}
	return list, nil
}

// Fall compiles the criterion by which a warning falls from a level, which has one.
func Fall(level *warningv1.WarningLevel) (Criterion, error) {
	return compile(level, level.GetFall().GetCriterion())
}

func compile(level *warningv1.WarningLevel, text string) (Criterion, error) {
	compiled, err := language.Compile(text)
	if err != nil {
		err = fmt.Errorf("criterion of warning level %s: %w", level.GetId(), err)
	}
	return Criterion{WarningLevel: level, expression: compiled}, err
}

// Met tells whether a count meets the criterion. It fails where the criterion can't be evaluated for this very count, such as for
// a division by zero or an overflow.
func (c Criterion) Met(count *warningv1.AreaCount, found map[string]bool) (bool, error) {
	return c.expression.IsTrue(values(count.GetTips(), count.GetPrevious(), count.GetUrgent(), within(count.GetMonths()), found))
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
	return map[string]any{"tips": tips, "previous": previous, "urgent": urgent, "within": within, "findings": found}
}

// Check compiles a criterion and tries it on counts of zero and one, where a division fails if it ever does, with all classes of
// findings found and none.
func Check(text string, classes []string) error {
	if text == "" {
		return nil
	}
	return language.Check(text, func(try func(map[string]any) bool) {
		for bits := range int64(32) {
			months, found := make([]int64, maxWithin), map[string]bool{}
			months[maxWithin-1] = bits >> 3 & 1
			for _, class := range classes {
				found[class] = bits>>4 == 1
			}
			if !try(values(bits&1, bits>>1&1, bits>>2&1, within(months), found)) {
				return
			}
		}
	})
}
