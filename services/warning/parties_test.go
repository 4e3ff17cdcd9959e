package warning_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT7_C12b_OnlyTheAddresseeAcknowledges(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := as(s, "handler", suitetest.City).issue(t, notice("blue")).GetName()
	for _, o := range []office{as(s, "administrator", suitetest.City), as(s, "clerk", county)} {
		o.get(t, name)
		for _, err := range o.answers(t, name) {
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
	_, rectify := o.warnings.SubmitRectification(t.Context(), rectification(name))
	return []error{acknowledge, explain, rectify}
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
	_, end := o.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name})
	return []error{approve, move, withdraw, end}
}
