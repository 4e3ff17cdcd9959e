package profile_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// conn is a connection to an instance without schemes; it keeps what it was asked to create.
type conn struct {
	grpc.ClientConnInterface

	refuse error
	asked  []proto.Message
}

func (c *conn) Invoke(_ context.Context, method string, req, _ any, _ ...grpc.CallOption) error {
	if !strings.HasSuffix(method, "/CreateScheme") {
		return status.Error(codes.NotFound, "")
	}
	message, _ := req.(proto.Message)
	c.asked = append(c.asked, message)
	return c.refuse
}

// changed is profile C with some of the text of its network.yaml replaced, in a folder of the test's own.
func changed(t *testing.T, replace ...string) string {
	t.Helper()
	path := t.TempDir()
	require.NoError(t, os.CopyFS(path, os.DirFS(filepath.Join(suitetest.Profiles(), "c"))))
	name := filepath.Join(path, "network.yaml")
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, string(text), replace[i])
	}
	require.NoError(t, os.WriteFile(name, []byte(strings.NewReplacer(replace...).Replace(string(text))), 0o600))
	return path
}

func TestAFaultyFileIsRefusedByLineAndField(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"name: schemes/a\nroels: []\n":       `line 2: roels: unknown field "roels"`,
		"name: schemes/a\nname: schemes/b\n": `line 2: name: duplicate field "name"`,
		"\n# comment\nname: [a]\n":           "line 3: name: invalid value for string field name: [",
		"name: schemes/a\nschedules:\n  - {id: a}\n  - id: b\n    window: &w {open_day: first}\n": "line 5: schedules[1].window.open_day: invalid value for int32 field openDay: \"first\"",
		"name: schemes/a\nappointment_rules:\n  - unit_kinds:\n    - POINT\n":                     "line 4: appointment_rules[0].unit_kinds[0]: invalid value for enum field unitKinds: \"POINT\"",
		"name: schemes/a\nroles: [\n": "line 2: did not find expected node content",
		"":                            "there is nothing in it",
	} {
		c, name := &conn{}, filepath.Join(t.TempDir(), "network.yaml")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		loaded, err := profile.Load(t.Context(), c, filepath.Dir(name))
		require.EqualError(t, err, name+": "+says)
		assert.Empty(t, loaded)
		assert.Empty(t, c.asked)
	}
}

func TestAFolderWithoutSchemesIsRefused(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{t.TempDir(), suitetest.Profiles()} {
		c := &conn{}
		loaded, err := profile.Load(t.Context(), c, folder)
		require.EqualError(t, err,
			"no scheme in "+folder+": a profile's folder has one or more of network.yaml, risk.yaml, warning.yaml, assessment.yaml")
		assert.Empty(t, loaded)
		assert.Empty(t, c.asked)
	}
}

// A part of a body has its scheme in a file beside the body's, and after it.
func TestAPartOfABodyHasASchemeOfItsOwn(t *testing.T) {
	t.Parallel()
	path, c := t.TempDir(), &conn{}
	require.NoError(t, os.CopyFS(path, os.DirFS(filepath.Join(suitetest.Profiles(), "hospitals"))))
	for _, name := range []string{"risks.yaml", "risk.yaml.bak", "risk.md"} {
		require.NoError(t, os.WriteFile(filepath.Join(path, name), nil, 0o600))
	}
	loaded, err := profile.Load(t.Context(), c, path)
	require.NoError(t, err)
	assert.Equal(t, []profile.Result{
		{Service: "network", File: "network.yaml", Outcome: profile.Created},
		{Service: "risk", File: "risk.yaml", Outcome: profile.Created},
		{Service: "risk", File: "risk.logistics.yaml", Outcome: profile.Created},
		{Service: "warning", File: "warning.yaml", Outcome: profile.Created},
	}, loaded)
	assert.Len(t, c.asked, 4)
}

func TestAFileInTheEncodingOfAnOfficeIsRead(t *testing.T) {
	t.Parallel()
	path, first, second := changed(t), &conn{}, &conn{}
	_, err := profile.Load(t.Context(), first, path)
	require.NoError(t, err)
	name := filepath.Join(path, "network.yaml")
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	encoded, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, encoded, 0o600))
	_, err = profile.Load(t.Context(), second, path)
	require.NoError(t, err)
	require.NotEmpty(t, first.asked)
	assert.True(t, proto.Equal(first.asked[0], second.asked[0]))
	require.NoError(t, os.WriteFile(name, []byte("title: \xff\xff"), 0o600))
	_, err = profile.Load(t.Context(), second, path)
	require.ErrorContains(t, err, "GB18030")
}

func TestLoadSaysWhatItDid(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As(access.Administrator, suitetest.City)
	load := func(path string) (map[string]profile.Outcome, error) {
		results, err := profile.Load(t.Context(), admin, path)
		outcomes := map[string]profile.Outcome{}
		for _, r := range results {
			outcomes[r.Service] = r.Outcome
		}
		return outcomes, err
	}
	all := func(network, rest profile.Outcome) map[string]profile.Outcome {
		return map[string]profile.Outcome{"network": network, "risk": rest, "warning": rest, "assessment": rest}
	}

	did, err := load(filepath.Join(suitetest.Profiles(), "c"))
	require.NoError(t, err)
	assert.Equal(t, all(profile.Unchanged, profile.Unchanged), did)

	letters := changed(t, "zh: 书信", "zh: 来信")
	did, err = load(letters)
	require.NoError(t, err)
	assert.Equal(t, all(profile.Replaced, profile.Unchanged), did)
	did, err = load(letters)
	require.NoError(t, err)
	assert.Equal(t, all(profile.Unchanged, profile.Unchanged), did)

	did, err = load(changed(t, `effective_from: "2026-01-01"`, "effective_from: 2027-01-01"))
	require.NoError(t, err)
	assert.Equal(t, all(profile.Created, profile.Unchanged), did)

	s.Clock.Advance(time.Minute)
	_, err = networkv1.NewOfficerServiceClient(s.As("clerk", "units/340503001")).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: networktest.Officer("units/340503001", "units/340503001001",
			networkv1.OfficerType_OFFICER_TYPE_REGULAR)})
	require.NoError(t, err)
	path := changed(t, "zh: 书信", "zh: 信件")
	did, err = load(path)
	require.ErrorContains(t, err, filepath.Join(path, "network.yaml")+": line 5: effective_from: schemes/c@2026-01-01 已经用于办理")
	assert.Empty(t, did)
}

func TestLoadNamesLinesOfWhatTheInstanceRefuses(t *testing.T) {
	t.Parallel()
	admin := suitetest.New(t).As(access.Administrator, suitetest.City)
	path := changed(t, "effective_from: \"2026-01-01\"", "effective_from: 2028-01-01",
		"{id: letter, title: {zh: 书信, en: Letter}}", "{id: sms, title: {zh: 书信, en: Letter}}",
		"network.rollups.read\n      - network.reports.*", "network.rolups.read\n      - network.reports.*")
	_, err := profile.Load(t.Context(), admin, path)
	require.Error(t, err)
	text, readErr := os.ReadFile(filepath.Join(path, "network.yaml"))
	require.NoError(t, readErr)
	file := strings.Split(string(text), "\n")
	told := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(filepath.Join(path, "network.yaml")) + `: line (\d+): (\S+): `)
	named := map[string]string{} // the lines of the file by the fields that are named
	for _, match := range told.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(match[1])
		named[regexp.MustCompile(`\d+`).ReplaceAllString(match[2], "…")] = file[line-1]
	}
	assert.Equal(t, "  - {id: sms, title: {zh: 手机短信, en: Text message}}", named["channels[…].id"])
	assert.Equal(t, "      - network.rolups.read", named["roles[…].permissions[…]"])
}

func TestAProfileWithoutItsUnitsSaysSo(t *testing.T) {
	t.Parallel()
	admin := suitetest.Empty(t).As(access.Administrator, suitetest.City)
	loaded, err := profile.Load(t.Context(), admin, filepath.Join(suitetest.Profiles(), "c"))
	assert.Empty(t, loaded)
	require.ErrorContains(t, err, "network.yaml: line 4: unit: ")
}

func TestLoadStopsWhereItIsRefused(t *testing.T) {
	t.Parallel()
	denied := &conn{refuse: status.Error(codes.PermissionDenied, "")}
	loaded, err := profile.Load(t.Context(), denied, filepath.Join(suitetest.Profiles(), "c"))
	require.ErrorContains(t, err, "network.yaml")
	assert.Equal(t, codes.PermissionDenied, status.Code(err))
	assert.Empty(t, loaded)
}

func TestShippedProfilesAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(suitetest.Profiles(), "*", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		c := &conn{}
		_, err := profile.Load(t.Context(), c, filepath.Dir(file))
		require.NoError(t, err, file)
		for _, req := range c.asked {
			require.NoError(t, fieldbehavior.Check(req), file)
		}
	}
}
