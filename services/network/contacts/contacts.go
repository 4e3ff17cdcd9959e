// Package contacts keeps the contacts that units have with their officers: meetings, contact cards, visits, bulletins (C6).
package contacts

import (
	"context"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerContactService.
type Server struct {
	networkv1.UnsafeOfficerContactServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{store: env.Store, directory: env.Directory} }

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterOfficerContactServiceServer(r, s)
}

// RecordOfficerContact notes one contact with any number of officers.
func (s *Server) RecordOfficerContact(
	ctx context.Context, req *networkv1.RecordOfficerContactRequest,
) (*networkv1.OfficerContact, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.OfficerContact, error) {
		unit, requested := access.Target(ctx), req.GetContact()
		if err := access.RequireOwn(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		day, officerKeys, err := s.checkContact(ctx, tx, unit, requested)
		if err != nil {
			return nil, err
		}
		key := resource.NewKey()
		contact := &networkv1.OfficerContact{
			Name: resource.Sharded(resource.OfficerContacts, unit.GetRegion(), key), Unit: unit.GetName(),
			Kind: requested.GetKind(), Day: requested.GetDay(), Officers: requested.GetOfficers(), Note: requested.GetNote(),
		}
		body, err := document.Encode(contact)
		if err != nil {
			return nil, err
		}
		queries := db.New(tx)
		if err := queries.AddContact(ctx, db.AddContactParams{
			Region: unit.GetRegion(), ContactKey: key, UnitPath: access.Path(unit), Body: body,
		}); err != nil {
			return nil, err
		}
		if err := queries.AddContacted(
			ctx,
			db.AddContactedParams{Regions: officerKeys.Regions, OfficerKeys: officerKeys.Keys, ContactKey: key},
		); err != nil {
			return nil, err
		}
		if err := queries.SetLastContact(
			ctx,
			db.SetLastContactParams{Day: day, Regions: officerKeys.Regions, OfficerKeys: officerKeys.Keys},
		); err != nil {
			return nil, err
		}
		return contact,
			tx.Record(ctx, record.Entry{Resource: contact.GetName(), UnitPath: access.Path(unit)})
	})
}

// checkContact finds every fault of a contact, and its day and officers.
func (s *Server) checkContact(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, requested *networkv1.OfficerContact,
) (time.Time, officers.Keys, error) {
	scheme, err := s.directory.Scheme(ctx, unit.GetName())
	if err != nil {
		return time.Time{}, officers.Keys{}, err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "contact.kind", requested.GetKind(), scheme.GetContactKinds())
	day, _ := faults.ParsePastDay("contact.day", requested.GetDay(), clock.Today(s.store.Clock))
	officerKeys := officers.ParseKeys(&faults, "contact.officers", requested.GetOfficers())
	if err := officers.CheckInOffice(ctx, tx, &faults, "contact.officers", access.Path(unit), officerKeys); err != nil {
		return time.Time{}, officerKeys, err
	}
	return day.In(time.UTC), officerKeys, faults.Err()
}

// ListOfficerContacts lists the contacts of a subtree, or those with one officer.
func (s *Server) ListOfficerContacts(
	ctx context.Context, req *networkv1.ListOfficerContactsRequest,
) (*networkv1.ListOfficerContactsResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := s.listRows(ctx, req, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListContactsRow) string { return r.ContactKey },
		func(r db.ListContactsRow) (*networkv1.OfficerContact, error) {
			return document.Decode[*networkv1.OfficerContact](r.Body)
		})
	return &networkv1.ListOfficerContactsResponse{Contacts: list, NextPageToken: next}, err
}

func (s *Server) listRows(
	ctx context.Context, req *networkv1.ListOfficerContactsRequest, before string, limit int32,
) ([]db.ListContactsRow, error) {
	subtree := access.Path(access.Target(ctx))
	if req.GetOfficer() == "" {
		return db.New(s.store).ListContacts(ctx, db.ListContactsParams{Subtree: subtree, BeforeKey: before, PageSize: limit})
	}
	region, key, err := resource.Split(req.GetOfficer())
	if err != nil {
		return nil, err
	}
	of, err := db.New(s.store).ListContactsOf(ctx, db.ListContactsOfParams{
		Region: region, OfficerKey: key, Subtree: subtree, BeforeKey: before, PageSize: limit,
	})
	rows := make([]db.ListContactsRow, len(of))
	for i, r := range of {
		rows[i] = db.ListContactsRow(r)
	}
	return rows, err
}
