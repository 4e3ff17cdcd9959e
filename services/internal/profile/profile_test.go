package profile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
)

const (
	header   = "unit_id,parent_id,name,kind,level,division_code\n"
	profiles = "../../../deploy/profiles"
)

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

func TestUnitsReadsWhatExcelSaves(t *testing.T) {
	t.Parallel()
	units, err := profile.Units(write(t, "u.csv", "\ufeff"+header+"1,,市,CENTER,CITY,340500\n"), "2023-06-30")
	require.NoError(t, err)
	assert.Equal(t, "1", units[0].GetUnitId())
}

func TestATreeIsReadFromCSV(t *testing.T) {
	t.Parallel()
	file := write(t, "u.csv", header+"1,,市,CENTER,CITY,340500\n2,1,\"区, 县\",REPORTING_POINT,COUNTY,\n")
	units, err := profile.Units(file, "2023-06-30")
	require.NoError(t, err)
	require.Len(t, units, 2)
	assert.True(t, proto.Equal(&networkv1.CreateUnitRequest{UnitId: "2", Unit: &networkv1.Unit{
		Title: "区, 县", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_COUNTY,
		Parent: "units/1", EffectiveFrom: "2023-06-30",
	}}, units[1]), "%v", units[1])
	assert.Empty(t, units[0].GetUnit().GetParent())
}

func TestABadRowIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	good := "1,,市,CENTER,CITY,340500\n"
	for name, test := range map[string]struct{ text, want string }{
		"unknown kind":    {header + good + "2,1,a,CASTLE,COUNTY,\n", `line 3: kind "CASTLE" is unknown`},
		"no kind":         {header + good + "2,1,a,UNSPECIFIED,COUNTY,\n", `line 3: kind "UNSPECIFIED"`},
		"unknown level":   {header + good + good + "2,1,a,CENTER,PLANET,\n", `line 4: level "PLANET" is unknown`},
		"no level":        {header + "2,1,a,CENTER,UNSPECIFIED,\n", `line 2: level "UNSPECIFIED"`},
		"after two lines": {header + "1,,\"a\nb\",CENTER,CITY,\n2,1,a,X,CITY,\n", `line 4: kind "X"`},
		"too few columns": {header + good + "2,1\n", "line 3"},
		"open quote":      {header + good + "2,\"1\n", "line 3"},
		"another header":  {strings.Replace(header, "kind", "type", 1), `column 4 is "type", not "kind"`},
		"empty":           {"", "EOF"},
	} {
		_, err := profile.Units(write(t, "u.csv", test.text), "2023-06-30")
		require.ErrorContains(t, err, test.want, name)
		require.ErrorContains(t, err, "u.csv", name)
	}
	_, err := profile.Units("/nowhere", "2023-06-30")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// tree is a long list of requests.
func tree(n int) []*networkv1.CreateUnitRequest {
	units := make([]*networkv1.CreateUnitRequest, n)
	for i := range units {
		units[i] = &networkv1.CreateUnitRequest{UnitId: strconv.Itoa(i)}
	}
	return units
}

func ids(t *testing.T, c *conn) (ids []string) {
	t.Helper()
	for _, req := range c.asked {
		part, ok := req.(*networkv1.BatchCreateUnitsRequest)
		require.True(t, ok)
		require.NoError(t, uuid.Validate(part.GetRequestId()))
		ids = append(ids, part.GetRequestId())
	}
	return ids
}

func TestPlantingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	lost := status.Error(codes.Unavailable, "lost")
	broken, whole, progress := &conn{answer: func(call int) error {
		if call == 3 {
			return lost
		}
		return nil
	}}, &conn{}, []int(nil)
	tell := func(done int) { progress = append(progress, done) }
	err := profile.Plant(t.Context(), broken, tree(1201), tell)
	require.ErrorIs(t, err, lost)
	require.ErrorContains(t, err, "units 1001 to 1201")
	assert.Equal(t, []int{500, 1000}, progress)
	require.NoError(t, profile.Plant(t.Context(), whole, tree(1201), nil))
	assert.Equal(t, ids(t, broken), ids(t, whole), "the same parts have the same request ids")
	assert.Len(t, map[string]bool{ids(t, whole)[0]: true, ids(t, whole)[1]: true, ids(t, whole)[2]: true}, 3)
	last, ok := whole.asked[2].(*networkv1.BatchCreateUnitsRequest)
	require.True(t, ok)
	assert.Len(t, last.GetRequests(), 201)
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

func TestASchemeThatExistsStaysAndOthersAreLoaded(t *testing.T) {
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

func TestTheProfilesThatAreShippedHold(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(profiles, "*", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, file := range folders {
		c := &conn{}
		_, err := profile.Load(t.Context(), c, filepath.Dir(file))
		require.NoError(t, err, file)
		for _, req := range c.asked {
			require.NoError(t, protovalidate.Validate(req), file)
		}
	}
	units, err := profile.Units(filepath.Join(profiles, "maanshan", "units.csv"), "2023-06-30")
	require.NoError(t, err)
	planted := map[string]bool{"": true}
	for _, u := range units {
		require.NoError(t, protovalidate.Validate(u))
		assert.True(t, planted[u.GetUnit().GetParent()], "%s comes before its parent", u.GetUnitId())
		planted["units/"+u.GetUnitId()] = true
	}
}
