// Package units keeps the tree of the reporting network, effective-dated (C1, H1).
package units

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves UnitService.
type Server struct {
	networkv1.UnsafeUnitServiceServer
	networkv1.UnsafeTreeServiceServer

	book *record.Book
}

// New makes the server, and has records follow their units.
func New(env service.Env) *Server {
	s := &Server{book: env.Book}
	env.Queue.Add(s.followJob())
	return s
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterUnitServiceServer(r, s)
	networkv1.RegisterTreeServiceServer(r, s)
}

// CreateUnit adds one unit.
func (s *Server) CreateUnit(ctx context.Context, req *networkv1.CreateUnitRequest) (*networkv1.CreateUnitResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CreateUnitResponse, error) {
		made, err := s.plant(ctx, tx, []*networkv1.CreateUnitRequest{req}, func(int) string { return "" })
		if err != nil {
			return nil, err
		}
		return &networkv1.CreateUnitResponse{Unit: made[0]}, nil
	})
}

// BatchCreateUnits adds many units, or none.
func (s *Server) BatchCreateUnits(
	ctx context.Context, req *networkv1.BatchCreateUnitsRequest,
) (*networkv1.BatchCreateUnitsResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.BatchCreateUnitsResponse, error) {
		made, err := s.plant(ctx, tx, req.GetRequests(), func(i int) string { return fmt.Sprintf("requests[%d].", i) })
		if err != nil {
			return nil, err
		}
		return &networkv1.BatchCreateUnitsResponse{Created: int32(len(made))}, nil
	})
}

// GetUnit reads one unit as of a date.
func (s *Server) GetUnit(ctx context.Context, req *networkv1.GetUnitRequest) (*networkv1.GetUnitResponse, error) {
	on, err := clock.DateOr(req.GetAsOf(), s.book.Clock)
	if err != nil {
		return nil, fault.Invalid("as_of", "string.date")
	}
	u, err := unitOn(ctx, s.book, req.GetName(), on)
	if err != nil {
		return nil, err
	}
	return &networkv1.GetUnitResponse{Unit: u}, nil
}

// ListUnits lists a subtree as of a date.
func (s *Server) ListUnits(ctx context.Context, req *networkv1.ListUnitsRequest) (*networkv1.ListUnitsResponse, error) {
	on, err := clock.DateOr(req.GetAsOf(), s.book.Clock)
	if err != nil {
		return nil, fault.Invalid("as_of", "string.date")
	}
	top, err := s.within(ctx, req.GetUnit(), on)
	if err != nil {
		return nil, err
	}
	size, after, err := page.Open[string](req)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListUnits(ctx, db.ListUnitsParams{
		Subtree: access.Path(top), OnDate: on.In(time.UTC), Levels: document.Codes(req.GetLevels()),
		Kinds: document.Codes(req.GetKinds()), Sorts: req.GetSorts(), AfterID: page.From(after, ""), PageSize: page.Limit(size),
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Cut(req, size, rows, func(u db.Unit) string { return u.UnitID }, page.Light)
	if err != nil {
		return nil, err
	}
	answer := &networkv1.ListUnitsResponse{NextPageToken: next}
	for _, row := range rows {
		answer.Units = append(answer.Units, unitOf(row))
	}
	return answer, nil
}

// within reads a unit as it was on a date, which is in reach if it is so today or, where it does not hold today, was so then.
func (s *Server) within(ctx context.Context, name string, on calendar.Date) (*networkv1.Unit, error) {
	then, err := unitOn(ctx, s.book, name, on)
	if err != nil {
		return nil, err
	}
	now, err := unitOn(ctx, s.book, name, clock.Today(s.book.Clock))
	if fault.IsNotFound(err) {
		now, err = then, nil
	}
	if err != nil {
		return nil, err
	}
	return then, access.Require(ctx, access.Path(now), name)
}

// unitOn reads a unit as it was on a date.
func unitOn(ctx context.Context, tx db.DBTX, name string, on calendar.Date) (*networkv1.Unit, error) {
	row, err := db.New(tx).GetUnit(ctx, db.GetUnitParams{UnitID: resource.ID(name), OnDate: on.In(time.UTC)})
	if err := document.Found(err, name); err != nil {
		return nil, err
	}
	return unitOf(row), nil
}

func unitOf(row db.Unit) *networkv1.Unit {
	return &networkv1.Unit{
		Name:              resource.Name(resource.Units, row.UnitID),
		Title:             row.Title,
		Kind:              networkv1.UnitKind(row.Kind),
		Level:             typev1.Level(row.Level),
		DivisionCode:      row.DivisionCode,
		Parent:            resource.Name(resource.Units, row.ParentID),
		SystemParent:      resource.Name(resource.Units, row.SystemParentID),
		EffectiveFrom:     calendar.DateOf(row.ValidFrom, time.UTC).String(),
		ResponsibleOffice: row.ResponsibleOffice,
		FirstResponsible:  row.FirstResponsible,
		Region:            row.Region,
		Ancestors:         ancestors(row.Path),
		LeaderInCharge:    row.LeaderInCharge,
		Sort:              row.Sort,
		Etag:              etagOf(row),
	}
}
