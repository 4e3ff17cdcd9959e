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
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT7_C12b_OnlyTheAddresseeAcknowledges(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := as(s, "handler", suitetest.City).issue(t, notice("blue")).GetName()
	for _, o := range []office{as(s, "administrator", suitetest.City), as(s, "clerk", county)} {
		o.get(t, name)
		_, plan := o.warnings.SubmitPlan(t.Context(), planned(name, "2026-11-05"))
		_, rectify := o.warnings.SubmitRectification(t.Context(), rectification(name))
		_, sign := o.warnings.SignTalk(t.Context(), &warningv1.SignTalkRequest{Name: name, Etag: o.get(t, name).GetEtag()})
		for _, err := range append(o.answers(t, name), plan, rectify, sign) {
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
		}
	}
	for _, err := range as(s, "clerk", other).answers(t, name) {
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	for _, err := range as(s, "clerk", township).answers(t, name) {
		require.NoError(t, err)
	}
}

// answers tries in turn what is the addressee's to do.
func (o office) answers(t *testing.T, name string) []error {
	t.Helper()
	_, acknowledge := o.warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name})
	_, explain := o.warnings.ExplainWarning(t.Context(), &warningv1.ExplainWarningRequest{Name: name, Explanation: "公开栏维修"})
	return []error{acknowledge, explain}
}

// rulings tries in turn what is not the addressee's to do.
func (o office) rulings(t *testing.T, w *warningv1.Warning) []error {
	t.Helper()
	name := w.GetName()
	_, approve := o.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: name, Etag: w.GetEtag()})
	_, move := o.warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
		Name: name, WarningLevel: "red", Reason: "x",
	})
	_, withdraw := o.warnings.WithdrawWarning(t.Context(), &warningv1.WithdrawWarningRequest{Name: name, Reason: "x"})
	_, end := o.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	return []error{approve, move, withdraw, end}
}

func TestC11_WarningAlongTheSystemLineBelongsToItsIssuer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) {
		for _, role := range scheme.GetRoles() {
			role.AlongSystemLine = role.GetId() == "handler" || role.GetId() == "reviewer"
		}
	})
	s.Clock.Advance(6 * time.Second)
	units := networkv1.NewUnitServiceClient(s.As(access.Administrator, suitetest.City))
	for _, u := range []*networkv1.Unit{
		{Name: "units/finance", Parent: suitetest.City, Level: typev1.Level_LEVEL_CITY},
		{Name: "units/finance_huashan", Parent: county, SystemParent: "units/finance", Level: typev1.Level_LEVEL_COUNTY},
	} {
		u.Title, u.Kind = "财政局", networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
		_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: u.GetName()[len("units/"):], Unit: u})
		require.NoError(t, err)
	}
	s.Clock.Advance(6 * time.Second)
	req := notice("orange")
	req.Unit, req.SupervisingUnit = "units/finance_huashan", "units/finance"
	warning := as(s, "handler", "units/finance").issue(t, req)

	approval := &warningv1.ApproveWarningRequest{Name: warning.GetName(), Etag: warning.GetEtag()}
	_, err := as(s, "reviewer", county).warnings.ApproveWarning(t.Context(), approval)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")
	approved, err := as(s, "reviewer", "units/finance").warnings.ApproveWarning(t.Context(), approval)
	require.NoError(t, err)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, approved.GetState())
	_, err = as(s, "reviewer", suitetest.City).warnings.WithdrawWarning(t.Context(),
		&warningv1.WithdrawWarningRequest{Name: warning.GetName(), Reason: "反映不实"})
	require.NoError(t, err, "the unit above the issuer")
}
