// Package training keeps the training of officers: plans, sessions, who attended, how much of the yearly round is done, and
// the handbooks (C5).
package training

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves TrainingService and HandbookService.
type Server struct {
	networkv1.UnsafeTrainingServiceServer
	networkv1.UnsafeHandbookServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{store: env.Store, directory: env.Directory} }

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterTrainingServiceServer(r, s)
	networkv1.RegisterHandbookServiceServer(r, s)
}

// CreateTrainingPlan stores a plan.
func (s *Server) CreateTrainingPlan(
	ctx context.Context, req *networkv1.CreateTrainingPlanRequest,
) (*networkv1.TrainingPlan, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.TrainingPlan, error) {
		unit, requested, key := access.Target(ctx), req.GetPlan(), resource.NewKey()
		if err := access.RequireOwn(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		plan := &networkv1.TrainingPlan{
			Name:         resource.Sharded(resource.TrainingPlans, unit.GetRegion(), key),
			Unit:         unit.GetName(),
			Year:         requested.GetYear(),
			Title:        requested.GetTitle(),
			OfficerTypes: requested.GetOfficerTypes(),
			UnitLevels:   requested.GetUnitLevels(),
			Outline:      requested.GetOutline(),
		}
		body, err := document.Encode(plan)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddTrainingPlan(ctx, db.AddTrainingPlanParams{
			Region: unit.GetRegion(), PlanKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
			Year: int16(plan.GetYear()), Body: body,
		}); err != nil {
			return nil, err
		}
		return plan,
			tx.Record(ctx, record.Entry{Resource: plan.GetName(), UnitPath: access.Path(unit)})
	})
}

// ListTrainingPlans lists the plans of a subtree.
func (s *Server) ListTrainingPlans(
	ctx context.Context, req *networkv1.ListTrainingPlansRequest,
) (*networkv1.ListTrainingPlansResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListTrainingPlans(ctx, db.ListTrainingPlansParams{
		Subtree: access.Path(access.Target(ctx)), Year: int16(req.GetYear()),
		BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListTrainingPlansRow) string { return r.PlanKey },
		func(r db.ListTrainingPlansRow) (*networkv1.TrainingPlan, error) {
			return document.Decode[*networkv1.TrainingPlan](r.Body)
		})
	return &networkv1.ListTrainingPlansResponse{Plans: list, NextPageToken: next}, err
}
