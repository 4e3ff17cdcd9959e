package profile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
)

const profiles = "../../../deploy/profiles"

// conn is a connection whose answers a test chooses; it keeps what it was asked.
type conn struct {
	grpc.ClientConnInterface

	answer func(call int) error
	asked  []proto.Message
	method []string
}

func (c *conn) Invoke(_ context.Context, method string, req, _ any, _ ...grpc.CallOption) error {
	message, ok := req.(proto.Message)
	if !ok {
		return errors.New("no message")
	}
	c.asked, c.method = append(c.asked, message), append(c.method, method)
	if c.answer == nil {
		return nil
	}
	return c.answer(len(c.asked))
}

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func TestASchemeWithAnUnknownKeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown key":     "name: schemes/a\nroels: []\n",
		"key given twice": "name: schemes/a\nname: schemes/b\n",
		"wrong kind":      "name: [a]\n",
		"not YAML":        "a: [",
	} {
		c := &conn{}
		loaded, err := profile.Load(t.Context(), c, filepath.Dir(write(t, "network.yaml", text)))
		require.ErrorContains(t, err, "network.yaml", name)
		assert.Empty(t, loaded)
		assert.Empty(t, c.asked)
	}
}

func TestExistingSchemeIsKept(t *testing.T) {
	t.Parallel()
	c := &conn{answer: func(call int) error {
		if call == 1 {
			return status.Error(codes.AlreadyExists, "")
		}
		return nil
	}}
	loaded, err := profile.Load(t.Context(), c, filepath.Join(profiles, "c"))
	require.NoError(t, err)
	assert.Equal(t, []string{"risk", "warning", "assessment"}, loaded)
	denied := &conn{answer: func(int) error { return status.Error(codes.PermissionDenied, "") }}
	loaded, err = profile.Load(t.Context(), denied, filepath.Join(profiles, "c"))
	require.ErrorContains(t, err, "load the network scheme")
	assert.Equal(t, codes.PermissionDenied, status.Code(err))
	assert.Empty(t, loaded)
	loaded, err = profile.Load(t.Context(), c, t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, loaded, "an empty folder is an empty profile")
}

func TestShippedProfilesAreValid(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(profiles, "*", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, file := range folders {
		c := &conn{}
		_, err := profile.Load(t.Context(), c, filepath.Dir(file))
		require.NoError(t, err, file)
		for _, req := range c.asked {
			require.NoError(t, fieldbehavior.Check(req), file)
		}
	}
}
