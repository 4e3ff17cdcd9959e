package findings

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// CountFindings counts findings by unit and state (C10, C15).
func (s *Server) CountFindings(
	ctx context.Context, req *warningv1.CountFindingsRequest,
) (*warningv1.CountFindingsResponse, error) {
	params := db.CountFindingsParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.findings.Store.Clock), BeforeKey: "~",
	}
	if req.GetPeriod() != "" {
		period, err := calendar.ParsePeriod(req.GetPeriod())
		if err != nil {
			return nil, fault.Invalid("period", words.StringPeriod())
		}
		params.FromKey, params.BeforeKey = keyFrom(period.First()), keyFrom(period.Next().First())
	}
	rows, err := db.New(s.findings.Store).CountFindings(ctx, params)
	if err != nil {
		return nil, err
	}
	resp := &warningv1.CountFindingsResponse{}
	for _, row := range rows {
		resp.Counts = append(resp.Counts, &warningv1.FindingCount{
			Unit: resource.Name(resource.Units, row.UnitID), Count: row.Findings, OverdueCount: row.Overdue,
			State: warningv1.FindingState(warningv1.FindingState_value[row.State]),
		})
	}
	return resp, nil
}
