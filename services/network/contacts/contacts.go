// Package contacts keeps the contacts that units have with their officers: meetings, contact cards, visits, bulletins (C6).
package contacts

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerContactService.
type Server struct {
	networkv1.UnsafeOfficerContactServiceServer

	contacts  collection.Collection[*networkv1.OfficerContact]
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{directory: env.Directory, contacts: collection.Collection[*networkv1.OfficerContact]{
		Store: env.Store, Table: "officer_contacts", Newest: true,
	}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterOfficerContactServiceServer(r, s)
}

// RecordOfficerContact notes one contact with any number of officers.
func (s *Server) RecordOfficerContact(
	ctx context.Context, req *networkv1.RecordOfficerContactRequest,
) (*networkv1.OfficerContact, error) {
	return s.contacts.Create(ctx, req, req.GetContact(), collection.Own, s.checkContact)
}

// checkContact finds every fault of a contact, and notes its day with the officers.
func (s *Server) checkContact(ctx context.Context, c *collection.Change[*networkv1.OfficerContact]) error {
	scheme, err := s.directory.Scheme(ctx, c.Record.GetUnit())
	if err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "contact.kind", c.Record.GetKind(), scheme.GetContactKinds())
	day, _ := faults.ParsePastDay("contact.day", c.Record.GetDay(), c.Today())
	keys := officers.ParseKeys(&faults, "contact.officers", c.Record.GetOfficers())
	unit, err := s.directory.Unit(ctx, c.Record.GetUnit())
	if err != nil {
		return err
	}
	subtrees, err := access.Subtrees(ctx, s.directory, unit)
	if err != nil {
		return err
	}
	if err := (officers.Which{Subtrees: subtrees, ServedOn: day}).Check(ctx, c, &faults, "contact.officers", keys); err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return db.New(c).SetLastContact(ctx, db.SetLastContactParams{
		Day: c.Record.GetDay(), Regions: keys.Regions, OfficerKeys: keys.Keys,
	})
}

// ListOfficerContacts lists the contacts of a subtree, or those with one officer.
func (s *Server) ListOfficerContacts(
	ctx context.Context, req *networkv1.ListOfficerContactsRequest,
) (*networkv1.ListOfficerContactsResponse, error) {
	var faults fault.Fields
	if err := officers.CheckKnown(ctx, s.directory, &faults, "officer", req.GetOfficer()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	list, next, err := s.contacts.List(ctx, req, collection.Within(subtrees),
		collection.WhereSet("officers @> to_jsonb(?::text)", req.GetOfficer()))
	return &networkv1.ListOfficerContactsResponse{Contacts: list, NextPageToken: next}, err
}
