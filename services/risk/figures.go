package risk

import (
	"context"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

type figureServer struct {
	riskv1.UnsafeFigureServiceServer

	book *record.Book
}

// Register adds the RPCs to a server.
func (s *figureServer) Register(r grpc.ServiceRegistrar) { riskv1.RegisterFigureServiceServer(r, s) }

// ListFigures measures units.
func (s *figureServer) ListFigures(ctx context.Context, req *riskv1.ListFiguresRequest) (*riskv1.ListFiguresResponse, error) {
	list, err := figures.List(ctx, req, map[string]figures.Measure{
		"risk.points_approved": s.pointsApproved,
	})
	return &riskv1.ListFiguresResponse{Figures: list}, err
}

// pointsApproved looks at the risk points a unit had registered by the end of the period.
func (s *figureServer) pointsApproved(ctx context.Context, q figures.Question) ([]figures.Tally, error) {
	_, before := figures.Span(q.Period)
	rows, err := db.New(s.book).PointsApproved(ctx, db.PointsApprovedParams{
		Units: q.Units, Root: q.Root, CreatedBefore: before, Approved: riskv1.RiskPointState_RISK_POINT_STATE_APPROVED.String(),
		Named: figures.Named,
	})
	tallies := make([]figures.Tally, len(rows))
	for i, r := range rows {
		tallies[i] = figures.TallyOf(r.UnitID, r.Met, r.Total, resource.RiskPoints, r.Records)
	}
	return tallies, err
}
