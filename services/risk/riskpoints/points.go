// Package riskpoints keeps the risk points (J2), their grades (J3) and their review (J4).
package riskpoints

import (
	"context"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Server serves RiskPointService.
type Server struct {
	riskv1.UnsafeRiskPointServiceServer

	points collection.Collection[*riskv1.RiskPoint]
	powers *collection.Collection[*riskv1.PowerItem]
}

type change = collection.Change[*riskv1.RiskPoint]

// New makes the server.
func New(env service.Env) *Server {
	return &Server{
		points: collection.Collection[*riskv1.RiskPoint]{
			Store: env.Store, Table: "risk_points", Life: Lifecycle,
		},
		powers: powers.Collection(env),
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterRiskPointServiceServer(r, s) }

// CreateRiskPoint registers a risk point as a draft, graded (J2, J3).
func (s *Server) CreateRiskPoint(ctx context.Context, req *riskv1.CreateRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Create(ctx, req, req.GetRiskPoint(), s.checkAndGrade)
}

// GetRiskPoint reads one risk point.
func (s *Server) GetRiskPoint(ctx context.Context, req *riskv1.GetRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Get(ctx, req.GetName())
}

// ListRiskPoints lists the risk points of a subtree.
func (s *Server) ListRiskPoints(ctx context.Context, req *riskv1.ListRiskPointsRequest) (*riskv1.ListRiskPointsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.points.Store, &faults, "grades", "grades", req.GetGrades()...); err != nil {
		return nil, err
	}
	if err := schemes.CheckFilter(ctx, s.points.Store, &faults, "categories", "categories", req.GetCategories()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	list, next, err := s.points.List(ctx, req,
		collection.In("grade", req.GetGrades()), collection.In("category", req.GetCategories()),
		collection.InEnum("state", req.GetStates()))
	return &riskv1.ListRiskPointsResponse{RiskPoints: list, NextPageToken: next}, err
}

// CountRiskPoints counts by unit, grade and state (J4).
func (s *Server) CountRiskPoints(ctx context.Context, _ *riskv1.CountRiskPointsRequest) (*riskv1.CountRiskPointsResponse, error) {
	rows, err := db.New(s.points.Store).CountRiskPoints(ctx, access.Path(access.Target(ctx)))
	counts := make([]*riskv1.RiskPointCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.RiskPointCount{
			Unit: resource.Name(resource.Units, r.UnitID), Grade: r.Grade,
			State: riskv1.RiskPointState(riskv1.RiskPointState_value[r.State]), Count: r.Points, Returns: r.Returns,
		}
	}
	return &riskv1.CountRiskPointsResponse{Counts: counts}, err
}

// Owners are the risk points as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return attachments.OwnedBy(s.points, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &riskv1.Scheme{}
		err := schemes.Effective(ctx, c, c.Units(), c.Today(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}
