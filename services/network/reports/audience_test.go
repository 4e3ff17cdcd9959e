package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A park that no schedule asks shows as a gap; with its sort it owes the report of parks (C1).
func TestC7_C10_AUnitThatOwesNothingIsAGap(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := s.As(access.Administrator, networktest.City)
	units, tree := networkv1.NewUnitServiceClient(conn), networkv1.NewTreeServiceClient(conn)
	const park = "units/park"
	_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "park", Unit: &networkv1.Unit{
		Title: "经济开发区", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_COUNTY,
		Parent: networktest.City,
	}})
	require.NoError(t, err)
	gaps := func() (found []string) {
		answer, err := tree.ListCoverageGaps(t.Context(), &networkv1.ListCoverageGapsRequest{
			Unit: networktest.City, Rule: "owes_report", PageSize: 1000,
		})
		require.NoError(t, err)
		for _, gap := range answer.GetGaps() {
			found = append(found, gap.GetUnit())
		}
		return found
	}
	assert.Contains(t, gaps(), park)
	assert.NotContains(t, gaps(), networktest.Township)
	_, err = tree.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit:       &networkv1.Unit{Name: park, Sort: "industrial_park"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"sort"}}, Reason: "补登分类",
	})
	require.NoError(t, err)
	assert.NotContains(t, gaps(), park)

	end(t, s, "2026-Q4")
	s.RunJob(reports.OpenReportsJob)
	owed, err := networkv1.NewReportServiceClient(conn).ListReports(t.Context(), &networkv1.ListReportsRequest{Unit: park})
	require.NoError(t, err)
	require.Len(t, owed.GetReports(), 2, "the quarter in which it came to be asked, and the next")
	assert.Equal(t, "reports/park.areas.2027-Q1", owed.GetReports()[0].GetName())
	assert.Equal(t, "reports/park.areas.2026-Q4", owed.GetReports()[1].GetName())
}

// A unit of a kind that no schedule asks for at its level owes nothing, and shows as a gap.
func TestC2_C10_AUnitOfAKindWithoutAScheduleIsAGap(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := s.As("handler", networktest.City)
	for id, level := range map[string]typev1.Level{
		"station": typev1.Level_LEVEL_TOWNSHIP, "branch": typev1.Level_LEVEL_COUNTY, "bureau": typev1.Level_LEVEL_CITY,
	} {
		_, err := networkv1.NewUnitServiceClient(conn).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: &networkv1.Unit{
			Title: id, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: level, Parent: networktest.City,
		}})
		require.NoError(t, err)
	}
	answer, err := networkv1.NewTreeServiceClient(conn).ListCoverageGaps(t.Context(), &networkv1.ListCoverageGapsRequest{
		Unit: networktest.City, Rule: "owes_report", PageSize: 1000,
	})
	require.NoError(t, err)
	gaps := make([]string, len(answer.GetGaps()))
	for i, gap := range answer.GetGaps() {
		gaps[i] = gap.GetUnit()
	}
	assert.Contains(t, gaps, "units/station", "agencies report from counties up")
	assert.NotContains(t, gaps, "units/branch")
	assert.NotContains(t, gaps, "units/bureau")
}
