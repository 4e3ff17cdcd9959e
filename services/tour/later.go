package tour

import (
	"context"
	"fmt"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// register registers a power and a risk point, which is reviewed, sent back, and approved (J1, J3, J4).
func (t *Tour) register(ctx context.Context) error {
	power, err := riskv1.NewPowerItemServiceClient(t.GRPC(as("clerk", Township))).CreatePowerItem(ctx, &riskv1.CreatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{
			Unit: Township, Title: "演示：村级集体资金使用审批", LegalBasis: "演示：农村集体资金管理有关规定",
			Positions: []string{"镇长", "财政所所长"},
			Steps: []*riskv1.Step{
				{Id: "apply", Title: "村提出申请", Next: []string{"examine"}},
				{Id: "examine", Title: "财政所审核", DecisionPoint: true, Next: []string{"approve"}},
				{Id: "approve", Title: "镇长审批", DecisionPoint: true},
			},
		},
		RequestId: t.id("power item"),
	})
	if err != nil {
		return err
	}
	t.summary.PowerItem = power.GetPowerItem().GetName()
	clerk := riskv1.NewRiskPointServiceClient(t.HTTP(as("clerk", Township)))
	point, err := clerk.CreateRiskPoint(ctx, &riskv1.CreateRiskPointRequest{
		RiskPoint: &riskv1.RiskPoint{
			Unit: Township, PowerItem: t.summary.PowerItem, Step: "approve", Position: "镇长", Category: "decision", SearchMethod: "collective",
			Description: "演示：大额支出未经集体研究，由个人决定。",
			Points:      map[string]int32{"frequency": 3, "importance": 5, "harm": 5},
		},
		RequestId: t.id("risk point"),
	})
	if err != nil {
		return err
	}
	t.summary.RiskPoint = point.GetRiskPoint().GetName()
	t.say("risk point graded %s with %.2f points by %s", point.GetRiskPoint().GetGrade(), point.GetRiskPoint().GetScore(),
		point.GetRiskPoint().GetSchemeVersion())
	return t.review(ctx, clerk)
}

func (t *Tour) review(ctx context.Context, clerk riskv1.RiskPointServiceClient) error {
	reviewer := riskv1.NewRiskPointServiceClient(t.GRPC(as("reviewer", County)))
	name := t.summary.RiskPoint
	if _, err := clerk.SubmitRiskPoint(ctx, &riskv1.SubmitRiskPointRequest{Name: name, RequestId: t.id("submit 1")}); err != nil {
		return err
	}
	if _, err := reviewer.ReturnRiskPoint(ctx, &riskv1.ReturnRiskPointRequest{
		Name: name, Reason: "请核对岗位名称后重报。", RequestId: t.id("return"),
	}); err != nil {
		return err
	}
	handedIn, err := clerk.SubmitRiskPoint(ctx, &riskv1.SubmitRiskPointRequest{Name: name, RequestId: t.id("submit 2")})
	if err != nil {
		return err
	}
	if _, err := reviewer.ApproveRiskPoint(ctx, &riskv1.ApproveRiskPointRequest{
		Name: name, Etag: handedIn.GetRiskPoint().GetEtag(), RequestId: t.id("approve"),
	}); err != nil {
		return err
	}
	t.say("sent back once by the review, handed in again, approved")
	return nil
}

// warn analyses the month and follows a warning to its end (C11, C12, C12b, T7, H9).
func (t *Tour) warn(ctx context.Context) error {
	handler := t.GRPC(as("handler", City))
	run, err := warningv1.NewAnalysisServiceClient(handler).RunAnalysis(ctx, &warningv1.RunAnalysisRequest{
		Unit: City, Period: t.summary.Period, RequestId: t.id("analysis"),
	})
	if err != nil {
		return err
	}
	t.summary.Analysis = run.GetAnalysis().GetName()
	for _, finding := range run.GetAnalysis().GetFindings() {
		if finding.GetCount().GetUnit() == Township {
			t.summary.Finding, t.summary.Rung = finding.GetId(), finding.GetRung()
			t.say("%d tips on %s: %s, since %s", finding.GetCount().GetTips(), finding.GetCount().GetSubjectArea(),
				finding.GetRung(), finding.GetCriterion())
		}
	}
	issued, err := warningv1.NewWarningServiceClient(handler).IssueWarning(ctx, &warningv1.IssueWarningRequest{
		Unit: Township, Rung: t.summary.Rung, Title: "演示：集体资金公开问题",
		Grounds: "演示：本月反映集体资金支出公开不及时的信息较多，涉及三个村居。", Analysis: t.summary.Analysis, Finding: t.summary.Finding,
		SupervisingUnit: County, RequestId: t.id("issue"),
	})
	if err != nil {
		return err
	}
	w := issued.GetWarning()
	t.summary.Warning, t.summary.Notice = w.GetName(), w.GetNotice().GetNumber()
	t.say("%s warning issued, notice %s: %s", w.GetRung(), w.GetNotice().GetNumber(), w.GetRectifyBy().GetArithmetic().GetEn())
	return t.rectify(ctx)
}

// rectify lets the township answer, the county check and the city close.
func (t *Tour) rectify(ctx context.Context) error {
	name := t.summary.Warning
	addressee := warningv1.NewWarningServiceClient(t.HTTP(as("clerk", Township)))
	if _, err := addressee.AcknowledgeWarning(ctx, &warningv1.AcknowledgeWarningRequest{
		Name: name, RequestId: t.id("acknowledge"),
	}); err != nil {
		return err
	}
	if _, err := addressee.ExplainWarning(ctx, &warningv1.ExplainWarningRequest{
		Name: name, Explanation: "演示：公开栏更新滞后，原因是没有统一时限。", RequestId: t.id("explain"),
	}); err != nil {
		return err
	}
	if _, err := addressee.SubmitRectification(ctx, &warningv1.SubmitRectificationRequest{
		Name: name, RequestId: t.id("rectify"),
		Rectification: &warningv1.Rectification{
			Measures: "演示：制定公开办法，规定每月五日前公开上月支出。",
			Evidence: []*warningv1.Evidence{{Title: "公开办法", Description: "演示：文件一份，存镇财政所。"}},
		},
	}); err != nil {
		return err
	}
	t.say("the township acknowledged, explained and rectified with evidence")
	office := warningv1.NewWarningServiceClient(t.GRPC(as("reviewer", County)))
	if _, err := office.CheckRectification(ctx, &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: County, Passed: true, Note: "演示：现场核对属实。", RequestId: t.id("check"),
	}); err != nil {
		return err
	}
	closed, err := warningv1.NewWarningServiceClient(t.GRPC(as("handler", City))).CloseWarning(ctx, &warningv1.CloseWarningRequest{
		Name: name, Note: "演示：办结。", RequestId: t.id("close"),
	})
	if err != nil {
		return err
	}
	t.say("the county's office checked it, the city closed it: %s", closed.GetWarning().GetState())
	return nil
}

// assess scores and grades the townships (T24, T26).
func (t *Tour) assess(ctx context.Context) error {
	client := assessmentv1.NewRoundServiceClient(t.GRPC(as("reviewer", City)))
	created, err := client.CreateRound(ctx, &assessmentv1.CreateRoundRequest{
		Unit: City, Title: "演示：乡镇预警工作考核", Period: t.summary.Period,
		UnitLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP}, RequestId: t.id("round"),
	})
	if err != nil {
		return err
	}
	t.summary.Round = created.GetRound().GetName()
	scored, err := client.ScoreRound(ctx, &assessmentv1.ScoreRoundRequest{Name: t.summary.Round, RequestId: t.id("score")})
	if err != nil {
		return err
	}
	if _, err := client.CloseRound(ctx, &assessmentv1.CloseRoundRequest{
		Name: t.summary.Round, Etag: scored.GetRound().GetEtag(), RequestId: t.id("close"),
	}); err != nil {
		return err
	}
	t.say("%d townships scored from live figures and graded", scored.GetRound().GetUnits())
	answer, err := assessmentv1.NewRoundServiceClient(t.HTTP(as("clerk", Township))).GetScore(ctx, &assessmentv1.GetScoreRequest{
		Round: t.summary.Round, Unit: Township,
	})
	if err != nil {
		return fmt.Errorf("the township reads its score: %w", err)
	}
	score := answer.GetScore()
	t.summary.Score, t.summary.Grade = score.GetTotal(), score.GetGrade()
	for _, item := range score.GetItems() {
		t.summary.Traced += len(item.GetFigure().GetRecords())
		t.say("%s: %.2f of %.2f points, %d of %d records", item.GetTitle().GetEn(), item.GetPoints(), item.GetFullPoints(),
			item.GetFigure().GetNumerator(), item.GetFigure().GetDenominator())
	}
	t.say("%s: %.2f points, %s", Township, score.GetTotal(), score.GetGradeTitle().GetEn())
	return nil
}
