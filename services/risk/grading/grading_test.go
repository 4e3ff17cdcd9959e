package grading

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// graded is a risk point with points, graded by a scheme.
func graded(t require.TestingT, s *riskv1.Scheme, points map[string]int32) *riskv1.RiskPoint {
	point := &riskv1.RiskPoint{Points: points}
	require.NoError(t, Grade(s, point, ""))
	return point
}

// faultsOf writes what Check notes as "path rule".
func faultsOf(s *riskv1.Scheme) []string {
	var faults fault.Fields
	Check(&faults, s)
	return said(faults)
}

func said(faults []fault.Field) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Path+" "+f.Key)
	}
	return list
}

func TestCheckPoints(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		points map[string]int32
		faults []string
	}{
		"all of them":  {map[string]int32{"often": 5, "harm": 1}, nil},
		"none":         {nil, []string{"risk_point.points points_missing", "risk_point.points points_missing"}},
		"too few":      {map[string]int32{"often": 0, "harm": 3}, []string{`risk_point.points["often"] points_range`}},
		"too many":     {map[string]int32{"often": 5, "harm": 4}, []string{`risk_point.points["harm"] points_range`}},
		"of no factor": {map[string]int32{"often": 1, "harm": 1, "luck": 1}, []string{`risk_point.points["luck"] unknown_term`}},
		"several faults": {map[string]int32{"often": 6, "luck": 1}, []string{
			`risk_point.points["often"] points_range`, "risk_point.points points_missing",
			`risk_point.points["luck"] unknown_term`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults fault.Fields
			CheckPoints(&faults, "risk_point.points", weighted(), tc.points)
			assert.Equal(t, tc.faults, said(faults))
		})
	}
}

func TestAPointThatIsGradedAnewByAnotherMethodHasNoScore(t *testing.T) {
	t.Parallel()
	point := graded(t, weighted(), map[string]int32{"often": 1, "harm": 1})
	require.NotZero(t, point.GetScore())
	require.NoError(t, Grade(matrix(), point, ""))
	assert.Zero(t, point.GetScore())
	assert.Equal(t, "schemes/m@2027-01-01", point.GetSchemeVersion())
}
