package suite_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// protectedCalls are the calls whose access option keeps who calls out of all records.
func protectedCalls() []string {
	var names []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				rule, ok := proto.GetExtension(methods.Get(j).Options(), accessv1.E_Access).(*accessv1.Access)
				if ok && (rule.GetAudit() == accessv1.Audit_AUDIT_SOURCE || rule.GetScope() == accessv1.Scope_SCOPE_RECEIPT) {
					names = append(names, "`"+string(methods.Get(j).Name())+"`")
				}
			}
		}
		return true
	})
	slices.Sort(names)
	return names
}

func TestTheDocsNameEveryProtectedCall(t *testing.T) {
	t.Parallel()
	for file, separator := range map[string]string{"architecture.md": ", ", "operating.md": ", ", "operating.zh-CN.md": "、"} {
		text, err := os.ReadFile("../../docs/" + file)
		require.NoError(t, err)
		assert.Contains(t, string(text), strings.Join(protectedCalls(), separator), file)
	}
}
