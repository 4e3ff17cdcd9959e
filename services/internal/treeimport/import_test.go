package treeimport_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	bench "github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// count counts the rows of a table of the network service.
func count(t *testing.T, s *suitetest.Suite, table string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	defer conn.Close(t.Context()) //nolint:errcheck // nothing is lost
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM network."+table).Scan(&n))
	return n
}

// failing is a connection that breaks after some calls.
type failing struct {
	grpc.ClientConnInterface

	left chan struct{}
}

var errBroken = errors.New("the connection broke")

func (f failing) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	select {
	case <-f.left:
		return f.ClientConnInterface.Invoke(ctx, method, req, reply, options...)
	default:
		return errBroken
	}
}

// after lets so many calls through.
func after(conn grpc.ClientConnInterface, calls int) failing {
	left := make(chan struct{}, calls)
	for range calls {
		left <- struct{}{}
	}
	return failing{conn, left}
}

func TestX10_AnImportGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s := suitetest.Empty(t)
	rows := bench.Generate(9000)
	admin := s.As("administrator", "units/country")
	_, err := treeimport.Create(t.Context(), after(admin, 7), rows, "2023-06-30", nil)
	require.ErrorIs(t, err, errBroken)
	part := count(t, s, "units")
	require.Positive(t, part)
	require.Less(t, part, len(rows))

	var told int
	differ, err := treeimport.Create(t.Context(), admin, rows, "2023-06-30", func(done, all int) {
		assert.Greater(t, done, told)
		told = done
		assert.Equal(t, len(rows), all)
	})
	require.NoError(t, err)
	assert.Empty(t, differ)
	assert.Equal(t, len(rows), told)
	for _, table := range []string{"units", "journal"} {
		assert.Equal(t, len(rows), count(t, s, table), "%s: each unit stands there once", table)
	}
}

func TestX10_ExistingUnitsAreSkipped(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As("administrator", suitetest.City)
	before := count(t, s, "units")
	const add = "group1,340503101204,第一组,COLLECTION_POINT,VILLAGE,\n340503,340500,另一个区,REPORTING_POINT,COUNTY,340503\n"
	file := write(t, "u.csv", header+add)
	differ, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: file, EffectiveFrom: "2024-01-01"}, nil)
	require.NoError(t, err)
	require.Len(t, differ, 1, "a unit that is called otherwise stays as it is")
	require.ErrorContains(t, differ, "u.csv: line 3: unit 340503 exists")
	assert.Equal(t, before+1, count(t, s, "units"))
	again, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: file, EffectiveFrom: "2025-01-01"}, nil)
	require.NoError(t, err)
	assert.Len(t, again, 1)
	assert.Equal(t, before+1, count(t, s, "units"))
}

func TestC1_UnitsComeWithTheirSystemLine(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As("administrator", suitetest.City)
	file := write(t, "u.csv", strings.TrimSuffix(header, "\n")+",sort,system_parent_id\n"+
		"finance_town,340503001,财政所,MONITORING_POINT,TOWNSHIP,,,finance_county\n"+
		"finance_county,340503,财政局,MONITORING_POINT,COUNTY,,,finance\n"+
		"finance,340500,市财政局,MONITORING_POINT,CITY,,,\n")
	_, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: file, EffectiveFrom: "2026-01-01"}, nil)
	require.NoError(t, err)
	for unit, above := range map[string]string{
		"units/finance": "", "units/finance_county": "units/finance", "units/finance_town": "units/finance_county",
	} {
		read, err := networkv1.NewUnitServiceClient(admin).GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit})
		require.NoError(t, err)
		assert.Equal(t, above, read.GetSystemParent(), unit)
	}
}

func TestC1_FaultyTreeImportsNothing(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	before := count(t, s, "units")
	_, err := treeimport.Import(t.Context(), s.As("administrator", suitetest.City), treeimport.Source{File: write(t, "u.csv", header+
		"a,340503,甲,CENTER,COUNTY,\nb,nowhere,乙,CENTER,COUNTY,\nc,340503,丙,CASTLE,COUNTY,\nd,a,丁,CENTER,CITY,\n")}, nil)
	var faults treeimport.Faults
	require.ErrorAs(t, err, &faults)
	assert.Equal(t, strings.Join([]string{
		`u.csv: line 3: there is no unit "nowhere" to be above b`,
		`u.csv: line 4: kind "CASTLE" is unknown (column 4); there are CENTER, REPORTING_POINT, MONITORING_POINT, COLLECTION_POINT`,
		`u.csv: line 5: d is of a higher level than its parent a`,
	}, "\n"), err.Error())
	assert.Equal(t, before, count(t, s, "units"))
}

func TestC1_RefusedUnitsAreReportedByLine(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for row, want := range map[string]string{
		"a,340503,甲,CENTER,CITY,\n":                "u.csv: line 3: unit.level: ",
		"a,340503,甲,CENTER,COUNTY,340504\n":        "u.csv: line 3: unit.division_code: ",
		"a,340503,\u202e,CENTER,COUNTY,\n":         "u.csv: line 3: unit.title: ",
		"a,340503,沙塘路街道,CENTER,COUNTY,\n":          "u.csv: line 3: unit.title: ",
		"a,,甲,CENTER,PROVINCE,\n":                  "ROOT_EXISTS",
		"340503001,340503001,甲,CENTER,TOWNSHIP,\n": "below itself",
	} {
		file := write(t, "u.csv", header+"fine,340503,好,CENTER,COUNTY,\n"+row)
		_, err := treeimport.Import(t.Context(), s.As("administrator", suitetest.City), treeimport.Source{File: file}, nil)
		if want == "ROOT_EXISTS" {
			require.Error(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

func TestX10_SubtreeIsImportedBelowAUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As("administrator", suitetest.City)
	file := write(t, "c.tgz", string(packed(t, country())))
	root := write(t, "root.csv", header+"guests,340500,外地,CENTER,CITY,\n")
	_, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: root, EffectiveFrom: "2023-06-30"}, nil)
	require.NoError(t, err)
	_, err = treeimport.Import(t.Context(), admin, treeimport.Source{File: file, Only: "4419", Under: "guests", EffectiveFrom: "2023-06-30"},
		nil)
	require.NoError(t, err)
	got, err := networkv1.NewUnitServiceClient(admin).GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/441900003"})
	require.NoError(t, err)
	assert.Equal(t, []string{"马鞍山市", "外地", "东莞市"}, got.GetAncestorTitles())
	assert.Equal(t, "441900", got.GetRegion())
	_, err = treeimport.Import(t.Context(), admin, treeimport.Source{File: file, Under: "nowhere"}, nil)
	require.ErrorContains(t, err, `there is no unit "nowhere"`)
	assert.FileExists(t, filepath.Clean(file))
}

// What profile c asks of a city fits the kinds that the units of the country come with.
func TestX10_C10_TheTownshipsOfTheCountryOweMonthlyReports(t *testing.T) {
	t.Parallel()
	s := suitetest.Empty(t)
	admin := s.As("administrator", suitetest.City)
	file := write(t, "c.tgz", string(packed(t, country())))
	_, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: file, Only: "3405", EffectiveFrom: "2023-06-30"}, nil)
	require.NoError(t, err)
	_, err = profile.Load(t.Context(), admin, filepath.Join(suitetest.Profiles(), "c"))
	require.NoError(t, err)
	s.RunJob("network.open_reports")
	listed, err := networkv1.NewReportServiceClient(admin).ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: suitetest.City, Schedule: "monthly", Period: "2026-11",
	})
	require.NoError(t, err)
	require.Len(t, listed.GetReports(), 1)
	assert.Equal(t, "units/340503001", listed.GetReports()[0].GetUnit())
}

func TestX10_KindsAreSetByLevel(t *testing.T) {
	t.Parallel()
	kinds, err := treeimport.Kinds(map[string]string{"township": "MONITORING_POINT", "village": "REPORTING_POINT"})
	require.NoError(t, err)
	rows, err := treeimport.Read(treeimport.Source{File: write(t, "c.tgz", string(packed(t, country()))), Only: "340503", Kinds: kinds})
	require.NoError(t, err)
	assert.Equal(t, []networkv1.UnitKind{
		networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
		networkv1.UnitKind_UNIT_KIND_REPORTING_POINT,
	}, []networkv1.UnitKind{rows[0].Kind, rows[1].Kind, rows[2].Kind})
	for _, asked := range []map[string]string{{"hamlet": "CENTER"}, {"village": "MARKET"}} {
		_, err := treeimport.Kinds(asked)
		require.ErrorContains(t, err, "is unknown")
	}
}

func TestC1_TreeBelowAnEndedUnitNamesTheSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As("administrator", suitetest.City)
	_, err := networkv1.NewTreeServiceClient(admin).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: "units/340503001"}}, Into: "units/340503002", Reason: "撤并",
	})
	require.NoError(t, err)
	_, err = treeimport.Import(t.Context(), admin, treeimport.Source{
		File: write(t, "u.csv", header+"office,,经管站,MONITORING_POINT,TOWNSHIP,\n"), Under: "340503001",
	}, nil)
	require.ErrorContains(t, err, "340503001 can't be above office: it ended on 2026-11-02; its successor is 340503002")
}
