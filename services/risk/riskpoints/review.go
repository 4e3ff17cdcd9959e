package riskpoints

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// UpdateRiskPoint changes the content and grades it by the scheme that holds today (J3).
func (s *Server) UpdateRiskPoint(ctx context.Context, req *riskv1.UpdateRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Update(ctx, req, "risk_point", req.GetRiskPoint(), s.checkAndGrade)
}

// SubmitRiskPoint hands a risk point in (J4).
func (s *Server) SubmitRiskPoint(ctx context.Context, req *riskv1.SubmitRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, submit, func(_ context.Context, c *change) error {
		if units := c.Units(); len(units) > 1 {
			above := resource.Name(resource.Units, units[len(units)-2])
			c.Notify(record.Message{Unit: above, Sentence: words.InboxRiskPointSubmitted(), Resource: c.Record.GetName()})
		}
		return nil
	})
}

// ReturnRiskPoint sends back what does not conform (J4).
func (s *Server) ReturnRiskPoint(ctx context.Context, req *riskv1.ReturnRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, sendBack, func(_ context.Context, c *change) error {
		c.Record.Returns = append(c.Record.Returns, &riskv1.RiskPointReturn{
			Reason: req.GetReason(), ReturnTime: timestamppb.New(c.Now()),
		})
		c.Notify(record.Message{Unit: c.Record.GetUnit(), Sentence: words.InboxRiskPointReturned(), Resource: c.Record.GetName()})
		return nil
	})
}

// ApproveRiskPoint approves the version that the etag names (J4).
func (s *Server) ApproveRiskPoint(ctx context.Context, req *riskv1.ApproveRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, approve, func(_ context.Context, c *change) error {
		c.Notify(record.Message{Unit: c.Record.GetUnit(), Sentence: words.InboxRiskPointApproved(), Resource: c.Record.GetName()})
		return nil
	})
}
