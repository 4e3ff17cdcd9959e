package assessment_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What the units do before they are assessed, through the public API of the other services.

// sendReport sends the monthly report of a unit.
func sendReport(t *testing.T, s *suitetest.Suite, unit, period string) {
	t.Helper()
	ctx, reports := t.Context(), networkv1.NewReportServiceClient(s.As("clerk", unit))
	list, err := reports.ListReports(ctx, &networkv1.ListReportsRequest{Unit: unit, Period: period})
	require.NoError(t, err)
	require.NotEmpty(t, list.GetReports(), "the report of %s is not opened", unit)
	name := list.GetReports()[0].GetName()
	_, err = reports.WriteReport(ctx, &networkv1.WriteReportRequest{Name: name, Values: networktest.Values{
		"handling": networktest.Text("均已办结。"),
	}})
	require.NoError(t, err)
	computed, err := reports.ComputeReport(ctx, &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	_, err = reports.ConfirmReport(ctx, &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()})
	require.NoError(t, err)
	_, err = reports.SubmitReport(ctx, &networkv1.SubmitReportRequest{Name: name})
	require.NoError(t, err)
}

// sendTips has the village's officer send tips, every third of which the county gives back first; all are accepted.
func sendTips(t *testing.T, s *suitetest.Suite, n int) {
	t.Helper()
	s.RunJob(officerpoints.ScoreJob) // counting begins
	ctx := t.Context()
	officer := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/sender", Officer: networktest.Appoint(t, s, diligent, village).GetName(), Unit: village,
		Roles: []string{"informant"},
	}))
	handler := networkv1.NewTipServiceClient(s.As("handler", county))
	content := &networkv1.TipContent{
		Unit: village, SubjectArea: "collective_funds", Channel: "contact_card", Title: "集体资金使用未公开",
		Body: "上季度集体资金支出未按规定公示。",
	}
	for i := range n {
		sent, err := officer.SubmitTip(ctx, &networkv1.SubmitTipRequest{Content: content})
		require.NoError(t, err)
		name := networktest.NewestTip(t, s)
		if i%3 == 0 {
			_, err = handler.ReturnTip(ctx, &networkv1.ReturnTipRequest{
				Name: name, Criteria: []string{"specific"}, Reason: "请写明支出项目。",
			})
			require.NoError(t, err)
			fuller := proto.CloneOf(content)
			fuller.Body += "涉及道路维修支出。"
			_, err = officer.ResubmitTip(ctx, &networkv1.ResubmitTipRequest{Receipt: sent.GetReceipt(), Content: fuller})
			require.NoError(t, err)
		}
		_, err = handler.AcceptTip(ctx, &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
		require.NoError(t, err)
	}
}

// registerPoints registers risk points in the diligent township and hands them in.
func registerPoints(t *testing.T, s *suitetest.Suite, n int) []*riskv1.RiskPoint {
	t.Helper()
	clerk := riskv1.NewRiskPointServiceClient(s.As("clerk", diligent))
	owner, err := riskv1.NewPositionServiceClient(s.As("clerk", diligent)).CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: diligent, Title: "分管副镇长", Rank: "deputy"},
	})
	require.NoError(t, err)
	points := make([]*riskv1.RiskPoint, n)
	for i := range points {
		made, err := clerk.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: &riskv1.RiskPoint{
			Unit: diligent, Category: "duty", SearchMethods: []string{"self"}, Regime: "行政许可制度", Description: "对条件不符的申请予以许可",
			Points: map[string]int32{"frequency": 2, "importance": 3, "harm": 4}, OwnerPosition: owner.GetName(),
		}})
		require.NoError(t, err)
		sent, err := clerk.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
			Name: made.GetName(), Proposal: riskv1.Proposal_PROPOSAL_ENTER,
		})
		require.NoError(t, err)
		points[i] = sent
	}
	return points
}

func approve(t *testing.T, s *suitetest.Suite, point *riskv1.RiskPoint) {
	t.Helper()
	reviewer := riskv1.NewRiskPointServiceClient(s.As("reviewer", county))
	_, err := reviewer.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
		Name: point.GetName(), ContentSha256: point.GetStanding().GetContentSha256(),
	})
	require.NoError(t, err)
}

// warn gives a unit a yellow warning, which needs no approval, and talks with it. From then on it is to be rectified.
func warn(t *testing.T, s *suitetest.Suite, unit string) *warningv1.Warning {
	t.Helper()
	handler := warningv1.NewWarningServiceClient(s.As("handler", county))
	made, err := handler.IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: unit, WarningLevel: "yellow", Title: "支出公示不及时", Grounds: "近期多条信息反映同一问题。", SupervisingUnit: county,
	})
	require.NoError(t, err)
	clerk := warningv1.NewWarningServiceClient(s.As("clerk", unit))
	_, err = clerk.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: made.GetName()})
	require.NoError(t, err)
	held, err := handler.RecordTalk(t.Context(), &warningv1.RecordTalkRequest{Name: made.GetName(), Talk: &warningv1.Talk{
		HeldOn: clock.Today(s.Clock).String(), HeldBy: "分管负责人", HeldWith: "主任", Record: "要求建立月公示制度。",
	}})
	require.NoError(t, err)
	made, err = clerk.SignTalk(t.Context(), &warningv1.SignTalkRequest{Name: made.GetName(), Etag: held.GetEtag()})
	require.NoError(t, err)
	return made
}

// rectify hands in what was done about a warning.
func rectify(t *testing.T, s *suitetest.Suite, warning *warningv1.Warning) {
	t.Helper()
	clerk := warningv1.NewWarningServiceClient(s.As("clerk", warning.GetUnit()))
	_, err := clerk.SubmitRectification(t.Context(), &warningv1.SubmitRectificationRequest{
		Name: warning.GetName(), Rectification: &warningv1.Rectification{
			Measures: "已补公示并建立月公示制度。",
		},
	})
	require.NoError(t, err)
}

func openRound(t *testing.T, reviewer assessmentv1.RoundServiceClient) *assessmentv1.Round {
	t.Helper()
	answer, err := reviewer.CreateRound(t.Context(), &assessmentv1.CreateRoundRequest{
		Unit: county, Title: "十一月考核", Period: "2026-11", UnitLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP},
	})
	require.NoError(t, err)
	return answer
}

func score(t *testing.T, reviewer assessmentv1.RoundServiceClient, round *assessmentv1.Round) *assessmentv1.Round {
	t.Helper()
	answer, err := reviewer.ScoreRound(t.Context(), &assessmentv1.ScoreRoundRequest{Name: round.GetName(), Etag: round.GetEtag()})
	require.NoError(t, err)
	return answer
}

func scoreOf(
	t *testing.T, reviewer assessmentv1.RoundServiceClient, round *assessmentv1.Round, unit string,
) *assessmentv1.Score {
	t.Helper()
	answer, err := reviewer.GetScore(t.Context(), &assessmentv1.GetScoreRequest{Round: round.GetName(), Unit: unit})
	require.NoError(t, err)
	return answer
}
