package suite_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// protectedCalls are the calls whose access rule keeps who calls out of all records.
func protectedCalls(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, method := range accessv1.Methods() {
		rule, err := accessv1.Of(method)
		require.NoError(t, err)
		if rule.ProtectsSource() {
			names = append(names, "`"+string(method.Name())+"`")
		}
	}
	slices.Sort(names)
	return names
}

func TestTheDocsNameEveryProtectedCall(t *testing.T) {
	t.Parallel()
	for file, separator := range map[string]string{"architecture.md": ", ", "operating.md": ", ", "operating.zh-CN.md": "、"} {
		text, err := os.ReadFile("../../docs/" + file)
		require.NoError(t, err)
		assert.Contains(t, string(text), strings.Join(protectedCalls(t), separator), file)
	}
}
