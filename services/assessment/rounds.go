package assessment

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// maxUnits is how many units may take part in one round.
const maxUnits = 10_000

type rounds struct {
	assessmentv1.UnsafeRoundServiceServer

	store   *record.Store
	units   networkv1.UnitServiceClient
	sources sources
}

// CreateRound opens a round with the scheme and the units of the period's last day, or of today where that is earlier.
func (s *rounds) CreateRound(ctx context.Context, req *assessmentv1.CreateRoundRequest) (*assessmentv1.Round, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", "string.period")
	}
	on := clock.Today(s.store.Clock)
	if period.Last().Before(on) {
		on = period.Last()
	}
	units, err := s.participants(ctx, req, on)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*assessmentv1.Round, error) {
		scheme := &assessmentv1.Scheme{}
		if err := schemes.Effective(ctx, tx, access.PathIDs(access.Target(ctx)), on, scheme); err != nil {
			return nil, err
		}
		round := &assessmentv1.Round{
			Unit: req.GetUnit(), Title: req.GetTitle(), Period: req.GetPeriod(), UnitLevels: req.GetUnitLevels(),
			Units: int32(len(units)), SchemeVersion: schemes.Version(scheme), State: RoundLifecycle.Start,
			CreateTime: timestamppb.New(s.store.Clock.Now()),
		}
		return round, insertRound(ctx, tx, round, units)
	})
}

// participants are the ids of the units that take part, in order.
func (s *rounds) participants(ctx context.Context, req *assessmentv1.CreateRoundRequest, on calendar.Date) ([]string, error) {
	list := &networkv1.ListUnitsRequest{
		Unit: req.GetUnit(), Levels: req.GetUnitLevels(), AsOf: on.String(), PageSize: unitsPerCall,
	}
	var ids []string
	for {
		resp, err := s.units.ListUnits(ctx, list)
		if status.Code(err) == codes.NotFound {
			break // it is reached today, so it did not exist on that day, and nothing lay below it
		}
		if err != nil {
			return nil, hidePeer("network", err)
		}
		for _, unit := range resp.GetUnits() {
			if unit.GetName() != req.GetUnit() {
				ids = append(ids, resource.ID(unit.GetName()))
			}
		}
		if len(ids) > maxUnits {
			return nil, fault.Precondition("TOO_MANY_UNITS", "limit", strconv.Itoa(maxUnits))
		}
		if list.PageToken = resp.GetNextPageToken(); list.GetPageToken() == "" {
			break
		}
	}
	if len(ids) == 0 {
		return nil, fault.Precondition("NO_UNITS", "unit", req.GetUnit())
	}
	return ids, nil
}

func insertRound(ctx context.Context, tx *record.Tx, round *assessmentv1.Round, units []string) error {
	key, path := resource.NewKey(), access.Path(access.Target(ctx))
	round.Name, round.Etag = resource.Name(resource.Rounds, key), document.Etag(1)
	body, err := document.Encode(round)
	if err != nil {
		return err
	}
	queries := db.New(tx)
	if err := queries.AddRound(ctx, db.AddRoundParams{
		RoundKey: key, UnitPath: path, State: int16(round.GetState()), Body: body,
	}); err != nil {
		return err
	}
	if err := queries.AddRoundUnits(ctx, db.AddRoundUnitsParams{RoundKey: key, UnitIds: units}); err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: round.GetName(), UnitPath: path})
}

// CloseRound makes a round final.
func (s *rounds) CloseRound(ctx context.Context, req *assessmentv1.CloseRoundRequest) (*assessmentv1.Round, error) {
	return record.Act(ctx, s.store, req, lockForAct("close"), func(_ context.Context, c *lockedRound) (*assessmentv1.Round, error) {
		return c.round, nil
	})
}

// GetRound reads one round.
func (s *rounds) GetRound(ctx context.Context, req *assessmentv1.GetRoundRequest) (*assessmentv1.Round, error) {
	round, err := s.findRound(ctx, req.GetName())
	return round, err
}

// ListRounds lists the rounds of a subtree, the newest first.
func (s *rounds) ListRounds(ctx context.Context, req *assessmentv1.ListRoundsRequest) (*assessmentv1.ListRoundsResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListRounds(ctx, db.ListRoundsParams{
		Subtree: access.Path(access.Target(ctx)), BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.Round) string { return r.RoundKey }, roundOf)
	return &assessmentv1.ListRoundsResponse{Rounds: list, NextPageToken: next}, err
}

// lockedRound is a round read for an act, its row locked.
type lockedRound struct {
	tx    *record.Tx
	row   db.Round
	round *assessmentv1.Round
}

// findRound reads a round within the caller's reach.
func (s *rounds) findRound(ctx context.Context, name string) (*assessmentv1.Round, error) {
	row, err := db.New(s.store).GetRound(ctx, resource.ID(name))
	if err := document.Authorize(ctx, err, row.UnitPath, name); err != nil {
		return nil, err
	}
	return roundOf(row)
}

// lock reads a round for an act.
func lockForAct(act lifecycle.Act) record.LockFunc[*lockedRound] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*lockedRound, error) {
		row, err := db.New(tx).LockRound(ctx, resource.ID(req.GetName()))
		if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		round, err := roundOf(row)
		if err != nil {
			return nil, err
		}
		return &lockedRound{tx: tx, row: row, round: round}, transition(round, req, act)
	}
}

// transition moves a round, as last read, to the state that an act leads to.
func transition(round *assessmentv1.Round, req record.ActRequest, act lifecycle.Act) (err error) {
	if etag := req.GetEtag(); etag != "" && etag != round.GetEtag() {
		return fault.EtagMismatch(req.GetName())
	}
	round.State, err = RoundLifecycle.Next(round.GetState(), act)
	return err
}

// Save stores the round and records the change.
func (c *lockedRound) Save(ctx context.Context) error {
	body, err := document.EncodeRevision(c.round, c.row.Revision)
	if err != nil {
		return err
	}
	if err := db.New(c.tx).SaveRound(ctx, db.SaveRoundParams{
		RoundKey: c.row.RoundKey, State: int16(c.round.GetState()), Body: body,
	}); err != nil {
		return err
	}
	return c.tx.Record(ctx, record.Entry{Resource: c.round.GetName(), UnitPath: c.row.UnitPath})
}

func roundOf(row db.Round) (*assessmentv1.Round, error) {
	return document.Read[*assessmentv1.Round](row.Body, row.Revision)
}
