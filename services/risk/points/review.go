package points

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// UpdateRiskPoint changes the content and grades it by the scheme that holds today (J3).
func (s *Server) UpdateRiskPoint(ctx context.Context, req *riskv1.UpdateRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Update(ctx, req, "risk_point", req.GetRiskPoint(), s.checkAndGrade)
}

// SubmitRiskPoint hands a risk point in (J4).
func (s *Server) SubmitRiskPoint(ctx context.Context, req *riskv1.SubmitRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, submit)
}

// ReturnRiskPoint sends back what does not conform (J4).
func (s *Server) ReturnRiskPoint(ctx context.Context, req *riskv1.ReturnRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, sendBack, func(_ context.Context, c *change) error {
		c.Record.Returns = append(c.Record.Returns, &riskv1.RiskPointReturn{
			Reason: req.GetReason(), ReturnTime: timestamppb.New(c.Now()),
		})
		return nil
	})
}

// ApproveRiskPoint approves the version that the etag names (J4).
func (s *Server) ApproveRiskPoint(ctx context.Context, req *riskv1.ApproveRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, approve)
}
