// Package powers keeps the inventory of public powers with their workflows (J1).
package powers

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves PowerItemService.
type Server struct {
	riskv1.UnsafePowerItemServiceServer

	powers *collection.Collection[*riskv1.PowerItem]
}

// Collection is the power items, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.PowerItem] {
	return &collection.Collection[*riskv1.PowerItem]{Store: env.Store, Table: "power_items"}
}

// New makes the server.
func New(env service.Env) *Server { return &Server{powers: Collection(env)} }

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPowerItemServiceServer(r, s) }

// CreatePowerItem registers a power with its workflow (J1).
func (s *Server) CreatePowerItem(ctx context.Context, req *riskv1.CreatePowerItemRequest) (*riskv1.PowerItem, error) {
	if err := checkWorkflow(req.GetPowerItem().GetSteps()); err != nil {
		return nil, err
	}
	return s.powers.Create(ctx, req, req.GetPowerItem())
}

// GetPowerItem reads one power item.
func (s *Server) GetPowerItem(ctx context.Context, req *riskv1.GetPowerItemRequest) (*riskv1.PowerItem, error) {
	return s.powers.Get(ctx, req.GetName())
}

// ListPowerItems lists the power items of a subtree.
func (s *Server) ListPowerItems(ctx context.Context, req *riskv1.ListPowerItemsRequest) (*riskv1.ListPowerItemsResponse, error) {
	list, next, err := s.powers.List(ctx, req)
	return &riskv1.ListPowerItemsResponse{PowerItems: list, NextPageToken: next}, err
}

// checkWorkflow wants every step to have its own id and to lead only to steps of the same workflow.
func checkWorkflow(steps []*riskv1.Step) error {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "power_item.steps", steps)
	for i, step := range steps {
		for j, next := range step.GetNext() {
			if _, ok := schemes.Find(steps, next); !ok {
				faults.Add(fmt.Sprintf("power_item.steps[%d].next[%d]", i, j), words.UnknownStep(next))
			}
		}
	}
	return faults.Err()
}
