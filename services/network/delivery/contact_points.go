// Package delivery carries the messages of units' inboxes to the contact points that the units name: by e-mail and to
// webhooks (H5, H6).
package delivery

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// maxContactPoints is how many contact points a unit may have; the proto promises it. Each of them gets every message.
const maxContactPoints = 20

// Server serves ContactPointService.
type Server struct {
	networkv1.UnsafeContactPointServiceServer

	points   collection.Collection[*networkv1.ContactPoint]
	store    *record.Store
	courier  *courier.Courier
	counters counters
}

type change = collection.Change[*networkv1.ContactPoint]

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{
		points: collection.Collection[*networkv1.ContactPoint]{Store: env.Store, Table: "contact_points", Reach: reachesOwn},
		store:  env.Store, courier: env.Courier, counters: newCounters(env.Metrics),
	}
	env.Queue.Add(jobs.Job{Name: DeliverJob, Every: deliverEvery, Run: s.Deliver})
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterContactPointServiceServer(r, s) }

// reachesOwn leaves a contact point to its unit and to administrators above: an address is personal.
func reachesOwn(ctx context.Context, c *change) error {
	if err := access.Require(ctx, c.UnitPath, c.Record.GetName()); err != nil {
		return err
	}
	return access.RequireOwnOrAdmin(ctx, c.Record.GetUnit())
}

// CreateContactPoint adds a contact point and tells the secret of a webhook, this once.
func (s *Server) CreateContactPoint(
	ctx context.Context, req *networkv1.CreateContactPointRequest,
) (*networkv1.CreateContactPointResponse, error) {
	return record.Change(ctx, s.store, req, func(
		ctx context.Context, tx *record.Tx,
	) (resp *networkv1.CreateContactPointResponse, err error) {
		resp = &networkv1.CreateContactPointResponse{}
		resp.ContactPoint, err = s.points.CreateIn(ctx, tx, access.Target(ctx), req.GetContactPoint(), reachesOwn, s.check,
			checkCount)
		if err == nil && resp.GetContactPoint().GetWebhook() != "" {
			resp.Secret, err = s.courier.Secret(resp.GetContactPoint().GetName())
		}
		return resp, err
	})
}

// checkCount checks that a unit may have one contact point more.
func checkCount(ctx context.Context, c *change) error {
	unit := c.Record.GetUnit()
	if err := c.Lock(ctx, "qingfeng contact points "+unit); err != nil {
		return err
	}
	has, err := db.New(c).CountContactPoints(ctx, resource.ID(unit))
	if err == nil && has >= maxContactPoints {
		return fault.Precondition(words.TooManyContactPoints(words.Untitled(unit), strconv.Itoa(maxContactPoints)))
	}
	return err
}

// GetContactPoint reads one contact point.
func (s *Server) GetContactPoint(ctx context.Context, req *networkv1.GetContactPointRequest) (*networkv1.ContactPoint, error) {
	return s.points.Get(ctx, req.GetName())
}

// ListContactPoints lists the contact points of one unit.
func (s *Server) ListContactPoints(
	ctx context.Context, req *networkv1.ListContactPointsRequest,
) (*networkv1.ListContactPointsResponse, error) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	list, next, err := s.points.List(ctx, req, collection.Where("unit_id = ?", resource.ID(req.GetUnit())))
	return &networkv1.ListContactPointsResponse{ContactPoints: list, NextPageToken: next}, err
}

// UpdateContactPoint changes what may change of a contact point.
func (s *Server) UpdateContactPoint(
	ctx context.Context, req *networkv1.UpdateContactPointRequest,
) (*networkv1.ContactPoint, error) {
	return s.points.Update(ctx, req, "contact_point", req.GetContactPoint(), s.check, sameChannel, goesOn)
}

// sameChannel keeps a webhook from becoming an e-mail address: nobody would be told its secret.
func sameChannel(_ context.Context, c *change) error {
	if (c.Before.GetWebhook() == "") != (c.Record.GetWebhook() == "") {
		return fault.Precondition(words.OtherChannel()).OnField("contact_point")
	}
	return nil
}

// goesOn has a contact point that was gone take messages again, where it is paused no more.
func goesOn(_ context.Context, c *change) error {
	if !c.Record.GetPaused() {
		c.Record.GoneTime = nil
	}
	return nil
}

// DeleteContactPoint deletes a contact point: an address is personal, and nobody need keep it.
func (s *Server) DeleteContactPoint(
	ctx context.Context, req *networkv1.DeleteContactPointRequest,
) (*networkv1.DeleteContactPointResponse, error) {
	return record.Change(ctx, s.store, req,
		func(ctx context.Context, tx *record.Tx) (*networkv1.DeleteContactPointResponse, error) {
			return &networkv1.DeleteContactPointResponse{}, s.points.DeleteIn(ctx, tx, req,
				func(ctx context.Context, c *change) error {
					return db.New(c).DeleteDeliveries(ctx, c.Key)
				})
		})
}

// check checks what the proto's rules can't say.
func (s *Server) check(_ context.Context, c *change) error {
	var faults fault.Fields
	seen := map[string]bool{}
	for i, kind := range c.Record.GetKinds() {
		field := fmt.Sprintf("contact_point.kinds[%d]", i)
		inbox.CheckKind(&faults, field, kind)
		if seen[kind] {
			faults.Add(field, words.Duplicate(kind))
		}
		seen[kind] = true
	}
	_, isWebhook := c.Record.GetAddress().(*networkv1.ContactPoint_Webhook)
	if isWebhook && s.courier.CheckURL(c.Record.GetWebhook()) != nil {
		faults.Add("contact_point.webhook", words.WebhookURL())
	}
	if !isWebhook && courier.CheckEmail(c.Record.GetEmail()) != nil {
		faults.Add("contact_point.email", words.StringEmail())
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if !isWebhook && !s.courier.HasMailServer() {
		return fault.Precondition(words.NoMailServer()).OnField("contact_point.email")
	}
	return nil
}

// contactKey is the key of the contact point that a list is asked for; empty where it is asked for none.
func (s *Server) contactKey(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	found, err := s.points.Look(ctx, name)
	if err != nil {
		return "", err
	}
	return found.Key, nil
}

type cursor struct{ Message, Contact string }

// ListDeliveries lists what was to be delivered for one unit, the newest message first.
func (s *Server) ListDeliveries(ctx context.Context, req *networkv1.ListDeliveriesRequest) (
	*networkv1.ListDeliveriesResponse, error,
) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	contact, err := s.contactKey(ctx, req.GetContactPoint())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{Message: page.MaxKey})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListDeliveries(ctx, db.ListDeliveriesParams{
		UnitID: resource.ID(req.GetUnit()), BeforeMessage: p.Cursor.Message, BeforeContact: p.Cursor.Contact,
		States: document.EnumNames(req.GetStates()), Contact: contact, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.Delivery) cursor { return cursor{r.MessageKey, r.ContactKey} },
		func(r db.Delivery) (*networkv1.Delivery, error) { return deliveryOf(r), nil })
	return &networkv1.ListDeliveriesResponse{Deliveries: list, NextPageToken: next}, err
}
