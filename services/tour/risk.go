package tour

import (
	"context"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// register registers a power, which is in force after its review, and a risk point, which is sent back and approved (J1, J3, J4,
// T12).
func (t *Tour) register(ctx context.Context) error {
	power, err := t.enterPower(ctx)
	if err != nil {
		return err
	}
	head := power.GetPositions()[0]
	clerk := riskv1.NewRiskPointServiceClient(t.HTTP(as("clerk", Township)))
	point, err := clerk.CreateRiskPoint(ctx, &riskv1.CreateRiskPointRequest{
		RiskPoint: &riskv1.RiskPoint{
			Unit: Township, PowerItem: power.GetName(), Step: "approve", Position: head, Category: "decision",
			SearchMethods: []string{"collective"},
			Description:   "演示：大额支出未经集体研究，由个人决定。",
			Points:        map[string]int32{"frequency": 3, "importance": 5, "harm": 5},
			OwnerPosition: head,
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
	submit := func(request string) (*riskv1.RiskPoint, error) {
		return clerk.SubmitRiskPoint(ctx, &riskv1.SubmitRiskPointRequest{
			Name: name, Proposal: riskv1.Proposal_PROPOSAL_ENTER, RequestId: t.id(request),
		})
	}
	if _, err := submit("submit 1"); err != nil {
		return err
	}
	if _, err := reviewer.ReturnRiskPoint(ctx, &riskv1.ReturnRiskPointRequest{
		Name: name, Reason: "请写明多大金额的支出未经集体研究。", RequestId: t.id("return"),
	}); err != nil {
		return err
	}
	if _, err := clerk.UpdateRiskPoint(ctx, &riskv1.UpdateRiskPointRequest{
		RiskPoint:  &riskv1.RiskPoint{Name: name, Description: "演示：五万元以上的支出未经集体研究，由个人决定。"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}}, RequestId: t.id("update"),
	}); err != nil {
		return err
	}
	handedIn, err := submit("submit 2")
	if err != nil {
		return err
	}
	if _, err := reviewer.ApproveRiskPoint(ctx, &riskv1.ApproveRiskPointRequest{
		Name: name, ContentSha256: handedIn.GetStanding().GetContentSha256(), RequestId: t.id("approve"),
	}); err != nil {
		return err
	}
	t.say("sent back once by the review, changed and handed in again, in force")
	return nil
}

// enterPower registers two positions and the power that they exercise, and has it approved (J1, T12).
func (t *Tour) enterPower(ctx context.Context) (*riskv1.PowerItem, error) {
	positions := riskv1.NewPositionServiceClient(t.GRPC(as("clerk", Township)))
	var posts []string
	for _, post := range []*riskv1.Position{
		{Unit: Township, Title: "演示：镇长", Rank: "head"}, {Unit: Township, Title: "演示：财政所所长", Rank: "section_head"},
	} {
		post, err := positions.CreatePosition(ctx, &riskv1.CreatePositionRequest{
			Position: post, RequestId: t.id(post.GetTitle()),
		})
		if err != nil {
			return nil, err
		}
		posts = append(posts, post.GetName())
	}
	clerk := riskv1.NewPowerItemServiceClient(t.GRPC(as("clerk", Township)))
	power, err := clerk.CreatePowerItem(ctx, &riskv1.CreatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{
			Unit: Township, Kind: "power", Title: "演示：村级集体资金使用审批", LegalBasis: "演示：农村集体资金管理有关规定", Positions: posts,
			Steps: []*riskv1.Step{
				{Id: "apply", Title: "提出申请", Actor: "村", Edges: []*riskv1.Edge{{Step: "examine"}}},
				{Id: "examine", Title: "审核", Position: posts[1], DecisionPoint: true, Edges: []*riskv1.Edge{
					{Step: "approve", Label: "属实"}, {Step: "apply", Label: "退回补正"},
				}},
				{Id: "approve", Title: "审批", Position: posts[0], DecisionPoint: true},
			},
		},
		RequestId: t.id("power item"),
	})
	if err != nil {
		return nil, err
	}
	t.summary.PowerItem = power.GetName()
	handedIn, err := clerk.SubmitPowerItem(ctx, &riskv1.SubmitPowerItemRequest{
		Name: power.GetName(), Proposal: riskv1.Proposal_PROPOSAL_ENTER, Reason: "演示：清理职权。", RequestId: t.id("submit power item"),
	})
	if err != nil {
		return nil, err
	}
	reviewer := riskv1.NewPowerItemServiceClient(t.HTTP(as("reviewer", County)))
	if _, err = reviewer.ApprovePowerItem(ctx, &riskv1.ApprovePowerItemRequest{
		Name: power.GetName(), ContentSha256: handedIn.GetStanding().GetContentSha256(), RequestId: t.id("approve power item"),
	}); err == nil {
		t.say("power in force after its review")
	}
	return power, err
}
