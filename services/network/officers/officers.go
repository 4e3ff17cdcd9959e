// Package officers keeps the appointed officers of the network from their selection to the end of their office (C3, C4, C6, H5).
package officers

import (
	"context"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerService.
type Server struct {
	networkv1.UnsafeOfficerServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server and adds the job that follows the terms.
func New(env service.Env) *Server {
	s := &Server{store: env.Store, directory: env.Directory}
	env.Queue.Add(jobs.Job{Name: ExpireTermsJob, Every: termsEvery, Run: s.ExpireTerms})
	return s
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterOfficerServiceServer(r, s) }

// GetOfficer reads one officer.
func (s *Server) GetOfficer(ctx context.Context, req *networkv1.GetOfficerRequest) (*networkv1.Officer, error) {
	row, err := s.findOfficer(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	officer, err := FromRow(row)
	return officer, err
}

// findOfficer finds an officer within the caller's reach.
func (s *Server) findOfficer(ctx context.Context, name string) (db.Officer, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return db.Officer{}, err
	}
	row, err := db.New(s.store).GetOfficer(ctx, db.GetOfficerParams{Region: region, OfficerKey: key})
	return row, document.Authorize(ctx, err, row.UnitPath, name)
}

// ListOfficers lists who serves in a subtree.
func (s *Server) ListOfficers(ctx context.Context, req *networkv1.ListOfficersRequest) (*networkv1.ListOfficersResponse, error) {
	var faults fault.Fields
	endsBy := parseDayOr(&faults, "term_ends_by", req.GetTermEndsBy(), maxDay)
	since := parseDayOr(&faults, "no_contact_since", req.GetNoContactSince(), maxDay)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListOfficers(ctx, db.ListOfficersParams{
		Subtree: access.Path(access.Target(ctx)), AfterKey: p.Cursor, PageSize: p.Limit,
		States: document.EnumCodes(req.GetStates()), Types: document.EnumCodes(req.GetTypes()), WithoutPledge: req.GetWithoutPledge(),
		TermEndsBy: endsBy, NoContactSince: since,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := BuildPage(p, rows)
	return &networkv1.ListOfficersResponse{Officers: list, NextPageToken: next}, err
}

// BuildPage cuts rows of officers, read in order of their keys, to a page.
func BuildPage(p page.Page[string], rows []db.Officer) ([]*networkv1.Officer, string, error) {
	return page.Build(p, rows, func(r db.Officer) string { return r.OfficerKey }, FromRow)
}

// MoveToSuccessors moves the officers of ended units to the successors. The tree does this on the day; a job calls it so that
// it need not wait.
func MoveToSuccessors(ctx context.Context, tx db.DBTX, today calendar.Date) error {
	return db.New(tx).MoveOfficersToSuccessors(ctx, db.MoveOfficersToSuccessorsParams{Day: today.In(time.UTC)})
}

// FromRow reads a stored officer. What sets of officers are changed by stands in columns alone.
func FromRow(row db.Officer) (*networkv1.Officer, error) {
	officer, err := document.Decode[*networkv1.Officer](row.Body)
	if err != nil {
		return nil, err
	}
	officer.Unit, officer.AppointingUnit = resource.Name(resource.Units, row.UnitID), resource.Name(resource.Units, row.AppointingID)
	officer.State, officer.Etag = networkv1.OfficerState(row.State), document.Etag(row.Revision)
	officer.EndedOn, officer.LastContactOn = dayText(row.EndedOn), dayText(row.LastContactOn)
	return officer, nil
}

// ListOfficerEvents lists what was done about an officer.
func (s *Server) ListOfficerEvents(
	ctx context.Context, req *networkv1.ListOfficerEventsRequest,
) (*networkv1.ListOfficerEventsResponse, error) {
	officer, err := s.findOfficer(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListOfficerEvents(ctx, db.ListOfficerEventsParams{
		Region: officer.Region, OfficerKey: officer.OfficerKey, BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListOfficerEventsRow) string { return r.EventKey },
		func(r db.ListOfficerEventsRow) (*networkv1.OfficerEvent, error) {
			return document.Decode[*networkv1.OfficerEvent](r.Body)
		})
	return &networkv1.ListOfficerEventsResponse{Events: list, NextPageToken: next}, err
}
