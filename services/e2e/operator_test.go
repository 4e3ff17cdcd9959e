package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	operatedCity     = "units/340500"
	operatedTownship = "units/340503001"
)

// operated is an instance that an operator loads and administers by the program alone.
type operated struct {
	data, grpc, token string
}

// newOperated runs an instance and loads the units of a city and the schemes of profile c.
func newOperated(t *testing.T) *operated {
	t.Helper()
	o := &operated{data: t.TempDir(), grpc: address(), token: filepath.Join(t.TempDir(), "admin")}
	admin := address()
	start(t, "serve", "--data", o.data, "--database-url", pgtest.URL(t, "empty", nil), "--grpc", o.grpc, "--http", address(),
		"--admin", admin, "--log-level", "warn")
	awaitReady(t, admin)
	does(t, o.issue("--unit", operatedCity, "--role", access.Administrator, "--subject", "accounts/first", "--out", o.token)...)
	does(t, o.with("import", "units", "--effective-from", "2023-06-30",
		filepath.Join(suitetest.Profiles(), "maanshan", "units.csv"))...)
	does(t, o.with("profile", "load", filepath.Join(suitetest.Profiles(), "c"))...)
	return o
}

// with are the arguments of a command for the instance.
func (o *operated) with(args ...string) []string {
	return append(args, "--server", o.grpc, "--token-file", o.token)
}

// issue are the arguments that make a token.
func (o *operated) issue(args ...string) []string {
	return append([]string{"account", "token", "--data", o.data, "--server", o.grpc}, args...)
}

// as is a connection that calls with a token from a file.
func (o *operated) as(t *testing.T, file string) grpc.ClientConnInterface {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	token := string(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("Authorization: Bearer "))))
	conn, err := grpc.NewClient("passthrough:///"+o.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return access.TokenConn{ClientConnInterface: conn, Token: func() (string, error) { return token, nil }}
}

func TestOperatorsUseTheProgramAlone(t *testing.T) {
	t.Parallel()
	o := newOperated(t)
	o.importBelow(t)
	o.loadProfiles(t)
	o.makeTokens(t)
}

// importBelow imports units below one that is named by its name or its id.
func (o *operated) importBelow(t *testing.T) {
	t.Helper()
	_, file := write(t, "units.csv", []byte("unit_id,parent_id,name,kind,level,division_code\nzone,,开发区,MONITORING_POINT,COUNTY,\n"))
	for under, id := range map[string]string{operatedCity: "zone", "340500": "zone2"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, named := write(t, "units.csv", bytes.ReplaceAll(text, []byte("zone,,"), []byte(id+",,"+id)))
		does(t, o.with("import", "units", "--under", under, named)...)
		unit, err := networkv1.NewUnitServiceClient(o.as(t, o.token)).GetUnit(t.Context(),
			&networkv1.GetUnitRequest{Name: "units/" + id})
		require.NoError(t, err)
		assert.Equal(t, operatedCity, unit.GetParent())
	}
	assert.Contains(t, fails(t, o.with("import", "units", "--under", "units/none", file)...), `there is no unit "none"`)
}

// loadProfiles loads a scheme unchanged, changed, in another encoding, and with faults.
func (o *operated) loadProfiles(t *testing.T) {
	t.Helper()
	scheme, err := os.ReadFile(filepath.Join(suitetest.Profiles(), "c", "network.yaml"))
	require.NoError(t, err)
	edit := func(scheme []byte, from, to string) []byte {
		require.Contains(t, string(scheme), from)
		return bytes.Replace(scheme, []byte(from), []byte(to), 1)
	}
	load := func(content []byte) []string {
		folder, _ := write(t, "network.yaml", content)
		return o.with("profile", "load", folder)
	}
	const was, now = "title: {zh: 市纪委预警信息网络,", "title: {zh: 市纪委信息网络,"
	assert.Equal(t, "network: scheme unchanged\n", does(t, load(scheme)...))
	assert.Regexp(t, `network\.yaml: line \d+: effective_from: schemes/c@2026-01-01 has been used`,
		fails(t, load(edit(scheme, was, now))...))
	const later = "2040-01-01"
	scheme = edit(scheme, `effective_from: "2026-01-01"`, `effective_from: "`+later+`"`)
	assert.Equal(t, "network: scheme created\n", does(t, load(scheme)...))
	title := func() string {
		scheme, err := networkv1.NewSchemeServiceClient(o.as(t, o.token)).GetEffectiveScheme(t.Context(),
			&networkv1.GetEffectiveSchemeRequest{Unit: operatedCity, AsOf: later})
		require.NoError(t, err)
		return scheme.GetTitle().GetZh()
	}
	assert.Equal(t, "network: scheme unchanged\n", does(t, load(scheme)...))
	assert.Equal(t, "network: scheme replaced\n", does(t, load(edit(scheme, was, now))...), "of the same date")
	assert.Equal(t, "市纪委信息网络", title())

	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes(scheme)
	require.NoError(t, err)
	assert.Equal(t, "network: scheme replaced\n", does(t, load(gbk)...), "in GBK")
	assert.Equal(t, "市纪委预警信息网络", title())

	said := fails(t, load(edit(scheme, "max_files: 10", "max_files: ten"))...)
	assert.Regexp(t, `network\.yaml: line \d+: attachment_rules\.max_files: `, said)
	said = fails(t, load(edit(scheme, "max_files: 10", "max_files: -1"))...)
	assert.Regexp(t, `network\.yaml: line \d+: attachment_rules\.max_files: `, said)
	assert.NotContains(t, said, "rpc error")
	assert.Equal(t, "network: scheme unchanged\n", does(t, load(scheme)...), "what is faulty changes nothing")
}

// makeTokens asks for tokens that are refused, and uses those that are made.
func (o *operated) makeTokens(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	for says, args := range map[string][]string{
		"a token holds from":  {"--unit", operatedTownship, "--role", "clerk", "--subject", "accounts/a", "--for", "2184h"},
		"has no role king":    {"--unit", operatedTownship, "--role", "king", "--subject", "accounts/a"},
		"there is no unit":    {"--unit", "units/none", "--role", "clerk", "--subject", "accounts/a"},
		"officers/340500-non": {"--officer", "officers/340500-none", "--role", "informant"},
	} {
		assert.Contains(t, fails(t, o.issue(append(args, "--out", file)...)...), says)
		assert.NoFileExists(t, file)
	}
	does(t, o.issue("--unit", operatedTownship, "--role", "clerk", "--subject", "accounts/a", "--for", "2160h", "--out", file)...)
	const village = "units/340503001001"
	officer, err := networkv1.NewOfficerServiceClient(o.as(t, file)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: networktest.Officer(operatedTownship, village, networkv1.OfficerType_OFFICER_TYPE_REGULAR)})
	require.NoError(t, err)
	token := filepath.Join(t.TempDir(), "officer")
	does(t, o.issue("--officer", officer.GetName(), "--role", "informant", "--out", token)...)
	who, err := networkv1.NewIdentityServiceClient(o.as(t, token)).WhoAmI(t.Context(), &networkv1.WhoAmIRequest{})
	require.NoError(t, err)
	assert.Equal(t, officer.GetName(), who.GetOfficer())
	assert.Equal(t, village, who.GetUnit())
}
