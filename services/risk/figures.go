package risk

import (
	"context"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

type figureServer struct {
	riskv1.UnsafeFigureServiceServer

	store *record.Store
}

func (s *figureServer) Register(r grpc.ServiceRegistrar) { riskv1.RegisterFigureServiceServer(r, s) }

const dutiesOnTime = "risk.duties_on_time"

// dueRecords are the collections of what units are to do by a day, by the measure that counts it: those of the
// views due_records, due_filings and due_feedback.
var dueRecords = map[string]string{
	"risk.controls_on_time":           resource.Controls,
	dutiesOnTime:                      resource.Controls,
	"risk.deficiencies_on_time":       resource.Deficiencies,
	"risk.checks_on_time":             resource.Checks,
	"risk.decisions_on_time":          resource.Decisions,
	"risk.decisions_filed_on_time":    resource.Decisions,
	"risk.publications_filed_on_time": resource.Publications,
	"risk.rotations_on_time":          resource.Rotations,
	"risk.openness_on_time":           resource.OpennessItems,
	"risk.comments_on_time":           resource.Comments,
	"risk.redos_on_time":              resource.Redos,
	"risk.feedback_on_time":           resource.Appointments,
}

// ListFigures measures units.
func (s *figureServer) ListFigures(ctx context.Context, req *riskv1.ListFiguresRequest) (*riskv1.ListFiguresResponse, error) {
	measures := map[string]figures.Measure{
		"risk.points_approved":    s.pointsApproved,
		"risk.commitments_signed": s.commitmentsSigned,

		"risk.deficiencies_filed_on_time": s.deficienciesFiled,
	}
	for measure, collection := range dueRecords {
		measures[measure] = s.doneOnTime(measure, collection)
	}
	list, err := figures.List(ctx, req, measures)
	return &riskv1.ListFiguresResponse{Figures: list}, err
}

// pointsApproved looks at the risk points a unit had registered by the end of the period and has handed in; met are those that
// were ever in force.
func (s *figureServer) pointsApproved(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	_, before := figures.TimeRange(q.Period)
	rows, err := db.New(s.store).PointsApproved(ctx, db.PointsApprovedParams{
		Units: q.Units, Root: q.Root, LastDay: q.Period.Last(), CreatedBefore: before,
		HandedIn: document.EnumNames([]riskv1.RegisterState{
			riskv1.RegisterState_REGISTER_STATE_SUBMITTED, riskv1.RegisterState_REGISTER_STATE_RETURNED,
		}),
		Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.RiskPoints), err
}

// commitmentsSigned looks at the commitments that were to be signed in the period; met are those that both sides had signed by
// its end.
func (s *figureServer) commitmentsSigned(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).CommitmentsSigned(ctx, db.CommitmentsSignedParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Commitments), err
}

// deficienciesFiled looks at the deficiencies that a unit was to file in the period; met are those that it had filed by their
// days.
func (s *figureServer) deficienciesFiled(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).DeficienciesFiledOnTime(ctx, db.DeficienciesFiledOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Deficiencies), err
}

// doneOnTime looks at what a unit was to do in the period, by a measure; met is what was done by its day.
func (s *figureServer) doneOnTime(measure, collection string) figures.Measure {
	return func(ctx context.Context, q figures.Query) ([]figures.Count, error) {
		rows, err := db.New(s.store).DoneOnTime(ctx, db.DoneOnTimeParams{
			Measure: measure, Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(),
			Named: figures.MaxRecords,
		})
		return figures.Counts(rows, collection), err
	}
}
