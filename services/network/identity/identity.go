// Package identity tells callers who they are to the instance.
package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves IdentityService.
type Server struct {
	networkv1.UnsafeIdentityServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server. It tells what is, not what was a moment ago.
func New(env service.Env) *Server {
	return &Server{store: env.Store, directory: access.Uncached(env.Directory)}
}

// Register adds the RPC to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterIdentityServiceServer(r, s) }

// WhoAmI tells what the caller's token says and what it counts for.
func (s *Server) WhoAmI(ctx context.Context, _ *networkv1.WhoAmIRequest) (*networkv1.WhoAmIResponse, error) {
	caller := access.PrincipalOf(ctx)
	resp := &networkv1.WhoAmIResponse{
		Subject: caller.Subject, Officer: caller.Officer, ExpireTime: timestamppb.New(access.ExpiresAt(ctx)),
	}
	root, err := db.New(s.store).GetRoot(ctx)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	resp.Root = resource.Name(resource.Units, root)
	unit, err := s.directory.Unit(ctx, caller.Unit)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	resp.Unit, resp.UnitTitle = unit.GetName(), unit.GetTitle()
	if unit == nil {
		ended, err := s.directory.Ended(ctx, caller.Unit)
		if err != nil && !fault.IsNotFound(err) {
			return nil, err
		}
		resp.EndedUnit, resp.EndedOn, resp.Successor = ended.GetName(), ended.GetEndedOn(), ended.GetSuccessor()
	}
	scheme, err := s.directory.Scheme(ctx, caller.Unit)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	for _, id := range caller.Roles {
		role, ok := schemes.Find(scheme.GetRoles(), id)
		switch {
		case ok:
			resp.Roles = append(resp.Roles, role)
		case id == access.Administrator:
			resp.Roles = append(resp.Roles, &networkv1.Role{Id: id, Permissions: []string{"*"}})
		default:
			resp.UnknownRoles = append(resp.UnknownRoles, id)
		}
	}
	resp.Permissions = access.Granted(resp.GetRoles())
	return resp, nil
}
