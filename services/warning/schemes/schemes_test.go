package schemes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

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
		"scheme.warning_levels[1].id duplicate", "scheme.warning_levels[0].forms[1].id duplicate",
		"scheme.warning_levels[0].criterion criterion",
	}, paths, strings.Join(paths, ", "))
}
