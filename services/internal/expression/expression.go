// Package expression is the expressions in schemes: CEL that is true or false over declared variables, compiled and tried when
// it is stored, and bounded when it runs.
package expression

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
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

// Compile compiles an expression, which must depend on a variable: what is always true or false asks nothing.
func (l Language) Compile(text string) (Expression, error) {
	env, err := l.env()
	if err != nil {
		return Expression{}, err
	}
	l.compiling.Lock()
	defer l.compiling.Unlock()
	ast, issues := env.Compile(text)
	if found := issues.Errors(); len(found) > 0 {
		return Expression{}, fail(problemOf(found[0].Message), found[0].Message) // the others mostly follow from the first
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return Expression{}, fail("type", fmt.Sprintf("gives %s, not true or false", ast.OutputType()))
	}
	if len(free(ast)) == 0 {
		return Expression{}, fail("constant", "depends on nothing")
	}
	program, err := env.Program(ast, cel.CostLimit(costLimit))
	return Expression{program}, err
}

// free are the variables that an expression names and doesn't bind itself, in order.
func free(compiled *cel.Ast) []string {
	named, bound := map[string]bool{}, map[string]bool{}
	ast.PreOrderVisit(compiled.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			named[e.AsIdent()] = true
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			bound[c.IterVar()], bound[c.IterVar2()], bound[c.AccuVar()] = true, true, true
		default:
		}
	}))
	maps.DeleteFunc(named, func(name string, _ bool) bool { return bound[name] })
	return slices.Sorted(maps.Keys(named))
}

// Variables are the variables that an expression depends on, in order.
func (l Language) Variables(text string) ([]string, error) {
	parsed, err := l.parse(text)
	if err != nil {
		return nil, err
	}
	return free(parsed), nil
}

func (l Language) parse(text string) (*cel.Ast, error) {
	env, err := l.env()
	if err != nil {
		return nil, err
	}
	l.compiling.Lock()
	defer l.compiling.Unlock()
	parsed, issues := env.Parse(text)
	return parsed, issues.Err()
}

// Words are the texts and the keys that an expression names.
func (l Language) Words(text string) (named []string, err error) {
	parsed, err := l.parse(text)
	if err != nil {
		return nil, err
	}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.LiteralKind:
			if said, ok := e.AsLiteral().Value().(string); ok {
				named = append(named, said)
			}
		case ast.SelectKind:
			named = append(named, e.AsSelect().FieldName())
		default:
		}
	}))
	return named, nil
}

// Keys are the keys by which an expression reads some variables that are maps, by variable; whole are those that it reads in
// another way as well, such as all that is in them.
func (l Language) Keys(text string, variables ...string) (keys map[string][]string, whole map[string]bool, err error) {
	parsed, err := l.parse(text)
	if err != nil {
		return nil, nil, err
	}
	keys, whole = map[string][]string{}, map[string]bool{}
	named := map[string]int{}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			named[e.AsIdent()]++
		} else if variable, key, ok := keyOf(e); ok {
			keys[variable] = append(keys[variable], key)
		}
	}))
	for _, variable := range variables {
		whole[variable] = named[variable] > len(keys[variable])
	}
	return keys, whole, nil
}

// keyOf is the key by which a part of an expression reads a variable: as variable.key, variable["key"] or "key" in variable.
func keyOf(e ast.Expr) (variable, key string, ok bool) {
	var of, by ast.Expr
	switch e.Kind() {
	case ast.SelectKind:
		of, key, ok = e.AsSelect().Operand(), e.AsSelect().FieldName(), true
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Index:
			of, by = args[0], args[1]
		case operators.In:
			of, by = args[1], args[0]
		default:
			return "", "", false
		}
		if by.Kind() == ast.LiteralKind {
			key, ok = by.AsLiteral().Value().(string)
		}
	default:
		return "", "", false
	}
	if of.Kind() != ast.IdentKind {
		return "", "", false
	}
	return of.AsIdent(), key, ok
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
		return false, fail(problemAt(err.Error()), err.Error())
	}
	is, _ := value.Value().(bool) // of which type every expression is
	return is, nil
}
