// Package rollups answers how many tips each subtree of units handles (C12, X10). The counts are kept: every change of a tip
// notes, in its own transaction, what it adds and takes away (triggers of 00007_roll_ups.sql); Compact adds that up; a reading
// takes what is kept together with what is not yet added up, in one snapshot, and is therefore exact at any moment. Of tips that
// are concealed from the reader, which are few, the same snapshot takes away what they count (C8).
package rollups

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves RollUpService.
type Server struct {
	networkv1.UnsafeRollUpServiceServer

	store     *record.Store
	directory access.Directory
}

// compactEvery is how often deltas are added up: what waits that long must be read through at every reading.
const compactEvery = time.Second

// New makes the server and has the deltas added up as long as the queue runs.
func New(env service.Env) *Server {
	compactor := &Compactor{Store: env.Store}
	compact := func(ctx context.Context) error {
		_, err := compactor.Compact(ctx)
		return err
	}
	env.Queue.Tick(jobs.Job{Name: "network.compact_rollups", Every: compactEvery, Timeless: true, Run: compact})
	return &Server{store: env.Store, directory: env.Directory}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterRollUpServiceServer(r, s) }

// cursor is the last cell shown.
type cursor struct {
	Child string        `json:"c"`
	Area  string        `json:"a"`
	Role  string        `json:"r"`
	Month calendar.Date `json:"m"`
}

// The child ids between which the lines of the children lie: a unit's id begins with a digit or a letter.
const minChildID, maxChildID = "0", "~"

// readers are the units whose tips whoever reads is kept from where these went past them (C8).
func (s *Server) readers(ctx context.Context) ([]string, error) {
	return tips.CountReaders(ctx, s.store, clock.Today(s.store.Clock))
}

// GetRollUp counts the tips of a subtree.
func (s *Server) GetRollUp(ctx context.Context, req *networkv1.GetRollUpRequest) (*networkv1.GetRollUpResponse, error) {
	months, err := monthsOf(req)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{})
	if err != nil {
		return nil, err
	}
	readers, err := s.readers(ctx)
	if err != nil {
		return nil, err
	}
	params := db.ReadRollUpParams{
		UnitID: resource.ID(req.GetUnit()), Months: months, ReaderUnits: readers, ByArea: req.GetByArea(),
		ByMonth: req.GetByMonth(),
		First:   p.First, AfterChild: p.Cursor.Child, AfterArea: p.Cursor.Area, AfterRole: p.Cursor.Role,
		AfterMonth: p.Cursor.Month, PageSize: p.Limit,
	}
	if req.GetByChild() {
		params.FirstChild, params.LastChild = minChildID, maxChildID
	}
	if req.GetBySourceRole() {
		if err := s.tellRoles(ctx, &params); err != nil {
			return nil, err
		}
	}
	rows, err := db.New(s.store).ReadRollUp(ctx, params)
	if err != nil {
		return nil, err
	}
	cells, next, err := page.Build(ctx, p, rows,
		func(r db.ReadRollUpRow) cursor { return cursor{r.Child, r.Area, r.SourceRole, r.InMonth} },
		func(r db.ReadRollUpRow) (*networkv1.RollUpCell, error) {
			cell := &networkv1.RollUpCell{
				Child: resource.Name(resource.Units, r.Child), SubjectArea: r.Area, SourceRole: r.SourceRole,
				Received: r.Received, Returned: r.Returned, Accepted: r.Accepted, Closed: r.Closed, Urgent: r.Urgent,
				Unfounded: r.Unfounded,
			}
			if req.GetByMonth() {
				cell.Month = monthOf(r.InMonth)
			}
			return cell, nil
		})
	return &networkv1.GetRollUpResponse{Cells: cells, NextPageToken: next}, err
}

// tellRoles has the roles counted that may be told of senders sought in the subtree of a line: of the unit, or of a child.
func (s *Server) tellRoles(ctx context.Context, params *db.ReadRollUpParams) error {
	least, err := tips.LeastToReader(ctx, s.directory)
	if err != nil {
		return err
	}
	held, err := db.New(s.store).RolesOfRollUp(ctx, db.RolesOfRollUpParams{
		UnitID: params.UnitID, Months: params.Months, FirstChild: params.FirstChild, LastChild: params.LastChild,
	})
	if err != nil {
		return err
	}
	units := make([]string, len(held))
	for i, row := range held {
		params.Lines, params.HeldRoles = append(params.Lines, row.ChildID), append(params.HeldRoles, row.SourceRoles)
		units[i] = cmp.Or(row.ChildID, params.UnitID)
	}
	roles := tips.NewSourceRoles(least)
	if err := roles.Learn(ctx, s.store, clock.Today(s.store.Clock), units); err != nil {
		return err
	}
	params.Least = int32(least)
	params.ToldRoles, err = roles.ToldLists(units, params.HeldRoles)
	return err
}
