package units

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// etagOf tells versions apart: another act on the same day, or a change planned for the end of a version, gives another.
func etagOf(row db.Unit) string {
	sum := sha256.Sum256([]byte(row.ValidFrom.String() + row.ValidTo.String() + row.ChangeKey))
	return hex.EncodeToString(sum[:8])
}

// ListUnitVersions lists the history of a unit.
func (s *Server) ListUnitVersions(
	ctx context.Context, req *networkv1.ListUnitVersionsRequest,
) (*networkv1.ListUnitVersionsResponse, error) {
	p, err := page.Parse(req, calendar.FirstDay.AddDays(-1))
	if err != nil {
		return nil, err
	}
	queries, id := db.New(s.store), resource.ID(req.GetName())
	rows, err := queries.ListUnitVersions(ctx, db.ListUnitVersionsParams{
		UnitID: id, AfterFrom: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && p.First {
		return nil, fault.NotFound(req.GetName())
	}
	succession, err := queries.GetSuccession(ctx, id)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListUnitVersionsRow) calendar.Date { return r.Unit.ValidFrom },
		func(r db.ListUnitVersionsRow) (*networkv1.UnitVersion, error) { return versionOf(r, succession), nil })
	return &networkv1.ListUnitVersionsResponse{Versions: list, NextPageToken: next}, err
}

func versionOf(row db.ListUnitVersionsRow, succession db.GetSuccessionRow) *networkv1.UnitVersion {
	v := &networkv1.UnitVersion{Unit: unitOf(row.Unit), Act: document.Enum[networkv1.TreeAct](row.Act), Reason: row.Reason}
	v.Change = resource.Name(resource.TreeChanges, row.Unit.ChangeKey)
	if row.Unit.ValidTo != noEnd {
		v.EffectiveTo = row.Unit.ValidTo.AddDays(-1).String()
	}
	if row.DecideTime != nil {
		v.DecideTime = timestamppb.New(*row.DecideTime)
	}
	if row.Born {
		v.Predecessors = resourceNames(succession.Predecessors)
	}
	if row.Ended {
		v.Successors, v.EndReason = resourceNames(succession.Successors), row.EndReason
		v.EndedBy = document.Enum[networkv1.TreeAct](row.EndAct)
		v.EndChange = resource.Name(resource.TreeChanges, row.EndKey)
	}
	return v
}

func resourceNames(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = resource.Name(resource.Units, id)
	}
	return list
}

// ListMoves lists which subtrees came to lie elsewhere, those of today included.
func (s *Server) ListMoves(ctx context.Context, req *networkv1.ListMovesRequest) (*networkv1.ListMovesResponse, error) {
	p, err := page.Parse(req, req.GetAfterSequence())
	if err != nil {
		return nil, err
	}
	if err := s.applyDue(ctx); err != nil {
		return nil, err
	}
	moves, err := movesAfter(ctx, s.store, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	moves, next, err := page.Build(ctx, p, moves, (*networkv1.Move).GetSequence,
		func(m *networkv1.Move) (*networkv1.Move, error) { return m, nil })
	return &networkv1.ListMovesResponse{Moves: moves, NextPageToken: next}, err
}
