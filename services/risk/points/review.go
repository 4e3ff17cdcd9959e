package points

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
)

// updating is an update request with its name and etag where other requests carry theirs.
type updating struct{ *riskv1.UpdateRiskPointRequest }

// GetName is the name of the risk point.
func (u updating) GetName() string { return u.GetRiskPoint().GetName() }

// GetEtag is its etag.
func (u updating) GetEtag() string { return u.GetRiskPoint().GetEtag() }

// UpdateRiskPoint changes the content and grades it by the scheme that holds today (J3).
func (s *Server) UpdateRiskPoint(ctx context.Context, req *riskv1.UpdateRiskPointRequest) (*riskv1.RiskPoint, error) {
	change := collection.Masked("risk_point", req.GetRiskPoint(), req.GetUpdateMask())
	return s.points.Act(ctx, updating{req}, update, change, s.checkAndGrade)
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
