package expression_test

import (
	"slices"
	"sync"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
)

func TestAnExpressionIsTrueOrFalseForEveryValueTried(t *testing.T) {
	t.Parallel()
	language := expression.Over(cel.Variable("seen", cel.IntType), cel.Variable("words", cel.ListType(cel.StringType)))
	values := []map[string]any{
		{"seen": 0, "words": []string{}},
		{"seen": 1, "words": []string{"a", "b"}},
	}
	for text, cause := range map[string]string{
		"seen >= 3 || 'a' in words":       "",
		"seen == 0 || 6 / seen > 2":       "",
		"words.exists(w, w == 'b')":       "",
		"seen":                            "gives int, not true or false",
		"seen >=":                         "Syntax error",
		"heard > 3":                       "undeclared reference to 'heard'",
		"seen > 'a'":                      "no matching overload",
		"6 / seen > 2":                    "division by zero",
		"words[0] == 'a'":                 "index out of bounds",
		"seen + 9223372036854775807 == 3": "integer overflow",
		"[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, a + b + c > seen)))": "cost limit",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			err := language.Check(text, slices.Values(values))
			if cause == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, cause)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAnExpressionIsEvaluated(t *testing.T) {
	t.Parallel()
	compiled, err := expression.Over(cel.Variable("seen", cel.IntType)).Compile("6 / seen > 2")
	require.NoError(t, err)
	for seen, want := range map[int]bool{1: true, 2: true, 3: false} {
		is, err := compiled.IsTrue(map[string]any{"seen": seen})
		require.NoError(t, err)
		assert.Equal(t, want, is)
	}
	_, err = compiled.IsTrue(map[string]any{"seen": 0})
	require.ErrorContains(t, err, "division by zero")
}

// What fails to compile and what compiles share the environment; the race detector watches.
func TestExpressionsAreCompiledAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		language := expression.Over(cel.Variable("causes", cel.ListType(cel.StringType)))
		var all sync.WaitGroup
		for text, ok := range map[string]bool{"nobody == 1": false, "causes.all(c, causes.all(d, c != d))": true} {
			all.Go(func() {
				_, err := language.Compile(text)
				assert.Equal(t, ok, err == nil, "%s: %v", text, err)
			})
		}
		all.Wait()
	}
}
