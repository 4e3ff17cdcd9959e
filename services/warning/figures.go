package warning

import (
	"context"

	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

type figureServer struct {
	warningv1.UnsafeFigureServiceServer

	store *record.Store
}

func (s *figureServer) Register(r grpc.ServiceRegistrar) { warningv1.RegisterFigureServiceServer(r, s) }

// ListFigures measures units.
func (s *figureServer) ListFigures(
	ctx context.Context, req *warningv1.ListFiguresRequest,
) (*warningv1.ListFiguresResponse, error) {
	list, err := figures.List(ctx, req, map[string]figures.Measure{
		"warning.rectified_on_time": s.rectifiedOnTime, "warning.bulletins_answered_on_time": s.bulletinsAnsweredOnTime,
		"warning.findings_handled_on_time": s.findingsHandledOnTime,
	})
	return &warningv1.ListFiguresResponse{Figures: list}, err
}

// rectifiedOnTime looks at warnings by the first day set for their rectification: neither another level nor a failed check gives
// more time here. One that may still be rectified in time is left out.
func (s *figureServer) rectifiedOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).RectifiedOnTime(ctx, db.RectifiedOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(),
		Today: clock.Today(s.store.Clock), Withdrawn: warningv1.WarningState_WARNING_STATE_WITHDRAWN.String(),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Warnings), err
}

// bulletinsAnsweredOnTime looks at bulletins by the last day of their answer. One that may still be answered in time is left out.
func (s *figureServer) bulletinsAnsweredOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).BulletinsAnsweredOnTime(ctx, db.BulletinsAnsweredOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Today: clock.Today(s.store.Clock),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.BulletinReceipts), err
}

// findingsHandledOnTime looks at findings by the day by which the unit that found them was to handle them or pass them up. One
// that may still be handled in time is left out.
func (s *figureServer) findingsHandledOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).FindingsHandledOnTime(ctx, db.FindingsHandledOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Today: clock.Today(s.store.Clock),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Findings), err
}
