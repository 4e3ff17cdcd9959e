// Package positions keeps the positions of units and who holds them (J1, T5, T10).
package positions

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Server serves PositionService.
type Server struct {
	riskv1.UnsafePositionServiceServer

	positions *collection.Collection[*riskv1.Position]
	settling  owed.Kind[*riskv1.Position]
	calendar  calendar.Source
	directory access.Directory
}

// New makes the server and adds its jobs.
func New(env service.Env) *Server {
	s := &Server{positions: Collection(env), calendar: env.Calendar, directory: env.Directory}
	s.settling = settling(s.positions)
	env.Queue.Add(s.unsettledJob(), s.settling.Job(SettleJob, env.Calendar))
	return s
}

// Collection is the positions, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.Position] {
	return &collection.Collection[*riskv1.Position]{Store: env.Store, Table: "positions", Life: Lifecycle}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPositionServiceServer(r, s) }

// CreatePosition registers a position.
func (s *Server) CreatePosition(ctx context.Context, req *riskv1.CreatePositionRequest) (*riskv1.Position, error) {
	added := func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
		c.TellFromAbove(ctx, words.InboxPositionAdded(access.PrincipalOf(ctx).Unit, c.Record.GetTitle()))
		return nil
	}
	return record.Prepare(ctx, s.positions.Store, req,
		func(ctx context.Context) (charged, error) { return s.chargedOf(ctx, req.GetPosition()) },
		func(ctx context.Context, of charged) (*riskv1.Position, error) {
			return s.positions.Create(ctx, req, req.GetPosition(), check, inCharge(of), tellComers, added)
		})
}

// GetPosition reads one position.
func (s *Server) GetPosition(ctx context.Context, req *riskv1.GetPositionRequest) (*riskv1.Position, error) {
	return s.positions.Get(ctx, req.GetName())
}

// ListPositions lists the positions of a subtree.
func (s *Server) ListPositions(ctx context.Context, req *riskv1.ListPositionsRequest) (*riskv1.ListPositionsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.positions.Store, &faults, "ranks", "ranks", req.GetRanks()...); err != nil {
		return nil, err
	}
	if err := schemes.CheckFilter(ctx, s.positions.Store, &faults, "tiers", "tiers", req.GetTiers()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.In("rank", req.GetRanks()), collection.In("tier", req.GetTiers()), collection.InEnum("state", req.GetStates()),
	}
	if req.GetUnsettled() {
		filters = append(filters, collection.Where("unsettled_since IS NOT NULL"))
	}
	if gap := req.GetSearchGap(); gap != riskv1.SearchGap_SEARCH_GAP_UNSPECIFIED {
		filters = append(filters, collection.Where("ended_on IS NULL AND NOT has_point('positions/' || region || '-' || key, ?)",
			gap == riskv1.SearchGap_SEARCH_GAP_NONE_IN_FORCE))
	}
	list, next, err := s.positions.List(ctx, req, filters...)
	return &riskv1.ListPositionsResponse{Positions: list, NextPageToken: next}, err
}

// UpdatePosition changes a position, such as its holders.
func (s *Server) UpdatePosition(ctx context.Context, req *riskv1.UpdatePositionRequest) (*riskv1.Position, error) {
	return record.Prepare(ctx, s.positions.Store, req,
		func(ctx context.Context) (charged, error) { return s.chargedOf(ctx, req.GetPosition()) },
		func(ctx context.Context, of charged) (*riskv1.Position, error) { return s.update(ctx, req, of) })
}

// update changes a position in charge of units that were looked up.
func (s *Server) update(ctx context.Context, req *riskv1.UpdatePositionRequest, of charged) (*riskv1.Position, error) {
	return record.Change(ctx, s.positions.Store, req, func(ctx context.Context, tx *record.Tx) (*riskv1.Position, error) {
		otherRank := false
		note := func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
			otherRank = hasOtherRank(c)
			if c.Before.GetTier() == c.Record.GetTier() {
				return nil
			}
			return db.New(c).NoteRetiered(ctx, c.Record.GetName())
		}
		rules := append(changed(req.GetReason()), inCharge(of), note)
		position, err := s.positions.UpdateIn(ctx, tx, req, "position", req.GetPosition(), nil, rules...)
		if err != nil || !otherRank {
			return position, err
		}
		return position, s.tellUnfit(ctx, tx, position)
	})
}

// changed are the rules of every change of a position.
func changed(reason string) []collection.Rule[*riskv1.Position] {
	return []collection.Rule[*riskv1.Position]{check, corrected(reason), ranked(reason)}
}

// corrected wants a reason where who held a position before today is corrected, or came before today without the appointment that
// the rank asks for, and tells the unit above: rotations and commitments go by it. Of another rank alone, ranked tells.
func corrected(reason string) collection.Rule[*riskv1.Position] {
	return func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		if len(comers(c, scheme)) == 0 && !rewritten(c.Before.GetHolders(), c.Record.GetHolders(), c.Today()) {
			return nil
		}
		if reason == "" {
			return fault.Invalid("reason", words.Required())
		}
		if slices.EqualFunc(c.Before.GetHolders(), c.Record.GetHolders(), sameHolding) {
			return nil
		}
		c.Tell(c.UnitAbove(), words.InboxPositionCorrected(c.Record.GetUnit(), c.Record.GetTitle(), reason))
		return nil
	}
}

func sameHolding(one, other *riskv1.PositionHolder) bool { return proto.Equal(one, other) }

// check wants a rank and a tier of the scheme of the day, and holders who follow each other.
func check(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	scheme, position := &riskv1.Scheme{}, c.Record
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	var faults fault.Fields
	switch {
	case position.GetRank() != "":
		schemes.CheckKnown(&faults, "position.rank", position.GetRank(), scheme.GetRanks())
	case len(scheme.GetRanks()) > 0:
		faults.Add("position.rank", words.Required())
	}
	if position.GetTier() != "" {
		schemes.CheckKnown(&faults, "position.tier", position.GetTier(), scheme.GetTiers())
	}
	checkHolders(&faults, position.GetHolders())
	refuseComers(ctx, &faults, c, scheme)
	return faults.Err()
}
