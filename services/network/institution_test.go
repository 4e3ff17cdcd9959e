package network_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestV1_T3_AnInstitutionInsideTheNetworkOfACity hangs a school, and a commerce bureau, below a county of C's network: each with the
// units, sorts, roles and reports of its own profile.
func TestV1_T3_AnInstitutionInsideTheNetworkOfACity(t *testing.T) {
	t.Parallel()
	for _, p := range []struct{ mechanism, top, role, unit, sort string }{
		{"v", school, "department", finance, "department"},
		{"t", commerce, "section", markets, "section"},
	} {
		t.Run(p.mechanism, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			admin := s.As(access.Administrator, suitetest.City)
			source := treeimport.Source{
				File:          filepath.Join(suitetest.Profiles(), p.mechanism, "units.csv"),
				EffectiveFrom: "2026-11-01", Under: "340503",
			}
			_, err := treeimport.Import(t.Context(), admin, source, nil)
			require.ErrorContains(t, err, "sort", "of a school in the scheme of a city")
			source.OwnScheme = true
			differ, err := treeimport.Import(t.Context(), admin, source, nil)
			require.NoError(t, err)
			require.Empty(t, differ)
			_, err = profile.Load(t.Context(), admin, filepath.Join(suitetest.Profiles(), p.mechanism))
			require.NoError(t, err)
			s.Clock.Advance(5 * time.Second) // for which the scheme above is remembered

			listed, err := networkv1.NewUnitServiceClient(s.As(p.role, p.top)).ListUnits(t.Context(), &networkv1.ListUnitsRequest{
				Unit: p.top, Sorts: []string{p.sort}, PageSize: 1000,
			})
			require.NoError(t, err)
			assert.NotEmpty(t, listed.GetUnits(), "by a role of its own")
			for range 5 { // the school's first window opens on 20 December
				s.RunJob(reports.OpenReportsJob)
				s.Clock.Advance(10 * 24 * time.Hour)
			}
			s.RunJob(reports.OpenReportsJob)
			owed, err := networkv1.NewReportServiceClient(s.As(p.role, p.top)).ListReports(t.Context(), &networkv1.ListReportsRequest{
				Unit: p.top, PageSize: 1000,
			})
			require.NoError(t, err)
			assert.True(t, slices.ContainsFunc(owed.GetReports(), func(r *networkv1.Report) bool {
				return r.GetUnit() == p.unit && strings.HasPrefix(r.GetSchemeVersion(), "schemes/"+p.mechanism+"@")
			}), "asked by its own scheme in the first period: %v", owed.GetReports())
			_, err = networkv1.NewUnitServiceClient(admin).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: "misspelt", Unit: &networkv1.Unit{
					Parent: p.top, Title: "新处室", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
					Level: typev1.Level_LEVEL_COUNTY, Sort: "departement",
				},
			})
			networktest.Refused(t, err, codes.InvalidArgument, "unit.sort")
		})
	}
}
