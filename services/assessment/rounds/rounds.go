// Package rounds runs assessments: a round fixes who takes part, scores and grades them from live figures, and freezes the result
// (T24, T26).
package rounds

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// MaxUnits is how many units may take part in one round.
const MaxUnits = 10_000

// Server serves RoundService.
type Server struct {
	assessmentv1.UnsafeRoundServiceServer

	rounds    collection.Collection[*assessmentv1.Round]
	closed    collection.Collection[*assessmentv1.Round] // the same, once closed for whoever asks
	units     networkv1.UnitServiceClient
	directory access.Directory
	sources   measures.Sources
}

type change = collection.Change[*assessmentv1.Round]

// New makes the server. Units are scored from what the sources measure.
func New(env service.Env, sources measures.Sources) *Server {
	rounds := collection.Collection[*assessmentv1.Round]{Store: env.Store, Table: "rounds", Life: Lifecycle, Newest: true}
	closed := rounds
	closed.Reach = reachesClosed
	return &Server{
		rounds: rounds, closed: closed, units: networkv1.NewUnitServiceClient(env.Dial("network")),
		directory: env.Directory, sources: sources,
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { assessmentv1.RegisterRoundServiceServer(r, s) }

// CreateRound opens a round with the scheme and the units of the period's last day, or of today where that is earlier, and tells
// every unit.
func (s *Server) CreateRound(ctx context.Context, req *assessmentv1.CreateRoundRequest) (*assessmentv1.Round, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", words.StringPeriod())
	}
	on := clock.Today(s.rounds.Store.Clock)
	if period.First().After(on) {
		return nil, fault.Invalid("period", words.Future())
	}
	if period.Last().Before(on) {
		on = period.Last()
	}
	return record.Prepare(ctx, s.rounds.Store, req, func(ctx context.Context) (*participants, error) {
		return s.participants(ctx, req, on)
	}, func(ctx context.Context, units *participants) (*assessmentv1.Round, error) {
		return s.rounds.Create(ctx, req, &assessmentv1.Round{
			Title: req.GetTitle(), Period: req.GetPeriod(), UnitLevels: req.GetUnitLevels(), Units: int32(len(units.ids)),
		}, func(ctx context.Context, c *change) error {
			scheme := &assessmentv1.Scheme{}
			if err := schemes.Effective(ctx, c, c.Units(), on, scheme); err != nil {
				return err
			}
			c.Record.SchemeVersion = schemes.Version(scheme)
			if err := requireFirst(ctx, c, scheme.GetName()); err != nil {
				return err
			}
			notifyOfOpening(ctx, c, units)
			return db.New(c).AddRoundUnits(ctx, db.AddRoundUnitsParams{
				Region: c.Region, RoundKey: c.Key, UnitIds: units.ids, Titles: units.titles,
			})
		})
	})
}

// requireFirst refuses a second round of a unit for a period under one scheme, also where two come at once.
func requireFirst(ctx context.Context, c *change, scheme string) error {
	unit, period := c.Record.GetUnit(), c.Record.GetPeriod()
	if err := c.Lock(ctx, "rounds of "+unit); err != nil {
		return err
	}
	first, err := db.New(c).RoundOfPeriod(ctx, db.RoundOfPeriodParams{Period: period, UnitID: resource.ID(unit), Scheme: scheme})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	round := words.Named(resource.Sharded(resource.Rounds, first.Region, first.Key), first.Title)
	return fault.Precondition(words.RoundExists(words.Untitled(unit), period, round)).OnField("period")
}

// participants are the units that take part, in order.
type participants struct{ ids, titles []string }

// participants finds them.
func (s *Server) participants(
	ctx context.Context, req *assessmentv1.CreateRoundRequest, on calendar.Date,
) (*participants, error) {
	list := &networkv1.ListUnitsRequest{
		Unit: req.GetUnit(), Levels: req.GetUnitLevels(), AsOf: on.String(), PageSize: measures.UnitsPerCall,
	}
	found := &participants{}
	for {
		resp, err := s.units.ListUnits(ctx, list)
		if status.Code(err) == codes.NotFound {
			break // it is reached today, so it did not exist on that day, and nothing lay below it
		}
		if err != nil {
			return nil, measures.HidePeer("network", err)
		}
		for _, unit := range resp.GetUnits() {
			if unit.GetName() != req.GetUnit() {
				found.ids, found.titles = append(found.ids, resource.ID(unit.GetName())), append(found.titles, unit.GetTitle())
			}
		}
		if len(found.ids) > MaxUnits {
			return nil, fault.Precondition(words.TooManyUnits(strconv.Itoa(MaxUnits)))
		}
		if list.PageToken = resp.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	if len(found.ids) == 0 {
		return nil, fault.Precondition(words.NoUnits(words.Untitled(req.GetUnit())))
	}
	return found, nil
}

// CloseRound makes a round final, and tells every unit what it reached.
func (s *Server) CloseRound(ctx context.Context, req *assessmentv1.CloseRoundRequest) (*assessmentv1.Round, error) {
	return s.rounds.Act(ctx, req, finish, requireScoredAfter, func(ctx context.Context, c *change) error {
		results, err := db.New(c).ListResults(ctx, db.ListResultsParams{Region: c.Region, RoundKey: c.Key})
		notifyOfResults(c, results)
		return err
	})
}

// requireScoredAfter is the rule that a round is closed on scores made after its period: until then figures still change.
func requireScoredAfter(_ context.Context, c *change) error {
	period, err := calendar.ParsePeriod(c.Record.GetPeriod())
	if err != nil {
		return err
	}
	if calendar.DateOf(c.Record.GetScoreTime().AsTime(), calendar.Shanghai).After(period.Last()) {
		return nil
	}
	return fault.Precondition(words.ScoredTooEarly(c.Record.GetPeriod(), period.Last().String()))
}

// DeleteRound deletes a round that is not final, with all that belongs to it, and tells every unit.
func (s *Server) DeleteRound(
	ctx context.Context, req *assessmentv1.DeleteRoundRequest,
) (*assessmentv1.DeleteRoundResponse, error) {
	return record.Change(ctx, s.rounds.Store, req,
		func(ctx context.Context, tx *record.Tx) (*assessmentv1.DeleteRoundResponse, error) {
			return &assessmentv1.DeleteRoundResponse{}, s.rounds.DeleteIn(ctx, tx, req, deleteParts)
		})
}

// deleteParts is the rule that what belongs to a round goes with it.
func deleteParts(ctx context.Context, c *change) error {
	err := db.New(c).DeleteScores(ctx, db.DeleteScoresParams{Region: c.Region, RoundKey: c.Key})
	if err != nil {
		return err
	}
	ids, err := db.New(c).DeleteRoundUnits(ctx, db.DeleteRoundUnitsParams{Region: c.Region, RoundKey: c.Key})
	notifyOfDeletion(c, ids)
	return err
}

// GetRound reads one round.
func (s *Server) GetRound(ctx context.Context, req *assessmentv1.GetRoundRequest) (*assessmentv1.Round, error) {
	return s.rounds.Get(ctx, req.GetName())
}

// ListRounds lists the rounds of a subtree, or those of a period, the newest first.
func (s *Server) ListRounds(ctx context.Context, req *assessmentv1.ListRoundsRequest) (*assessmentv1.ListRoundsResponse, error) {
	list, next, err := s.rounds.List(ctx, req, collection.WhereSet("period = ?", req.GetPeriod()))
	return &assessmentv1.ListRoundsResponse{Rounds: list, NextPageToken: next}, err
}
