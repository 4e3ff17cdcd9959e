package tour

import (
	"context"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// register registers a power and a risk point, which is reviewed, sent back, and approved (J1, J3, J4).
func (t *Tour) register(ctx context.Context) error {
	power, err := riskv1.NewPowerItemServiceClient(t.GRPC(as("clerk", Township))).CreatePowerItem(ctx,
		&riskv1.CreatePowerItemRequest{
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
	t.summary.PowerItem = power.GetName()
	clerk := riskv1.NewRiskPointServiceClient(t.HTTP(as("clerk", Township)))
	point, err := clerk.CreateRiskPoint(ctx, &riskv1.CreateRiskPointRequest{
		RiskPoint: &riskv1.RiskPoint{
			Unit: Township, PowerItem: t.summary.PowerItem, Step: "approve", Position: "镇长", Category: "decision",
			SearchMethods: []string{"collective"},
			Description:   "演示：大额支出未经集体研究，由个人决定。",
			Points:        map[string]int32{"frequency": 3, "importance": 5, "harm": 5},
		},
		RequestId: t.id("risk point"),
	})
	if err != nil {
		return err
	}
	t.summary.RiskPoint = point.GetName()
	t.say("risk point graded %s with %.2f points by %s", point.GetGrade(), point.GetScore(),
		point.GetSchemeVersion())
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
		Name: name, Etag: handedIn.GetEtag(), RequestId: t.id("approve"),
	}); err != nil {
		return err
	}
	t.say("sent back once by the review, handed in again, approved")
	return nil
}
