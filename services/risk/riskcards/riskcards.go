// Package riskcards shows what a position has to watch, on one page (T8).
package riskcards

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/commitments"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
)

// most is how many of a kind a card shows.
const most = 500

// Server serves RiskCardService.
type Server struct {
	riskv1.UnsafeRiskCardServiceServer

	positions *collection.Collection[*riskv1.Position]
	powers    *collection.Collection[*riskv1.PowerItem]
	points    *collection.Collection[*riskv1.RiskPoint]
	pledges   collection.Collection[*riskv1.Commitment]
	controls  *collection.Collection[*riskv1.Control]
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{
		positions: positions.Collection(env), powers: powers.Collection(env).Versions(),
		points: riskpoints.Collection(env).Versions(), pledges: commitments.Collection(env), controls: controls.Collection(env),
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterRiskCardServiceServer(r, s) }

// ShowRiskCard reads the powers, risk points and commitments of a position that were in force on a day, and the controls of the
// risks that lie with it and those that it answers for: none of a unit that has gone from under the position's own since.
func (s *Server) ShowRiskCard(ctx context.Context, req *riskv1.ShowRiskCardRequest) (*riskv1.RiskCard, error) {
	found, err := s.positions.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	day := clock.Today(s.positions.Store.Clock)
	if req.GetAsOf() != "" {
		var faults fault.Fields
		day, _ = faults.ParsePastDay("as_of", req.GetAsOf(), day)
		if err := faults.Err(); err != nil {
			return nil, err
		}
	}
	position := found.Record
	card := &riskv1.RiskCard{Incumbent: positions.IncumbentOn(position, day), AsOf: day.String()}
	card.Rank, card.Tier = positions.RankOn(position, day)
	inForce := collection.AsOf(day)
	here := collection.Where("unit_path <@ ?::ltree", strings.Join(found.Units(), "."))
	card.PowerItems, err = s.powers.First(ctx, most, inForce,
		collection.Where("body -> 'positions' @> to_jsonb(?::text)", position.GetName()))
	if err != nil {
		return nil, err
	}
	card.RiskPoints, err = s.points.First(ctx, most, inForce, here, collection.Where("position = ?", position.GetName()))
	if err != nil {
		return nil, err
	}
	card.OwnedRiskPoints, err = s.points.First(ctx, most, inForce, here,
		collection.Where("owner_position = ?", position.GetName()))
	if err != nil {
		return nil, err
	}
	card.Commitments, err = s.pledges.First(ctx, most, commitments.AsOf(day),
		collection.Where("position = ?", position.GetName()))
	if err != nil {
		return nil, err
	}
	lying := make([]string, len(card.GetRiskPoints()))
	for i, point := range card.GetRiskPoints() {
		lying[i] = point.GetName()
	}
	card.Controls, err = s.controls.First(ctx, most, here,
		collection.Where("(owner_position = ? OR risk_point = ANY (?) AND NOT given_up)", position.GetName(), lying),
		collection.Where("state <> ? AND create_time < ?",
			riskv1.ControlState_CONTROL_STATE_CANCELLED.String(), day.AddDays(1).In(calendar.Shanghai)))
	return card, err
}
