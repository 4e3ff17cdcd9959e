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

	book      *record.Book
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{book: env.Book, directory: env.Directory} }

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterOfficerContactServiceServer(r, s)
}

// RecordOfficerContact notes one contact with any number of officers.
func (s *Server) RecordOfficerContact(
	ctx context.Context, req *networkv1.RecordOfficerContactRequest,
) (*networkv1.OfficerContact, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.OfficerContact, error) {
		unit, asked := access.Target(ctx), req.GetContact()
		if err := access.Own(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		day, who, err := s.check(ctx, tx, unit, asked)
		if err != nil {
			return nil, err
		}
		key := resource.NewKey()
		contact := &networkv1.OfficerContact{
			Name: resource.Sharded(resource.OfficerContacts, unit.GetRegion(), key), Unit: unit.GetName(),
			Kind: asked.GetKind(), Day: asked.GetDay(), Officers: asked.GetOfficers(), Note: asked.GetNote(),
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
		if err := queries.AddContacted(ctx, db.AddContactedParams{Regions: who.Regions, OfficerKeys: who.Keys, ContactKey: key}); err != nil {
			return nil, err
		}
		if err := queries.TouchOfficers(ctx, db.TouchOfficersParams{Day: day, Regions: who.Regions, OfficerKeys: who.Keys}); err != nil {
			return nil, err
		}
		return contact,
			tx.Record(ctx, record.Entry{Resource: contact.GetName(), UnitPath: access.Path(unit)})
	})
}

// check finds every fault of a contact, and its day and officers.
func (s *Server) check(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, asked *networkv1.OfficerContact,
) (time.Time, officers.Keys, error) {
	held, err := s.directory.Scheme(ctx, unit.GetName())
	if err != nil {
		return time.Time{}, officers.Keys{}, err
	}
	var faults fault.Fields
	schemes.Known(&faults, "contact.kind", asked.GetKind(), held.GetContactKinds())
	day, _ := faults.PastDay("contact.day", asked.GetDay(), clock.Today(s.book.Clock))
	who := officers.KeysOf(&faults, "contact.officers", asked.GetOfficers())
	if err := officers.Serving(ctx, tx, &faults, "contact.officers", access.Path(unit), who); err != nil {
		return time.Time{}, who, err
	}
	return day.In(time.UTC), who, faults.Err()
}

// ListOfficerContacts lists the contacts of a subtree, or those with one officer.
func (s *Server) ListOfficerContacts(
	ctx context.Context, req *networkv1.ListOfficerContactsRequest,
) (*networkv1.ListOfficerContactsResponse, error) {
	p, err := page.Open(req, page.Last)
	if err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, req, p.After, p.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.ListContactsRow) string { return r.ContactKey },
		func(r db.ListContactsRow) (*networkv1.OfficerContact, error) {
			return document.Decode[*networkv1.OfficerContact](r.Body)
		})
	return &networkv1.ListOfficerContactsResponse{Contacts: list, NextPageToken: next}, err
}

func (s *Server) rows(
	ctx context.Context, req *networkv1.ListOfficerContactsRequest, before string, limit int32,
) ([]db.ListContactsRow, error) {
	subtree := access.Path(access.Target(ctx))
	if req.GetOfficer() == "" {
		return db.New(s.book).ListContacts(ctx, db.ListContactsParams{Subtree: subtree, BeforeKey: before, PageSize: limit})
	}
	region, key, err := resource.Split(req.GetOfficer())
	if err != nil {
		return nil, err
	}
	of, err := db.New(s.book).ListContactsOf(ctx, db.ListContactsOfParams{
		Region: region, OfficerKey: key, Subtree: subtree, BeforeKey: before, PageSize: limit,
	})
	rows := make([]db.ListContactsRow, len(of))
	for i, r := range of {
		rows[i] = db.ListContactsRow(r)
	}
	return rows, err
}
