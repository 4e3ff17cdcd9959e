package suite_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/suite"
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

// jobName is a job as docs/operating.md names it.
var jobName = regexp.MustCompile("`((?:network|risk|warning|assessment)\\.[a-z_]+)`")

func TestTheDocsListEveryJob(t *testing.T) {
	t.Parallel()
	running, err := suite.Open(t.Context(), suite.Config{
		Data: t.TempDir(), DatabaseURL: pgtest.URL(t, "empty", nil), Level: typev1.Level_LEVEL_CITY,
		Server: server.Config{Listen: "127.0.0.1:0"}, HTTP: "127.0.0.1:0", Clock: clock.System{}, Log: zap.NewNop(),
	})
	require.NoError(t, err)
	jobs, err := running.Jobs()
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, running.Run(ctx))
	for _, file := range []string{"operating.md", "operating.zh-CN.md"} {
		text, err := os.ReadFile("../../docs/" + file)
		require.NoError(t, err)
		var listed []string
		for _, found := range jobName.FindAllStringSubmatch(string(text), -1) {
			listed = append(listed, found[1])
		}
		assert.ElementsMatch(t, jobs, listed, file)
	}
}

// tokenOnCommandLine is a token, or a variable that holds one, where others on the machine can read it.
var tokenOnCommandLine = regexp.MustCompile(`--token[ =]|Bearer\s+(?:ey|["']?\$|<|\.\.\.|…)`)

func TestTheDocsPutNoTokenOnACommandLine(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"--token eyJ", "--token=$T", "-H 'Authorization: Bearer eyJhb'", `-H "Authorization: Bearer $TOKEN"`} {
		require.Regexp(t, tokenOnCommandLine, bad)
	}
	read := 0
	require.NoError(t, filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && (entry.Name() == ".git" || entry.Name() == "node_modules" || entry.Name() == ".bin") {
				return fs.SkipDir
			}
			return err
		}
		if filepath.Ext(file) != ".md" {
			return nil
		}
		read++
		text, err := os.ReadFile(file)
		assert.Empty(t, tokenOnCommandLine.FindAllString(string(text), -1), file)
		return err
	}))
	require.Greater(t, read, 60)
}
