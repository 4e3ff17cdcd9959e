package expression

import (
	"errors"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// Fault is what is wrong with an expression: the kind of problem, which is said in the caller's language, and how CEL says it.
type Fault struct{ problem, cause string } //nolint:errname // as fault.Fault

// Error is how CEL says it.
func (f *Fault) Error() string { return f.cause }

func fail(problem, cause string) error { return &Fault{problem, cause} }

// Lacks is the fault of an expression that names what there is not.
func Lacks(cause string) error { return fail("unknown", cause) }

// Says is what a field's fault says of an expression.
func Says(err error) words.Sentence {
	return words.Expression(Explain(err))
}

// Explain is the kind of problem with an expression, and how CEL says it, for a sentence that says more.
func Explain(err error) (problem, cause string) {
	var f *Fault
	if errors.As(err, &f) {
		return f.problem, f.cause
	}
	return "mismatch", err.Error()
}

// problemAt is the kind of problem that CEL came upon as it evaluated an expression.
func problemAt(message string) string {
	for found, problem := range map[string]string{
		"by zero": "zero", "no such key": "missing", "out of bounds": "missing", "overflow": "overflow", "cost limit": "cost",
	} {
		if strings.Contains(message, found) {
			return problem
		}
	}
	return "fails"
}

// problemOf is the kind of problem that CEL has found in a text.
func problemOf(message string) string {
	switch {
	case strings.HasPrefix(message, "Syntax error"):
		return "syntax"
	case strings.HasPrefix(message, "undeclared reference"):
		return "undeclared"
	default:
		return "mismatch"
	}
}
