// Package positions keeps the positions of units and who holds them (J1, T5, T10).
package positions

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves PositionService.
type Server struct {
	riskv1.UnsafePositionServiceServer

	positions collection.Collection[*riskv1.Position]
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{positions: collection.Collection[*riskv1.Position]{Store: env.Store, Table: "positions"}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPositionServiceServer(r, s) }

// CreatePosition registers a position.
func (s *Server) CreatePosition(ctx context.Context, req *riskv1.CreatePositionRequest) (*riskv1.Position, error) {
	return s.positions.Create(ctx, req, req.GetPosition(), checkHolders)
}

// GetPosition reads one position.
func (s *Server) GetPosition(ctx context.Context, req *riskv1.GetPositionRequest) (*riskv1.Position, error) {
	return s.positions.Get(ctx, req.GetName())
}

// ListPositions lists the positions of a subtree.
func (s *Server) ListPositions(ctx context.Context, req *riskv1.ListPositionsRequest) (*riskv1.ListPositionsResponse, error) {
	list, next, err := s.positions.List(ctx, req)
	return &riskv1.ListPositionsResponse{Positions: list, NextPageToken: next}, err
}

// UpdatePosition changes a position, such as its holders.
func (s *Server) UpdatePosition(ctx context.Context, req *riskv1.UpdatePositionRequest) (*riskv1.Position, error) {
	return s.positions.Update(ctx, req, "position", req.GetPosition(), checkHolders)
}

// checkHolders wants days that are some, and nobody to leave before they came.
func checkHolders(_ context.Context, c *collection.Change[*riskv1.Position]) error {
	var faults fault.Fields
	for i, holder := range c.Record.GetHolders() {
		field := fmt.Sprintf("position.holders[%d].", i)
		from, ok := faults.ParseDay(field+"from", holder.GetFrom())
		if holder.GetUntil() == "" || !ok {
			continue
		}
		if until, ok := faults.ParseDay(field+"until", holder.GetUntil()); ok && from.After(until) {
			faults.Add(field+"until", words.AfterTerm())
		}
	}
	return faults.Err()
}
