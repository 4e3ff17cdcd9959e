package reports

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// CountOverdueReports counts the overdue reports of units with all below them.
func (s *Server) CountOverdueReports(
	ctx context.Context, req *networkv1.CountOverdueReportsRequest,
) (*networkv1.CountOverdueReportsResponse, error) {
	ids := make([]string, len(req.GetUnits()))
	for i, name := range req.GetUnits() {
		ids[i] = resource.ID(name)
	}
	rows, err := db.New(s.store).CountOverdueReports(ctx, db.CountOverdueReportsParams{
		UnitIds: ids, Today: clock.Today(s.store.Clock),
	})
	counts := make(map[string]int64, len(rows))
	for _, row := range rows {
		counts[resource.Name(resource.Units, row.UnitID)] = row.Reports
	}
	return &networkv1.CountOverdueReportsResponse{Counts: counts}, err
}
