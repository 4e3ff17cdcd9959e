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

// ListFigures measures units.
func (s *figureServer) ListFigures(ctx context.Context, req *riskv1.ListFiguresRequest) (*riskv1.ListFiguresResponse, error) {
	list, err := figures.List(ctx, req, map[string]figures.Measure{
		"risk.points_approved":      s.pointsApproved,
		"risk.commitments_signed":   s.commitmentsSigned,
		"risk.controls_on_time":     s.controlsOnTime,
		"risk.deficiencies_on_time": s.deficienciesOnTime,
		"risk.checks_on_time":       s.checksOnTime,

		"risk.decisions_on_time":       s.decisionsOnTime,
		"risk.decisions_filed_on_time": s.decisionsFiledOnTime,
		"risk.rotations_on_time":       s.rotationsOnTime,
		"risk.openness_on_time":        s.opennessOnTime,
		"risk.comments_on_time":        s.commentsOnTime,
	})
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

// controlsOnTime looks at the controls that a unit was to do in the period; met are those that were done by their day.
func (s *figureServer) controlsOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).ControlsOnTime(ctx, db.ControlsOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Cancelled: riskv1.ControlState_CONTROL_STATE_CANCELLED.String(),
	})
	return figures.Counts(rows, resource.Controls), err
}

// deficienciesOnTime looks at what a unit was to correct in the period; met is what was corrected by its day.
func (s *figureServer) deficienciesOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).DeficienciesOnTime(ctx, db.DeficienciesOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Withdrawn: riskv1.DeficiencyState_DEFICIENCY_STATE_WITHDRAWN.String(),
	})
	return figures.Counts(rows, resource.Deficiencies), err
}

// checksOnTime looks at the checks that a unit was to make in the period; met are those that were made by their day.
func (s *figureServer) checksOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).ChecksOnTime(ctx, db.ChecksOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Cancelled: riskv1.CheckState_CHECK_STATE_CANCELLED.String(),
	})
	return figures.Counts(rows, resource.Checks), err
}

// decisionsOnTime looks at the decisions that a unit was to carry out in the period; met are those that it had by their day.
func (s *figureServer) decisionsOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).DecisionsOnTime(ctx, db.DecisionsOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		InForce: document.EnumNames([]riskv1.DecisionState{
			riskv1.DecisionState_DECISION_STATE_ADOPTED, riskv1.DecisionState_DECISION_STATE_EXECUTED,
			riskv1.DecisionState_DECISION_STATE_CLOSED,
		}),
	})
	return figures.Counts(rows, resource.Decisions), err
}

// decisionsFiledOnTime looks at the decisions that a unit was to file upward in the period; met are those that it had by their
// day.
func (s *figureServer) decisionsFiledOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).DecisionsFiledOnTime(ctx, db.DecisionsFiledOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Superseded: riskv1.DecisionState_DECISION_STATE_SUPERSEDED.String(),
	})
	return figures.Counts(rows, resource.Decisions), err
}

// rotationsOnTime looks at the holders who were to leave their positions in the period; met are those who had by their day.
func (s *figureServer) rotationsOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).RotationsOnTime(ctx, db.RotationsOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Lapsed: riskv1.RotationState_ROTATION_STATE_LAPSED.String(),
	})
	return figures.Counts(rows, resource.Rotations), err
}

// opennessOnTime looks at what a unit was to open in the period; met is what was open by its day.
func (s *figureServer) opennessOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).OpennessOnTime(ctx, db.OpennessOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
		Cancelled: riskv1.OpennessState_OPENNESS_STATE_CANCELLED.String(),
	})
	return figures.Counts(rows, resource.OpennessItems), err
}

// commentsOnTime looks at the comments that a unit was to answer in the period; met are those that it had by their day.
func (s *figureServer) commentsOnTime(ctx context.Context, q figures.Query) ([]figures.Count, error) {
	rows, err := db.New(s.store).CommentsOnTime(ctx, db.CommentsOnTimeParams{
		Units: q.Units, Root: q.Root, FirstDay: q.Period.First(), LastDay: q.Period.Last(), Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Comments), err
}
