package delivery

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/words"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// maxContactPoints is how many contact points a unit may have; the proto promises it. Each of them gets every message.
const maxContactPoints = 20

// CreateContactPoint adds a contact point and tells the secret of a webhook, this once.
func (s *Server) CreateContactPoint(
	ctx context.Context, req *networkv1.CreateContactPointRequest,
) (*networkv1.CreateContactPointResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CreateContactPointResponse, error) {
		unit, requested := access.Target(ctx), req.GetContactPoint()
		if err := access.RequireOwnOrAdmin(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		if err := s.check(requested); err != nil {
			return nil, err
		}
		if err := checkPointCount(ctx, tx, unit.GetName()); err != nil {
			return nil, err
		}
		point, key := withoutServerFields(requested), resource.NewKey()
		point.Name, point.Etag = resource.Sharded(resource.Contacts, unit.GetRegion(), key), document.Etag(1)
		body, err := document.Encode(point)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddContactPoint(ctx, db.AddContactPointParams{
			Region: unit.GetRegion(), ContactKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
			ByMail: point.GetWebhook() == "", Active: point.GetActive(), Kinds: kinds(point), Body: body,
		}); err != nil {
			return nil, err
		}
		resp := &networkv1.CreateContactPointResponse{ContactPoint: point}
		if point.GetWebhook() != "" {
			if resp.Secret, err = s.courier.Secret(point.GetName()); err != nil {
				return nil, err
			}
		}
		return resp, tx.Record(ctx, record.Entry{Resource: point.GetName(), UnitPath: access.Path(unit)})
	})
}

// checkPointCount checks that a unit may have one contact point more.
func checkPointCount(ctx context.Context, tx *record.Tx, unit string) error {
	if err := tx.Lock(ctx, "qingfeng contact points "+unit); err != nil {
		return err
	}
	has, err := db.New(tx).CountContactPoints(ctx, resource.ID(unit))
	if err == nil && has >= maxContactPoints {
		return fault.Precondition("TOO_MANY_CONTACT_POINTS", "unit", unit, "limit", strconv.Itoa(maxContactPoints))
	}
	return err
}

// UpdateContactPoint changes what may change of a contact point.
func (s *Server) UpdateContactPoint(
	ctx context.Context, req *networkv1.UpdateContactPointRequest,
) (*networkv1.ContactPoint, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ContactPoint, error) {
		row, err := lockContactPoint(ctx, tx, req.GetContactPoint())
		if err != nil {
			return nil, err
		}
		point, err := pointOf(row)
		if err != nil {
			return nil, err
		}
		webhook := point.GetWebhook() != ""
		var faults fault.Fields
		document.ApplyMask(&faults, "contact_point", point, req.GetContactPoint(), req.GetUpdateMask())
		if err := faults.Err(); err != nil {
			return nil, err
		}
		if err := s.check(point); err != nil {
			return nil, err
		}
		if webhook != (point.GetWebhook() != "") {
			return nil, fault.Precondition("OTHER_CHANNEL").OnField("contact_point")
		}
		body, err := document.EncodeRevision(point, row.Revision)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).SaveContactPoint(ctx, db.SaveContactPointParams{
			Region: row.Region, ContactKey: row.ContactKey, Active: point.GetActive(), Kinds: kinds(point), Body: body,
		}); err != nil {
			return nil, err
		}
		return point,
			tx.Record(ctx, record.Entry{Resource: point.GetName(), UnitPath: row.UnitPath})
	})
}

// DeleteContactPoint forgets a contact point: an address is personal, and nobody need keep it.
func (s *Server) DeleteContactPoint(
	ctx context.Context, req *networkv1.DeleteContactPointRequest,
) (*networkv1.DeleteContactPointResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.DeleteContactPointResponse, error) {
		row, err := lockContactPoint(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).DeleteContactPoint(ctx, db.DeleteContactPointParams{Region: row.Region, ContactKey: row.ContactKey}); err != nil {
			return nil, err
		}
		return &networkv1.DeleteContactPointResponse{}, tx.Record(ctx, record.Entry{Resource: req.GetName(), UnitPath: row.UnitPath})
	})
}

// contactPointRequest says which contact point is meant, and as of which reading.
type contactPointRequest interface {
	GetName() string
	GetEtag() string
}

// lockContactPoint reads a contact point to change it: within reach, the caller's own, and as last read.
func lockContactPoint(ctx context.Context, tx *record.Tx, req contactPointRequest) (db.ContactPoint, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return db.ContactPoint{}, err
	}
	row, err := db.New(tx).LockContactPoint(ctx, db.LockContactPointParams{Region: region, ContactKey: key})
	if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return row, err
	}
	if err := access.RequireOwnOrAdmin(ctx, resource.Name(resource.Units, row.UnitID)); err != nil {
		return row, err
	}
	return row, document.CheckEtag(req.GetEtag(), row.Revision, req.GetName())
}

// messageKind is a kind of message, as schemes.CheckKnown wants it.
type messageKind string

// GetId is the kind itself.
func (k messageKind) GetId() string { return string(k) }

// check checks what the proto's rules can't say.
func (s *Server) check(point *networkv1.ContactPoint) error {
	var faults fault.Fields
	keys := words.Keys("inbox.")
	all := make([]messageKind, len(keys))
	for i, key := range keys {
		all[i] = messageKind(key)
	}
	seen := map[string]bool{}
	for i, kind := range point.GetKinds() {
		field := fmt.Sprintf("contact_point.kinds[%d]", i)
		schemes.CheckKnown(&faults, field, kind, all)
		if seen[kind] {
			faults.Add(field, "duplicate", "id", kind)
		}
		seen[kind] = true
	}
	if point.GetWebhook() != "" && s.courier.CheckURL(point.GetWebhook()) != nil {
		faults.Add("contact_point.webhook", "webhook_url")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if point.GetWebhook() == "" && !s.courier.HasMailServer() {
		return fault.Precondition("NO_MAIL_SERVER").OnField("contact_point.email")
	}
	return nil
}

// withoutServerFields is a copy without what only the server sets.
func withoutServerFields(requested *networkv1.ContactPoint) *networkv1.ContactPoint {
	point, ok := proto.Clone(requested).(*networkv1.ContactPoint)
	if !ok {
		return requested // unreachable: a clone has the type of its original
	}
	point.Name, point.Etag = "", ""
	return point
}

// kinds are those of a contact point as the column holds them: an empty list, never NULL.
func kinds(point *networkv1.ContactPoint) []string { return append([]string{}, point.GetKinds()...) }

func pointOf(row db.ContactPoint) (*networkv1.ContactPoint, error) {
	point, err := document.Read[*networkv1.ContactPoint](row.Body, row.Revision)
	point.Name = resource.Sharded(resource.Contacts, row.Region, row.ContactKey)
	return point, err
}
