// Package criteria is when a count meets a warning level: CEL expressions over its three numbers (C12, T6).
package criteria

import (
	"errors"
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// costLimit bounds one evaluation in CEL's own units; an expression over three numbers takes a few dozen.
const costLimit = 1000

// celEnv is what criteria are written in: CEL over the three numbers of a count.
var celEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("tips", cel.IntType), cel.Variable("previous", cel.IntType), cel.Variable("urgent", cel.IntType),
	)
})

// Criterion is the compiled criterion of a warning level.
type Criterion struct {
	WarningLevel *warningv1.WarningLevel

	program cel.Program
}

// Compile compiles a ladder's criteria, the gravest first. Levels without one are left out: nothing meets them by itself.
func Compile(scheme *warningv1.Scheme) ([]Criterion, error) {
	var list []Criterion
	levels := scheme.GetWarningLevels()
	for i := len(levels) - 1; i >= 0; i-- {
		if levels[i].GetCriterion() == "" {
			continue
		}
		program, err := compile(levels[i].GetCriterion())
		if err != nil {
			return nil, fmt.Errorf("criterion of warning level %s: %w", levels[i].GetId(), err)
		}
		list = append(list, Criterion{WarningLevel: levels[i], program: program})
	}
	return list, nil
}

// Met tells whether a count meets the criterion. It fails where the criterion can't be evaluated for this very count, such as for
// a division by zero or an overflow.
func (c Criterion) Met(count *warningv1.AreaCount) (bool, error) {
	value, _, err := c.program.Eval(map[string]any{
		"tips": count.GetTips(), "previous": count.GetPrevious(), "urgent": count.GetUrgent(),
	})
	if err != nil {
		return false, err
	}
	met, _ := value.Value().(bool) // of which type every criterion is
	return met, nil
}

func compile(text string) (cel.Program, error) {
	env, err := celEnv()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if found := issues.Errors(); len(found) > 0 {
		return nil, errors.New(found[0].Message) // the first is the cause, the others mostly follow from it
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("gives %s, not true or false", ast.OutputType())
	}
	return env.Program(ast, cel.CostLimit(costLimit))
}

// Check compiles a criterion and tries it on counts of zero and one, where a division fails if it ever does.
func Check(text string) error {
	if text == "" {
		return nil
	}
	program, err := compile(text)
	if err != nil {
		return err
	}
	for bits := range int64(8) {
		count := map[string]any{"tips": bits & 1, "previous": bits >> 1 & 1, "urgent": bits >> 2 & 1}
		if _, _, err := program.Eval(count); err != nil {
			return err
		}
	}
	return nil
}
