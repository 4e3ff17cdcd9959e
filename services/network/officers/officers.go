// Package officers keeps the appointed officers of the network from their selection to the end of their office (C3, C4, C6, H5).
package officers

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerService.
type Server struct {
	networkv1.UnsafeOfficerServiceServer

	officers  collection.Collection[*networkv1.Officer]
	store     *record.Store
	directory access.Directory
}

type (
	change = collection.Change[*networkv1.Officer]
	rule   = collection.Rule[*networkv1.Officer]
)

// New makes the server and adds the job that follows the terms.
func New(env service.Env) *Server {
	s := &Server{officers: Collection(env.Store), store: env.Store, directory: access.Uncached(env.Directory)}
	env.Queue.Add(jobs.Job{Name: ExpireTermsJob, Every: termsEvery, Run: s.ExpireTerms})
	return s
}

// Collection is all officers, for lists of other resources as well.
func Collection(store *record.Store) collection.Collection[*networkv1.Officer] {
	return collection.Collection[*networkv1.Officer]{Store: store, Table: "officers", Life: Lifecycle}
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterOfficerServiceServer(r, s) }

// GetOfficer reads one officer.
func (s *Server) GetOfficer(ctx context.Context, req *networkv1.GetOfficerRequest) (*networkv1.Officer, error) {
	return s.officers.Get(ctx, req.GetName())
}

// ListOfficers lists who serves in a subtree. A term without a last day ends after all others; who was never contacted is so
// since before any day.
func (s *Server) ListOfficers(ctx context.Context, req *networkv1.ListOfficersRequest) (*networkv1.ListOfficersResponse, error) {
	var faults fault.Fields
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.InEnum("type", req.GetTypes()),
		collection.WhereSet("term_to <= ?", faults.DayOrEmpty("term_ends_by", req.GetTermEndsBy())),
		collection.WhereSet("term_to >= ?", faults.DayOrEmpty("term_ends_from", req.GetTermEndsFrom())),
		collection.WhereSet("last_contact_on < ?", faults.DayOrEmpty("no_contact_since", req.GetNoContactSince())),
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if req.GetWithoutPledge() {
		filters = append(filters, collection.Where("body ->> 'pledgedOn' IS NULL"))
	}
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	list, next, err := s.officers.List(ctx, req, append(filters, collection.Within(subtrees))...)
	return &networkv1.ListOfficersResponse{Officers: list, NextPageToken: next}, err
}

// MoveToSuccessors moves the officers of ended units to the successors. The tree does this on the day; a job calls it so that
// it need not wait.
func MoveToSuccessors(ctx context.Context, tx db.DBTX, today calendar.Date) error {
	return db.New(tx).MoveOfficersToSuccessors(ctx, db.MoveOfficersToSuccessorsParams{Since: calendar.FirstDay, Day: today})
}

// ListOfficerEvents lists what was done about an officer.
func (s *Server) ListOfficerEvents(
	ctx context.Context, req *networkv1.ListOfficerEventsRequest,
) (*networkv1.ListOfficerEventsResponse, error) {
	officer, err := s.officers.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListOfficerEvents(ctx, db.ListOfficerEventsParams{
		Region: officer.Region, OfficerKey: officer.Key, BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListOfficerEventsRow) string { return r.EventKey },
		func(r db.ListOfficerEventsRow) (*networkv1.OfficerEvent, error) {
			return document.Decode[*networkv1.OfficerEvent](r.Body)
		})
	return &networkv1.ListOfficerEventsResponse{Events: list, NextPageToken: next}, err
}
