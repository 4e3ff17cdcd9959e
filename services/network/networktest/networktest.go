// Package networktest is what the tests of the network share.
package networktest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// The units the tests are about.
const (
	City      = suitetest.City
	County    = "units/340503"
	Township  = "units/340503001"
	Village   = "units/340503001001"
	OtherTown = "units/340504001"
)

// Fields are the faulty fields that an error names.
func Fields(t *testing.T, err error) []string {
	t.Helper()
	var names []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				require.NotEmpty(t, v.GetDescription(), "of %s", v.GetField())
				names = append(names, v.GetField())
			}
		}
	}
	return names
}

// Reason is the reason that an error gives.
func Reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// Refused requires that a call was refused with this code, naming these fields.
func Refused(t *testing.T, err error, code codes.Code, named ...string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	if len(named) > 0 {
		require.ElementsMatch(t, named, Fields(t, err), "%v", err)
	}
}

// GoodTip is a tip about a village that nothing is wrong with.
func GoodTip() *networkv1.TipContent {
	return &networkv1.TipContent{
		Unit: Village, SubjectArea: "work_style", Channel: "letter", Title: "办事拖延", Body: "十月以来三次前往，均无人办理，有登记簿为证。",
		OccurredOn: "2026-10-20",
	}
}

// Submit sends a tip as an informant of a unit.
func Submit(t *testing.T, s *suitetest.Suite, from string, content *networkv1.TipContent) *networkv1.SubmitTipResponse {
	t.Helper()
	answer, err := networkv1.NewTipServiceClient(s.As("informant", from)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content})
	require.NoError(t, err)
	return answer
}

// Only reads the one tip handled at a unit.
func Only(t *testing.T, s *suitetest.Suite, unit string) *networkv1.Tip {
	t.Helper()
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: unit})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 1)
	return listed.GetTips()[0]
}
