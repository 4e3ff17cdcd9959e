package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC15_AnAgencyAnalysesWhatIsKnownOfItsOwnSystem(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const bureau, lower = "units/finance", "units/finance_huashan"
	for _, u := range []*networkv1.Unit{
		{Name: bureau, Level: typev1.Level_LEVEL_CITY, Parent: suitetest.City},
		{Name: lower, Level: typev1.Level_LEVEL_COUNTY, Parent: county, SystemParent: bureau},
	} {
		id := u.GetName()[len("units/"):]
		u.Name, u.Title, u.Kind = "", "财政局", networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
		_, err := networkv1.NewUnitServiceClient(s.As("handler", suitetest.City)).CreateUnit(t.Context(),
			&networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err)
	}
	s.Clock.Advance(6 * time.Second)                           // directories remember for five
	as(s, "informant", village).tip(t, lower, "work_style", 3) // which the county gets
	as(s, "informant", village).tip(t, township, "work_style", 3)
	clerk := as(s, "clerk", bureau)
	analysis, err := clerk.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: bureau, Period: "2026-11"})
	require.NoError(t, err)
	assert.EqualValues(t, 3, analysis.GetTips(), "of its own system, though others handle them")
	require.Len(t, analysis.GetSourceRoles(), 1)
	assert.EqualValues(t, 3, analysis.GetSourceRoles()[0].GetTips(), "by the role of their senders too")
	require.EqualValues(t, 1, analysis.GetFindings())
	assert.Equal(t, lower, clerk.found(t, analysis)[0].GetCount().GetUnit())
	listed, err := clerk.tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: bureau})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips(), "it counts them and reads none")
	_, err = clerk.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: county, Period: "2026-11"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = clerk.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: analysis.GetName()})
	require.NoError(t, err)
	_, err = clerk.warnings.IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: lower, WarningLevel: "blue", Title: "作风", Grounds: "多次反映", SupervisingUnit: bureau,
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
}
