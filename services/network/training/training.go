// Package training keeps the training of officers: plans, sessions, who attended, how much of the yearly round is done, and
// the handbooks (C5).
package training

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
)

// Server serves TrainingService and HandbookService.
type Server struct {
	networkv1.UnsafeTrainingServiceServer
	networkv1.UnsafeHandbookServiceServer

	store     *record.Store
	directory access.Directory
	plans     collection.Collection[*networkv1.TrainingPlan]
	sessions  collection.Collection[*networkv1.TrainingSession]
	invited   collection.Collection[*networkv1.TrainingSession] // the same, for the units of those who are invited as well
	handbooks collection.Collection[*networkv1.Handbook]
	officers  collection.Collection[*networkv1.Officer]
}

// New makes the server.
func New(env service.Env) *Server {
	s := &Server{
		store: env.Store, directory: env.Directory, officers: officers.Collection(env.Store),
		plans: collection.Collection[*networkv1.TrainingPlan]{
			Store: env.Store, Table: "training_plans", Acting: acting, Newest: true,
		},
		sessions: collection.Collection[*networkv1.TrainingSession]{
			Store: env.Store, Table: "training_sessions", Life: Lifecycle, Acting: acting, Latest: "first_day",
		},
		handbooks: collection.Collection[*networkv1.Handbook]{
			Store: env.Store, Table: "handbooks", Newest: true, Beside: []string{edition},
		},
	}
	s.handbooks.Reach = s.holdsFor
	s.invited = s.sessions
	s.invited.Reach = s.reachesOrInvited
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterTrainingServiceServer(r, s)
	networkv1.RegisterHandbookServiceServer(r, s)
}

// CreateTrainingPlan stores a plan.
func (s *Server) CreateTrainingPlan(
	ctx context.Context, req *networkv1.CreateTrainingPlanRequest,
) (*networkv1.TrainingPlan, error) {
	return s.plans.Create(ctx, req, req.GetPlan(), collection.Own)
}

// UpdateTrainingPlan changes a plan of the caller's unit, or of one it is the successor of.
func (s *Server) UpdateTrainingPlan(
	ctx context.Context, req *networkv1.UpdateTrainingPlanRequest,
) (*networkv1.TrainingPlan, error) {
	return s.plans.Update(ctx, req, "training_plan", req.GetTrainingPlan(),
		func(ctx context.Context, c *collection.Change[*networkv1.TrainingPlan]) error {
			return access.RequireOwn(ctx, c.ActingUnit())
		})
}

// ListTrainingPlans lists the plans of a subtree.
func (s *Server) ListTrainingPlans(
	ctx context.Context, req *networkv1.ListTrainingPlansRequest,
) (*networkv1.ListTrainingPlansResponse, error) {
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	list, next, err := s.plans.List(ctx, req, collection.Within(subtrees), collection.WhereSet("year = ?", req.GetYear()))
	return &networkv1.ListTrainingPlansResponse{Plans: list, NextPageToken: next}, err
}
