package warning

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func TestCriterionMustBeTrueOrFalseOverTheThreeNumbers(t *testing.T) {
	t.Parallel()
	for text, fit := range map[string]bool{
		"":                                      true,
		"tips >= 3 || urgent > 0":               true,
		"previous > 0 && tips > previous":       true,
		"previous == 0 || tips / previous >= 2": true,
		"tips":                                  false,
		"tips >=":                               false,
		"received > 3":                          false,
		"tips / previous >= 2":                  false, // fails where there were none before
		"[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, a + b + c > tips)))": false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if err := checkCriterion(text); fit {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.NotContains(t, err.Error(), "\n")
			}
		})
	}
}

func TestSchemeNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	err := checkScheme(&warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
		{Id: "blue", Criterion: "tips >", Forms: []*warningv1.Form{{Id: "a"}, {Id: "a"}}},
		{Id: "blue", Criterion: "tips > 1"},
	}})
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	paths := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		paths[i] = field.Path + " " + field.Rule
	}
	assert.ElementsMatch(t, []string{
		"scheme.warning_levels[1].id duplicate", "scheme.warning_levels[0].forms[1].id duplicate", "scheme.warning_levels[0].criterion criterion",
	}, paths, strings.Join(paths, ", "))
}
