// Package riskpoints keeps the risk points (J2), their grades (J3, T3) and their review (J4).
package riskpoints

import (
	"context"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of risk points: JudgeJob reminds those who are to review them, MisgradedJob finds those that are owed another grade, and
// RegradeJob reminds of them.
const (
	JudgeJob     = "risk.remind_point_judges"
	MisgradedJob = "risk.find_misgraded"
	RegradeJob   = "risk.remind_regrades"
)

const findEvery = 10 * time.Minute

// Writes are the calls, as full methods, that write a risk point.
var Writes = []string{
	riskv1.RiskPointService_CreateRiskPoint_FullMethodName, riskv1.RiskPointService_UpdateRiskPoint_FullMethodName,
}

// Server serves RiskPointService.
type Server struct {
	riskv1.UnsafeRiskPointServiceServer

	points    reviews.Register[*riskv1.RiskPoint]
	powers    *collection.Collection[*riskv1.PowerItem]
	positions *collection.Collection[*riskv1.Position]
	controls  Controls
	objected  Objections
	left      func(context.Context, *record.Tx, map[string]LeftRedo) error
	calendar  calendar.Source
	directory access.Directory
	units     networkv1.UnitServiceClient
}

type change = collection.Change[*riskv1.RiskPoint]

// Controls are what hangs on risk points.
type Controls struct {
	// Retired is a rule of the change that retires a risk point.
	Retired collection.Rule[*riskv1.RiskPoint]
	// Given gives what is done about a risk point to the unit that has it since, as far as its owners stand there or above,
	// and counts what went along and what is owed no more.
	Given func(
		ctx context.Context, point *collection.Change[*riskv1.RiskPoint], stands func(context.Context, string) (bool, error),
	) (along, dropped int, err error)
}

// Objections are what was said of risk points that are public.
type Objections struct {
	// Regraded follows when a reviewer has graded one anew.
	Regraded func(context.Context, *record.Tx, *riskv1.RiskPoint) error
	// Ended follows when one has ended.
	Ended func(context.Context, *record.Tx, *riskv1.RiskPoint) error
}

// LeftRedo is how many risk points have left a redo with their power: for another unit, or retired.
type LeftRedo struct{ Transferred, Retired int32 }

// Collection is the risk points, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.RiskPoint] {
	return &collection.Collection[*riskv1.RiskPoint]{Store: env.Store, Table: "risk_points", Life: Lifecycle}
}

// New makes the server. Left follows when risk points have left redos, by the names of these.
func New(
	env service.Env, controls Controls, objected Objections, left func(context.Context, *record.Tx, map[string]LeftRedo) error,
) *Server {
	s := &Server{
		powers: powers.Collection(env), positions: positions.Collection(env), controls: controls, objected: objected, left: left,
		calendar: env.Calendar, directory: env.Directory, units: networkv1.NewUnitServiceClient(env.Dial("network")),
	}
	s.points = reviews.Register[*riskv1.RiskPoint]{
		Collection: Collection(env), Stages: (*riskv1.Scheme).GetPointReview, Title: title,
		Check: s.checkAndGrade, Complete: s.checkComplete, Drops: riskv1.RiskPointService_DiscardRiskPointDraft_FullMethodName,
		Writes: Writes, Approvable: s.checkLowered,
	}
	s.points.Remind(env, JudgeJob)
	kind := s.regrading()
	env.Queue.Add(jobs.Job{Name: MisgradedJob, Every: findEvery, Run: s.findMisgraded}, kind.Job(RegradeJob, env.Calendar))
	env.Followers.Add(followed, tellElsewhere)
	return s
}

// titleLength is how much of a text messages call a record by that has no title.
const titleLength = 30

// title is what messages call a risk point.
func title(point *riskv1.RiskPoint) string { return Beginning(point.GetDescription()) }

// Beginning is how a text begins, for messages about what has no title.
func Beginning(text string) string {
	if runes := []rune(text); len(runes) > titleLength {
		return string(runes[:titleLength]) + "…"
	}
	return text
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterRiskPointServiceServer(r, s) }

// CreateRiskPoint begins a risk point as a draft, graded (J2, J3).
func (s *Server) CreateRiskPoint(ctx context.Context, req *riskv1.CreateRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Create(ctx, req, req.GetRiskPoint(), s.points.Written, s.points.Added)
}

// GetRiskPoint reads one risk point as it is written.
func (s *Server) GetRiskPoint(ctx context.Context, req *riskv1.GetRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Get(ctx, req.GetName())
}

// ListRiskPointVersions lists the versions of a risk point that were ever in force, with their grades (T3).
func (s *Server) ListRiskPointVersions(
	ctx context.Context, req *riskv1.ListRiskPointVersionsRequest,
) (*riskv1.ListRiskPointVersionsResponse, error) {
	list, next, err := s.points.History(ctx, req)
	return &riskv1.ListRiskPointVersionsResponse{RiskPoints: list, NextPageToken: next}, err
}

// CountRiskPoints counts by unit, grade and state, and by the problems for which they were sent back (J4).
func (s *Server) CountRiskPoints(ctx context.Context, _ *riskv1.CountRiskPointsRequest) (*riskv1.CountRiskPointsResponse, error) {
	queries, subtree := db.New(s.points.Store), access.Path(access.Target(ctx))
	rows, err := queries.CountRiskPoints(ctx, subtree)
	if err != nil {
		return nil, err
	}
	answer := &riskv1.CountRiskPointsResponse{}
	for _, r := range rows {
		answer.Counts = append(answer.Counts, &riskv1.RiskPointCount{
			Unit: resource.Name(resource.Units, r.UnitID), Grade: r.Grade, GradeInForce: r.GradeInForce,
			State: riskv1.RegisterState(riskv1.RegisterState_value[r.State]), Count: r.Points, ReturnCount: r.Returns,
		})
	}
	problems, err := queries.CountProblems(ctx, subtree)
	for _, r := range problems {
		answer.Problems = append(answer.Problems, &riskv1.ProblemCount{
			Unit: resource.Name(resource.Units, r.UnitID), Problem: r.Problem, Count: r.Points,
		})
	}
	return answer, err
}

// Owners are the risk points as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(*s.points.Collection)
}
