// Package delivery carries the messages of units' inboxes to the contact points that the units name: by e-mail and to
// webhooks (H5, H6).
package delivery

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves ContactPointService.
type Server struct {
	networkv1.UnsafeContactPointServiceServer

	store    *record.Store
	courier  *courier.Courier
	counters counters
}

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{store: env.Store, courier: env.Courier, counters: newCounters(env.Metrics)}
	env.Queue.Add(jobs.Job{Name: DeliverJob, Every: deliverEvery, Run: s.Deliver})
	return s
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterContactPointServiceServer(r, s) }

// GetContactPoint reads one contact point.
func (s *Server) GetContactPoint(ctx context.Context, req *networkv1.GetContactPointRequest) (*networkv1.ContactPoint, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.store).GetContactPoint(ctx, db.GetContactPointParams{Region: region, ContactKey: key})
	if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	if err := access.RequireOwnOrAdmin(ctx, resource.Name(resource.Units, row.UnitID)); err != nil {
		return nil, err
	}
	point, err := pointOf(row)
	return point, err
}

// ListContactPoints lists the contact points of one unit.
func (s *Server) ListContactPoints(
	ctx context.Context, req *networkv1.ListContactPointsRequest,
) (*networkv1.ListContactPointsResponse, error) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListContactPoints(ctx, db.ListContactPointsParams{
		UnitID: resource.ID(req.GetUnit()), AfterKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ContactPoint) string { return r.ContactKey }, pointOf)
	return &networkv1.ListContactPointsResponse{ContactPoints: list, NextPageToken: next}, err
}

type cursor struct{ Message, Contact string }

// ListDeliveries lists what was to be delivered for one unit, the newest message first.
func (s *Server) ListDeliveries(ctx context.Context, req *networkv1.ListDeliveriesRequest) (*networkv1.ListDeliveriesResponse, error) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{Message: page.MaxKey})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListDeliveries(ctx, db.ListDeliveriesParams{
		UnitID: resource.ID(req.GetUnit()), BeforeMessage: p.Cursor.Message, BeforeContact: p.Cursor.Contact,
		States: document.EnumCodes(req.GetStates()), PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.Delivery) cursor { return cursor{r.MessageKey, r.ContactKey} },
		func(r db.Delivery) (*networkv1.Delivery, error) { return deliveryOf(r), nil })
	return &networkv1.ListDeliveriesResponse{Deliveries: list, NextPageToken: next}, err
}
