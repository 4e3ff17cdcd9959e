package units

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// etagOf tells versions apart: another act on the same day, or a change planned for the end of a version, gives another.
func etagOf(row db.Unit) string {
	sum := sha256.Sum256([]byte(row.ValidFrom.Format(time.DateOnly) + row.ValidTo.Format(time.DateOnly) + row.ActKey))
	return hex.EncodeToString(sum[:8])
}

// ListUnitVersions lists the history of a unit.
func (s *Server) ListUnitVersions(
	ctx context.Context, req *networkv1.ListUnitVersionsRequest,
) (*networkv1.ListUnitVersionsResponse, error) {
	size, after, err := page.Open[time.Time](req)
	if err != nil {
		return nil, err
	}
	queries, id := db.New(s.book), resource.ID(req.GetName())
	rows, err := queries.ListUnitVersions(ctx, db.ListUnitVersionsParams{
		UnitID: id, AfterFrom: page.From(after, time.Time{}), PageSize: page.Limit(size),
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && after == nil {
		return nil, fault.NotFound(req.GetName())
	}
	rows, next, err := page.Cut(req, size, rows, func(r db.ListUnitVersionsRow) time.Time { return r.Unit.ValidFrom },
		page.Light[db.ListUnitVersionsRow])
	if err != nil {
		return nil, err
	}
	kin, err := queries.Kin(ctx, id)
	if err != nil {
		return nil, err
	}
	answer := &networkv1.ListUnitVersionsResponse{NextPageToken: next}
	for _, row := range rows {
		answer.Versions = append(answer.Versions, versionOf(row, kin))
	}
	return answer, nil
}

func versionOf(row db.ListUnitVersionsRow, kin db.KinRow) *networkv1.UnitVersion {
	v := &networkv1.UnitVersion{Unit: unitOf(row.Unit), Act: networkv1.TreeAct(row.Act), Reason: row.Reason}
	v.Change = resource.Name(resource.TreeChanges, row.Unit.ActKey)
	if !row.Unit.ValidTo.Equal(forever) {
		v.EffectiveTo = calendar.DateOf(row.Unit.ValidTo, time.UTC).AddDays(-1).String()
	}
	if row.DecideTime != nil {
		v.DecideTime = timestamppb.New(*row.DecideTime)
	}
	if row.Born {
		v.Predecessors = names(kin.Predecessors)
	}
	if row.Ended {
		v.Successors, v.EndedBy, v.EndReason = names(kin.Successors), networkv1.TreeAct(row.EndAct), row.EndReason
		v.EndChange = resource.Name(resource.TreeChanges, row.EndKey)
	}
	return v
}

func names(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = resource.Name(resource.Units, id)
	}
	return list
}

// ListMoves lists which subtrees came to lie elsewhere.
func (s *Server) ListMoves(ctx context.Context, req *networkv1.ListMovesRequest) (*networkv1.ListMovesResponse, error) {
	size, after, err := page.Open[int64](req)
	if err != nil {
		return nil, err
	}
	moves, err := movesAfter(ctx, s.book, page.From(after, req.GetAfterSequence()), page.Limit(size))
	if err != nil {
		return nil, err
	}
	moves, next, err := page.Cut(req, size, moves, (*networkv1.Move).GetSequence, page.Light[*networkv1.Move])
	return &networkv1.ListMovesResponse{Moves: moves, NextPageToken: next}, err
}
