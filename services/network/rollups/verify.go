package rollups

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// maxDifferences is how many wrong cells are named or set right at once.
const maxDifferences = 1000

// VerifyRollUp names the cells of a unit that are kept wrongly.
func (s *Server) VerifyRollUp(ctx context.Context, req *networkv1.VerifyRollUpRequest) (*networkv1.VerifyRollUpResponse, error) {
	months, err := monthsOf(req)
	if err != nil {
		return nil, err
	}
	readers, err := s.readers(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := compare(ctx, s.store, req.GetUnit(), months, readers)
	if err != nil {
		return nil, err
	}
	differences := make([]*networkv1.RollUpDifference, len(rows))
	for i, r := range rows {
		differences[i] = &networkv1.RollUpDifference{
			Kept:    cellOf(r, r.Received, r.Returned, r.Accepted, r.Closed, r.Urgent, r.Unfounded),
			Counted: cellOf(r, r.DueReceived, r.DueReturned, r.DueAccepted, r.DueClosed, r.DueUrgent, r.DueUnfounded),
		}
	}
	inSeries, err := compareSeries(ctx, s.store, months, readers)
	return &networkv1.VerifyRollUpResponse{Differences: differences, SeriesDifferences: seriesDifferences(inSeries)}, err
}

// RepairRollUp sets them right. Nothing is added up meanwhile, so that what is found wrong is what is set right.
func (s *Server) RepairRollUp(ctx context.Context, req *networkv1.RepairRollUpRequest) (*networkv1.RepairRollUpResponse, error) {
	months, err := monthsOf(req)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.RepairRollUpResponse, error) {
		queries, resp := db.New(tx), &networkv1.RepairRollUpResponse{}
		if err := queries.LockCompaction(ctx); err != nil {
			return nil, err
		}
		for {
			rows, err := compare(ctx, tx, req.GetUnit(), months, noReaders)
			if err != nil {
				return nil, err
			}
			if len(rows) == 0 {
				break
			}
			if err := queries.SetRollUps(ctx, setParams(req.GetUnit(), rows)); err != nil {
				return nil, err
			}
			resp.Repaired += int32(len(rows))
		}
		inSeries, err := repairSeries(ctx, tx, months)
		if err != nil {
			return nil, err
		}
		resp.Repaired += inSeries
		return resp, tx.Record(ctx, record.Entry{Resource: req.GetUnit(), UnitPath: access.Path(access.Target(ctx))})
	})
}

// noReaders conceals nothing: repair works on all counts.
var noReaders = []string{}

func compare(
	ctx context.Context, tx db.DBTX, unit string, months []calendar.Date, readers []string,
) ([]db.CompareRollUpRow, error) {
	from, before := timeRangeOf(months)
	return db.New(tx).CompareRollUp(ctx, db.CompareRollUpParams{
		UnitID: resource.ID(unit), Months: months, ReceivedFrom: from, ReceivedBefore: before, ReaderUnits: readers,
		Most: maxDifferences,
	})
}

func cellOf(r db.CompareRollUpRow, received, returned, accepted, closed, urgent, unfounded int64) *networkv1.RollUpCell {
	return &networkv1.RollUpCell{
		Child: resource.Name(resource.Units, r.ChildID), SubjectArea: r.SubjectArea, SourceRole: string(r.SourceRoles),
		Month:    monthOf(r.Month),
		Received: received, Returned: returned, Accepted: accepted, Closed: closed, Urgent: urgent, Unfounded: unfounded,
	}
}

func setParams(unit string, rows []db.CompareRollUpRow) db.SetRollUpsParams {
	p := db.SetRollUpsParams{UnitID: resource.ID(unit)}
	for _, r := range rows {
		p.Months = append(p.Months, r.Month)
		p.ChildIds = append(p.ChildIds, r.ChildID)
		p.SubjectAreas = append(p.SubjectAreas, r.SubjectArea)
		p.SourceRoles = append(p.SourceRoles, r.SourceRoles)
		p.Received = append(p.Received, int32(r.DueReceived))
		p.Returned = append(p.Returned, int32(r.DueReturned))
		p.Accepted = append(p.Accepted, int32(r.DueAccepted))
		p.Closed = append(p.Closed, int32(r.DueClosed))
		p.Urgent = append(p.Urgent, int32(r.DueUrgent))
		p.Unfounded = append(p.Unfounded, int32(r.DueUnfounded))
	}
	return p
}
