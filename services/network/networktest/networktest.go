// Package networktest is what the tests of the network share.
package networktest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// The units the tests are about.
const (
	City          = suitetest.City
	County        = "units/340503"
	Township      = "units/340503001"
	Village       = "units/340503001001"
	OtherTownship = "units/340504001"
)

// Criteria are all that the C scheme checks a tip for, to accept one that meets them.
var Criteria = []string{"specific", "concise", "factual", "founded"}

// Fields are the faulty fields that an error names.
func Fields(t *testing.T, err error) []string {
	t.Helper()
	found := suitetest.FieldViolations(t, err)
	names := make([]string, len(found))
	for i, v := range found {
		names[i] = v.GetField()
	}
	return names
}

// Refused requires that a call was refused with this code, naming these fields.
func Refused(t *testing.T, err error, code codes.Code, named ...string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	if len(named) > 0 {
		require.ElementsMatch(t, named, Fields(t, err), "%v", err)
	}
}

// ValidTip is a tip about a village that nothing is wrong with.
func ValidTip() *networkv1.TipContent {
	return &networkv1.TipContent{
		Unit: Village, SubjectArea: "work_style", Channel: "letter", Title: "办事拖延", Body: "十月以来三次前往，均无人办理，有登记簿为证。",
		OccurredOn: "2026-10-20",
	}
}

// FullerTip is ValidTip as it comes again, with what was missing of it.
func FullerTip() *networkv1.TipContent {
	content := ValidTip()
	content.Body += "当日有三人在场。"
	return content
}

// SubmitTip sends a tip as an informant of a unit.
func SubmitTip(t *testing.T, s *suitetest.Suite, from string, content *networkv1.TipContent) *networkv1.SubmitTipResponse {
	t.Helper()
	resp, err := networkv1.NewTipServiceClient(s.As("informant", from)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content})
	require.NoError(t, err)
	return resp
}

// NewestTip is the name of the tip that came last. The API does not tell: among the tips of a day chance decides.
func NewestTip(t *testing.T, s *suitetest.Suite) string {
	t.Helper()
	found := QueryTexts(t, Database(t, s), `SELECT resource FROM network.journal
		WHERE event IN ('network.TipService.SubmitTip', 'network.TipService.RegisterTip') ORDER BY xact DESC, seq DESC LIMIT 1`)
	require.Len(t, found, 1)
	return found[0]
}

// OnlyTip reads the one tip handled at a unit.
func OnlyTip(t *testing.T, s *suitetest.Suite, unit string) *networkv1.Tip {
	t.Helper()
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: unit})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 1)
	return listed.GetTips()[0]
}
