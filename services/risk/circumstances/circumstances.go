// Package circumstances sums up what the register says of units with all below them, for the criteria and findings of the warning
// service (C12, T6).
package circumstances

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// mostCauses is how many causes are told of a unit.
const mostCauses = 5

// Server serves CircumstancesService.
type Server struct {
	riskv1.UnsafeCircumstancesServiceServer

	store *record.Store
	units networkv1.UnitServiceClient
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{store: env.Store, units: networkv1.NewUnitServiceClient(env.Dial("network"))}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCircumstancesServiceServer(r, s) }

// SumCircumstances sums up the register of units.
func (s *Server) SumCircumstances(
	ctx context.Context, req *riskv1.SumCircumstancesRequest,
) (*riskv1.SumCircumstancesResponse, error) {
	today := clock.Today(s.store.Clock)
	standing, err := s.units.BatchGetUnits(ctx, &networkv1.BatchGetUnitsRequest{Names: req.GetUnits(), AsOf: today.String()})
	if err != nil {
		return nil, err
	}
	titles, err := readTitles(ctx, s.store, today)
	if err != nil {
		return nil, err
	}
	sum := newSum(standing.GetUnits(), titles)
	if err := sum.read(ctx, db.New(s.store), today); err != nil {
		return nil, err
	}
	return &riskv1.SumCircumstancesResponse{Circumstances: sum.inOrder(req.GetUnits())}, nil
}

// sum is what some units add up to.
type sum struct {
	ids, paths []string
	path       map[string]string // by id
	titles     titles
	by         map[string]*typev1.Circumstances // by id, of which there is something
}

func newSum(units []*networkv1.Unit, t titles) *sum {
	s := &sum{titles: t, path: map[string]string{}, by: map[string]*typev1.Circumstances{}}
	for _, unit := range units {
		id, path := resource.ID(unit.GetName()), access.Path(unit)
		s.ids, s.paths, s.path[id] = append(s.ids, id), append(s.paths, path), path
	}
	return s
}

// of is the circumstances of a unit of which there is something.
func (s *sum) of(id string) *typev1.Circumstances {
	if s.by[id] == nil {
		s.by[id] = &typev1.Circumstances{Unit: resource.Name(resource.Units, id)}
	}
	return s.by[id]
}

func (s *sum) read(ctx context.Context, from *db.Queries, today calendar.Date) error {
	for _, read := range []func(context.Context, *db.Queries) error{
		s.readPoints, s.readCauses, s.readDeficiencies,
		func(ctx context.Context, from *db.Queries) error { return s.readOverdue(ctx, from, today) },
	} {
		if err := read(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

func (s *sum) readPoints(ctx context.Context, from *db.Queries) error {
	points, err := from.PointsBelow(ctx, db.PointsBelowParams{UnitIds: s.ids, Paths: s.paths})
	if err != nil {
		return err
	}
	uncontrolled := map[string]int64{}
	for _, row := range points {
		c := s.of(row.UnitID)
		c.Risks = append(c.Risks, s.count(row.UnitID, grades, row.Grade, row.Points))
		uncontrolled[row.UnitID] += row.Uncontrolled
	}
	misgraded, err := from.MisgradedBelow(ctx, db.MisgradedBelowParams{UnitIds: s.ids, Paths: s.paths})
	for id, n := range uncontrolled {
		s.addState(id, circumstances.Uncontrolled, n)
	}
	for _, row := range misgraded {
		s.addState(row.UnitID, circumstances.Misgraded, row.Points)
	}
	return err
}

func (s *sum) addState(id, state string, n int64) {
	if n > 0 {
		c := s.of(id)
		c.States = append(c.States, circumstances.Count(circumstances.States, state, n))
	}
}

func (s *sum) readCauses(ctx context.Context, from *db.Queries) error {
	rows, err := from.CausesBelow(ctx, db.CausesBelowParams{UnitIds: s.ids, Paths: s.paths, Most: mostCauses})
	for _, row := range rows {
		c := s.of(row.UnitID)
		c.Causes = append(c.Causes, s.count(row.UnitID, causes, row.Cause, row.Points))
	}
	return err
}

func (s *sum) readDeficiencies(ctx context.Context, from *db.Queries) error {
	rows, err := from.DeficienciesBelow(ctx, db.DeficienciesBelowParams{UnitIds: s.ids, Paths: s.paths})
	for _, row := range rows {
		c := s.of(row.UnitID)
		c.Deficiencies = append(c.Deficiencies, s.count(row.UnitID, kinds, row.Kind, row.Deficiencies))
		c.Deviations += row.Deviations
	}
	return err
}

func (s *sum) readOverdue(ctx context.Context, from *db.Queries, today calendar.Date) error {
	rows, err := from.OverdueBelow(ctx, db.OverdueBelowParams{UnitIds: s.ids, Paths: s.paths, Today: today})
	for _, row := range rows {
		c := s.of(row.UnitID)
		c.Overdue = append(c.Overdue, circumstances.Count(circumstances.Sorts, row.Sort, row.Records))
	}
	return err
}

func (s *sum) count(id string, terms termsOf, term string, n int64) *typev1.CircumstanceCount {
	return &typev1.CircumstanceCount{Id: term, Title: s.titles.of(s.path[id], terms, term), Count: n}
}

// inOrder are the circumstances in the order of some names.
func (s *sum) inOrder(names []string) (list []*typev1.Circumstances) {
	for _, name := range names {
		if c := s.by[resource.ID(name)]; c != nil {
			list = append(list, c)
		}
	}
	return list
}
