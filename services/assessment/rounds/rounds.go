// Package rounds runs assessments: a round fixes who takes part, scores and grades them from live figures, and freezes the result
// (T24, T26).
package rounds

import (
	"context"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
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

	rounds  collection.Collection[*assessmentv1.Round]
	closed  collection.Collection[*assessmentv1.Round] // the same, once closed for whoever asks
	units   networkv1.UnitServiceClient
	sources measures.Sources
}

type change = collection.Change[*assessmentv1.Round]

// New makes the server. Units are scored from what the sources measure.
func New(env service.Env, sources measures.Sources) *Server {
	rounds := collection.Collection[*assessmentv1.Round]{Store: env.Store, Table: "rounds", Life: Lifecycle, Newest: true}
	closed := rounds
	closed.Reach = reachesClosed
	return &Server{
		rounds: rounds, closed: closed, units: networkv1.NewUnitServiceClient(env.Dial("network")), sources: sources,
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { assessmentv1.RegisterRoundServiceServer(r, s) }

// CreateRound opens a round with the scheme and the units of the period's last day, or of today where that is earlier.
func (s *Server) CreateRound(ctx context.Context, req *assessmentv1.CreateRoundRequest) (*assessmentv1.Round, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", words.StringPeriod())
	}
	on := clock.Today(s.rounds.Store.Clock)
	if period.Last().Before(on) {
		on = period.Last()
	}
	return record.Prepare(ctx, s.rounds.Store, req, func(ctx context.Context) ([]string, error) {
		return s.participants(ctx, req, on)
	}, func(ctx context.Context, units []string) (*assessmentv1.Round, error) {
		return s.rounds.Create(ctx, req, &assessmentv1.Round{
			Title: req.GetTitle(), Period: req.GetPeriod(), UnitLevels: req.GetUnitLevels(), Units: int32(len(units)),
		}, func(ctx context.Context, c *change) error {
			scheme := &assessmentv1.Scheme{}
			if err := schemes.Effective(ctx, c, c.Units(), on, scheme); err != nil {
				return err
			}
			c.Record.SchemeVersion = schemes.Version(scheme)
			return db.New(c).AddRoundUnits(ctx, db.AddRoundUnitsParams{Region: c.Region, RoundKey: c.Key, UnitIds: units})
		})
	})
}

// participants are the ids of the units that take part, in order.
func (s *Server) participants(ctx context.Context, req *assessmentv1.CreateRoundRequest, on calendar.Date) ([]string, error) {
	list := &networkv1.ListUnitsRequest{
		Unit: req.GetUnit(), Levels: req.GetUnitLevels(), AsOf: on.String(), PageSize: measures.UnitsPerCall,
	}
	var ids []string
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
				ids = append(ids, resource.ID(unit.GetName()))
			}
		}
		if len(ids) > MaxUnits {
			return nil, fault.Precondition(words.TooManyUnits(strconv.Itoa(MaxUnits)))
		}
		if list.PageToken = resp.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	if len(ids) == 0 {
		return nil, fault.Precondition(words.NoUnits(req.GetUnit()))
	}
	return ids, nil
}

// CloseRound makes a round final, and tells every unit that was scored.
func (s *Server) CloseRound(ctx context.Context, req *assessmentv1.CloseRoundRequest) (*assessmentv1.Round, error) {
	return s.rounds.Act(ctx, req, finish, func(ctx context.Context, c *change) error {
		ids, err := db.New(c).ListRoundUnits(ctx, db.ListRoundUnitsParams{Region: c.Region, RoundKey: c.Key})
		for _, id := range ids {
			c.Notify(record.Message{
				Unit: resource.Name(resource.Units, id), Sentence: words.InboxRoundClosed(), Resource: c.Record.GetName(),
			})
		}
		return err
	})
}

// GetRound reads one round.
func (s *Server) GetRound(ctx context.Context, req *assessmentv1.GetRoundRequest) (*assessmentv1.Round, error) {
	return s.rounds.Get(ctx, req.GetName())
}

// ListRounds lists the rounds of a subtree, the newest first.
func (s *Server) ListRounds(ctx context.Context, req *assessmentv1.ListRoundsRequest) (*assessmentv1.ListRoundsResponse, error) {
	list, next, err := s.rounds.List(ctx, req)
	return &assessmentv1.ListRoundsResponse{Rounds: list, NextPageToken: next}, err
}
