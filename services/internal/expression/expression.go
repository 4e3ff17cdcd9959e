// Package expression is the expressions in schemes: CEL that is true or false over declared variables, compiled and tried when
// it is stored, and bounded when it runs.
package expression

import (
	"errors"
	"fmt"
	"iter"
	"sync"

	"cel.dev/cel-go/cel"
)

// costLimit bounds one evaluation in CEL's own units; an expression over a few numbers takes a few dozen.
const costLimit = 1000

// Language is what expressions of one kind are written in: CEL over their variables.
type Language struct {
	env func() (*cel.Env, error)
	// compiling keeps compilations apart: one that fails writes to the environment what another reads.
	compiling *sync.Mutex
}

// Over is the language over some variables.
func Over(variables ...cel.EnvOption) Language {
	return Language{sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv(variables...) }), &sync.Mutex{}}
}

// Expression is a compiled expression.
type Expression struct{ program cel.Program }

// Compile compiles an expression.
func (l Language) Compile(text string) (Expression, error) {
	env, err := l.env()
	if err != nil {
		return Expression{}, err
	}
	l.compiling.Lock()
	defer l.compiling.Unlock()
	ast, issues := env.Compile(text)
	if found := issues.Errors(); len(found) > 0 {
		return Expression{}, errors.New(found[0].Message) // the first is the cause, the others mostly follow from it
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return Expression{}, fmt.Errorf("gives %s, not true or false", ast.OutputType())
	}
	program, err := env.Program(ast, cel.CostLimit(costLimit))
	return Expression{program}, err
}

// Check compiles an expression and tries it on values of its variables, for which it must not fail.
func (l Language) Check(text string, values iter.Seq[map[string]any]) error {
	compiled, err := l.Compile(text)
	if err != nil {
		return err
	}
	for some := range values {
		if _, err := compiled.IsTrue(some); err != nil {
			return err
		}
	}
	return nil
}

// IsTrue evaluates the expression. It fails where that can't be done for these very values, such as for a division by zero or an
// overflow, and where it would cost too much.
func (e Expression) IsTrue(values map[string]any) (bool, error) {
	value, _, err := e.program.Eval(values)
	if err != nil {
		return false, err
	}
	is, _ := value.Value().(bool) // of which type every expression is
	return is, nil
}
