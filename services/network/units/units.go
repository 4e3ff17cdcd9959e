// Package units keeps the tree of the reporting network, effective-dated (C1, H1).
package units

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves UnitService.
type Server struct {
	networkv1.UnsafeUnitServiceServer
	networkv1.UnsafeTreeServiceServer

	store     *record.Store
	directory access.Directory
	followers []Follower
}

// New makes the server, and has records follow their units.
func New(env service.Env, followers ...Follower) *Server {
	s := &Server{store: env.Store, directory: env.Directory, followers: followers}
	env.Queue.AddFirst(s.followJob())
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterUnitServiceServer(r, s)
	networkv1.RegisterTreeServiceServer(r, s)
}

// CreateUnit adds one unit.
func (s *Server) CreateUnit(ctx context.Context, req *networkv1.CreateUnitRequest) (*networkv1.Unit, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Unit, error) {
		created, err := s.createUnits(ctx, tx, []*networkv1.CreateUnitRequest{req}, func(int) string { return "" })
		if err != nil {
			return nil, err
		}
		if err := s.notifyOfFounding(ctx, tx, created); err != nil {
			return nil, err
		}
		from, err := calendar.ParseDate(created[0].GetEffectiveFrom())
		if err != nil {
			return nil, err
		}
		u, err := unitOn(ctx, tx, created[0].GetName(), from)
		if err != nil {
			return nil, err
		}
		return u, titleAncestors(ctx, tx, from, u)
	})
}

// BatchCreateUnits adds many units, or none.
func (s *Server) BatchCreateUnits(
	ctx context.Context, req *networkv1.BatchCreateUnitsRequest,
) (*networkv1.BatchCreateUnitsResponse, error) {
	return record.Change(ctx, s.store, req,
		func(ctx context.Context, tx *record.Tx) (*networkv1.BatchCreateUnitsResponse, error) {
			created, err := s.createUnits(ctx, tx, req.GetRequests(),
				func(i int) string { return fmt.Sprintf("requests[%d].", i) })
			if err != nil {
				return nil, err
			}
			return &networkv1.BatchCreateUnitsResponse{Created: int32(len(created))}, s.notifyOfFounding(ctx, tx, created)
		})
}

// GetUnit reads one unit as of a date; without one, a unit that has ended as of its last day.
func (s *Server) GetUnit(ctx context.Context, req *networkv1.GetUnitRequest) (*networkv1.Unit, error) {
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.store.Clock)
	if err != nil {
		return nil, err
	}
	found, err := s.unitsOrLast(ctx, []string{req.GetName()}, req.GetAsOf(), on)
	if err == nil && len(found) == 0 {
		err = fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// BatchGetUnits reads many units as of a date.
func (s *Server) BatchGetUnits(ctx context.Context, req *networkv1.BatchGetUnitsRequest) (
	*networkv1.BatchGetUnitsResponse, error,
) {
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.store.Clock)
	if err != nil {
		return nil, err
	}
	found, err := s.unitsOrLast(ctx, req.GetNames(), req.GetAsOf(), on)
	return &networkv1.BatchGetUnitsResponse{Units: found}, err
}

// unitsOrLast reads units with the titles of those above them: as of a day or, where no day was asked for, ended ones as of their
// last.
func (s *Server) unitsOrLast(ctx context.Context, names []string, asked string, on calendar.Date) ([]*networkv1.Unit, error) {
	ids := make([]string, len(names))
	for i, name := range names {
		ids[i] = resource.ID(name)
	}
	rows, err := db.New(s.store).UnitsOn(ctx, db.UnitsOnParams{UnitIds: ids, OnDate: on})
	if err != nil {
		return nil, err
	}
	units := unitsOf(rows)
	if err := titleAncestors(ctx, s.store, on, units...); err != nil || asked != "" || len(units) == len(names) {
		return units, err
	}
	last, err := db.New(s.store).LastVersions(ctx, db.LastVersionsParams{UnitIds: ids, Day: on})
	if err != nil {
		return nil, err
	}
	for _, row := range last {
		then := unitOf(row)
		if err := titleAncestors(ctx, s.store, row.ValidTo.AddDays(-1), then); err != nil {
			return nil, err
		}
		units = append(units, then)
	}
	if err := tellEnds(ctx, s.store, on, units...); err != nil {
		return nil, err
	}
	slices.SortFunc(units, func(a, b *networkv1.Unit) int { return slices.Compare(access.PathIDs(a), access.PathIDs(b)) })
	return units, nil
}

// tellEnds says of those of some units that have ended by a day when they did, and which units act for them on it.
func tellEnds(ctx context.Context, tx db.DBTX, on calendar.Date, units ...*networkv1.Unit) error {
	ids := make([]string, len(units))
	for i, u := range units {
		ids[i] = resource.ID(u.GetName())
	}
	last, err := db.New(tx).LastVersions(ctx, db.LastVersionsParams{UnitIds: ids, Day: on})
	if err != nil || len(last) == 0 {
		return err
	}
	acting, err := db.New(tx).ListRecipients(ctx, db.ListRecipientsParams{UnitIds: ids, OnDate: on})
	if err != nil {
		return err
	}
	ends, successors := map[string]string{}, map[string]string{}
	for _, row := range last {
		ends[resource.Name(resource.Units, row.UnitID)] = row.ValidTo.String()
	}
	for _, row := range acting {
		successors[resource.Name(resource.Units, row.AskedID)] = resource.Name(resource.Units, row.UnitID)
	}
	for _, u := range units {
		if u.EndedOn = ends[u.GetName()]; u.GetEndedOn() != "" {
			u.Successor = successors[u.GetName()]
		}
	}
	return nil
}

// titleAncestors adds to units what those above them are called on a date.
func titleAncestors(ctx context.Context, tx db.DBTX, on calendar.Date, units ...*networkv1.Unit) error {
	titles := map[string]string{}
	for _, u := range units {
		for _, name := range u.GetAncestors() {
			titles[resource.ID(name)] = ""
		}
	}
	if len(titles) == 0 {
		return nil
	}
	rows, err := db.New(tx).TitlesOn(ctx, db.TitlesOnParams{UnitIds: slices.Collect(maps.Keys(titles)), OnDate: on})
	if err != nil {
		return err
	}
	for _, row := range rows {
		titles[row.UnitID] = row.Title
	}
	for _, u := range units {
		for _, name := range u.GetAncestors() {
			u.AncestorTitles = append(u.AncestorTitles, titles[resource.ID(name)])
		}
	}
	return nil
}

// findUnit reads a unit as it was on a date, which is in reach if it is so today or, where it does not hold today, was so then.
func (s *Server) findUnit(ctx context.Context, name string, on calendar.Date) (*networkv1.Unit, error) {
	then, err := unitOn(ctx, s.store, name, on)
	if err != nil {
		return nil, absentOr(ctx, s.store, name, on, err)
	}
	now, err := unitOn(ctx, s.store, name, clock.Today(s.store.Clock))
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
	row, err := db.New(tx).GetUnit(ctx, db.GetUnitParams{UnitID: resource.ID(name), OnDate: on})
	if err := document.NotFoundAs(err, name); err != nil {
		return nil, err
	}
	return unitOf(row), nil
}

func unitOf(row db.Unit) *networkv1.Unit {
	return &networkv1.Unit{
		Name:              resource.Name(resource.Units, row.UnitID),
		Title:             row.Title,
		Kind:              document.Enum[networkv1.UnitKind](row.Kind),
		Level:             typev1.Level(row.Level),
		DivisionCode:      row.DivisionCode,
		Parent:            resource.Name(resource.Units, row.ParentID),
		SystemParent:      resource.Name(resource.Units, row.SystemParentID),
		EffectiveFrom:     row.ValidFrom.String(),
		ResponsibleOffice: row.ResponsibleOffice,
		FirstResponsible:  row.FirstResponsible,
		Region:            row.Region,
		Ancestors:         ancestorNames(row.Path),
		LeaderInCharge:    row.LeaderInCharge,
		Sort:              row.Sort,
		Etag:              etagOf(row),
		Change:            resource.Name(resource.TreeChanges, row.ChangeKey),
	}
}

func unitsOf(rows []db.Unit) []*networkv1.Unit {
	units := make([]*networkv1.Unit, len(rows))
	for i, row := range rows {
		units[i] = unitOf(row)
	}
	return units
}
