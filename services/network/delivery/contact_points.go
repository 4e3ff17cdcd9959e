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

	book    *record.Book
	courier *courier.Courier
	counted counters
}

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{book: env.Book, courier: env.Courier, counted: newCounters(env.Metrics)}
	env.Queue.Add(jobs.Job{Name: Job, Every: every, Run: s.Deliver})
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
	row, err := db.New(s.book).GetContactPoint(ctx, db.GetContactPointParams{Region: region, ContactKey: key})
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	if err := access.Private(ctx, resource.Name(resource.Units, row.UnitID)); err != nil {
		return nil, err
	}
	point, err := pointOf(row)
	return point, err
}

// ListContactPoints lists the contact points of one unit.
func (s *Server) ListContactPoints(
	ctx context.Context, req *networkv1.ListContactPointsRequest,
) (*networkv1.ListContactPointsResponse, error) {
	if err := access.Private(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	p, err := page.Open(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListContactPoints(ctx, db.ListContactPointsParams{
		UnitID: resource.ID(req.GetUnit()), AfterKey: p.After, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.ContactPoint) string { return r.ContactKey }, pointOf)
	return &networkv1.ListContactPointsResponse{ContactPoints: list, NextPageToken: next}, err
}

type deliveryKey struct{ Message, Contact string }

// ListDeliveries lists what was to be delivered for one unit, the newest message first.
func (s *Server) ListDeliveries(ctx context.Context, req *networkv1.ListDeliveriesRequest) (*networkv1.ListDeliveriesResponse, error) {
	if err := access.Private(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	p, err := page.Open(req, deliveryKey{Message: page.Last})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListDeliveries(ctx, db.ListDeliveriesParams{
		UnitID: resource.ID(req.GetUnit()), BeforeMessage: p.After.Message, BeforeContact: p.After.Contact,
		States: document.Codes(req.GetStates()), PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.Delivery) deliveryKey { return deliveryKey{r.MessageKey, r.ContactKey} },
		func(r db.Delivery) (*networkv1.Delivery, error) { return deliveryOf(r), nil })
	return &networkv1.ListDeliveriesResponse{Deliveries: list, NextPageToken: next}, err
}
