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

// maxPoints is how many contact points a unit may have; the proto promises it. Each of them gets every message.
const maxPoints = 20

// CreateContactPoint adds a contact point and tells the secret of a webhook, this once.
func (s *Server) CreateContactPoint(
	ctx context.Context, req *networkv1.CreateContactPointRequest,
) (*networkv1.CreateContactPointResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CreateContactPointResponse, error) {
		unit, asked := access.Target(ctx), req.GetContactPoint()
		if err := access.Private(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		if err := s.check(asked); err != nil {
			return nil, err
		}
		if err := room(ctx, tx, unit.GetName()); err != nil {
			return nil, err
		}
		point, key := clean(asked), resource.NewKey()
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
		answer := &networkv1.CreateContactPointResponse{ContactPoint: point}
		if point.GetWebhook() != "" {
			if answer.Secret, err = s.courier.Secret(point.GetName()); err != nil {
				return nil, err
			}
		}
		return answer, tx.Record(ctx, record.Entry{Resource: point.GetName(), UnitPath: access.Path(unit)})
	})
}

// room checks that a unit may have one contact point more.
func room(ctx context.Context, tx *record.Tx, unit string) error {
	if err := tx.Alone(ctx, "qingfeng contact points "+unit); err != nil {
		return err
	}
	has, err := db.New(tx).CountContactPoints(ctx, resource.ID(unit))
	if err == nil && has >= maxPoints {
		return fault.Precondition("TOO_MANY_CONTACT_POINTS", "unit", unit, "limit", strconv.Itoa(maxPoints))
	}
	return err
}

// UpdateContactPoint changes what may change of a contact point.
func (s *Server) UpdateContactPoint(
	ctx context.Context, req *networkv1.UpdateContactPointRequest,
) (*networkv1.ContactPoint, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ContactPoint, error) {
		row, err := lock(ctx, tx, req.GetContactPoint())
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
			return nil, fault.Precondition("OTHER_CHANNEL").At("contact_point")
		}
		body, err := document.Revise(point, row.Revision)
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
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.DeleteContactPointResponse, error) {
		row, err := lock(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).DeleteContactPoint(ctx, db.DeleteContactPointParams{Region: row.Region, ContactKey: row.ContactKey}); err != nil {
			return nil, err
		}
		return &networkv1.DeleteContactPointResponse{}, tx.Record(ctx, record.Entry{Resource: req.GetName(), UnitPath: row.UnitPath})
	})
}

// named says which contact point is meant, and as of which reading.
type named interface {
	GetName() string
	GetEtag() string
}

// lock reads a contact point to change it: within reach, the caller's own, and as last read.
func lock(ctx context.Context, tx *record.Tx, req named) (db.ContactPoint, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return db.ContactPoint{}, err
	}
	row, err := db.New(tx).LockContactPoint(ctx, db.LockContactPointParams{Region: region, ContactKey: key})
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return row, err
	}
	if err := access.Private(ctx, resource.Name(resource.Units, row.UnitID)); err != nil {
		return row, err
	}
	return row, document.Match(req.GetEtag(), row.Revision, req.GetName())
}

// known is a kind of message, as schemes.Known wants it.
type known string

// GetId is the kind itself.
func (k known) GetId() string { return string(k) }

// check checks what the proto's rules can't say.
func (s *Server) check(point *networkv1.ContactPoint) error {
	var faults fault.Fields
	keys := words.Under("inbox.")
	all := make([]known, len(keys))
	for i, key := range keys {
		all[i] = known(key)
	}
	seen := map[string]bool{}
	for i, kind := range point.GetKinds() {
		field := fmt.Sprintf("contact_point.kinds[%d]", i)
		schemes.Known(&faults, field, kind, all)
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
	if point.GetWebhook() == "" && !s.courier.Mails() {
		return fault.Precondition("NO_MAIL_SERVER").At("contact_point.email")
	}
	return nil
}

// clean is a copy without what only the server sets.
func clean(asked *networkv1.ContactPoint) *networkv1.ContactPoint {
	point, ok := proto.Clone(asked).(*networkv1.ContactPoint)
	if !ok {
		return asked // unreachable: a clone has the type of its original
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
