package network

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/training"
)

type figureServer struct {
	networkv1.UnsafeFigureServiceServer

	store *record.Store
}

func (s *figureServer) Register(r grpc.ServiceRegistrar) { networkv1.RegisterFigureServiceServer(r, s) }

// ListFigures measures units.
func (s *figureServer) ListFigures(ctx context.Context, req *networkv1.ListFiguresRequest) (
	*networkv1.ListFiguresResponse, error,
) {
	list, err := figures.List(ctx, req, map[string]figures.Measure{
		"network.report_completeness":   s.reportCompleteness,
		"network.report_timeliness":     s.reportTimeliness,
		"network.reports_filed_on_time": s.reportsFiled,
		"network.tip_quality":           s.tipQuality,
		training.Measure:                s.trainingCoverage,
	})
	return &networkv1.ListFiguresResponse{Figures: list}, err
}

// trainingCoverage looks at the officers at a unit and below it.
func (s *figureServer) trainingCoverage(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	return training.Coverage(ctx, s.store, q)
}

// reportTimeliness looks at reports sent in the period or due in it; one that may still be sent in time, or need not be sent, is
// left out.
func (s *figureServer) reportTimeliness(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	until, yesterday := q.Period.Last(), clock.Today(s.store.Clock).AddDays(-1)
	if yesterday.Before(until) {
		until = yesterday
	}
	rows, err := db.New(s.store).ReportTimeliness(ctx, db.ReportTimelinessParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(),
		DueUntil: until, LastDay: q.Period.Last(), Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Reports), err
}

// reportsFiled looks at reports that were to be filed outside the tree in the period; one that may still be filed in time is left
// out.
func (s *figureServer) reportsFiled(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).ReportsFiledOnTime(ctx, db.ReportsFiledOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Today: clock.Today(s.store.Clock),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Reports), err
}

// reportCompleteness looks at reports sent in the period; one with nothing to report, or asked for nothing, is left out.
func (s *figureServer) reportCompleteness(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).ReportCompleteness(ctx, db.ReportCompletenessParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Reports), err
}

// tipQuality looks at the checked tips of the officers who serve at a unit and below it.
func (s *figureServer) tipQuality(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	month := func(d calendar.Date) string { return calendar.PeriodOf(calendar.Month, d).String() }
	rows, err := db.New(s.store).TipQuality(ctx, db.TipQualityParams{
		Units: q.Units, Root: q.Root, Today: clock.Today(s.store.Clock),
		FirstMonth: month(q.Period.First()), FinalMonth: month(q.Period.Last()), Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Officers), err
}
