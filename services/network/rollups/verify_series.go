package rollups

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// compareSeries finds the cells of series that are kept wrongly, of what is handled in the subtree that the call names.
func compareSeries(
	ctx context.Context, tx db.DBTX, months []calendar.Date, readers []string,
) ([]db.CompareTipSeriesRow, error) {
	from, before := timeRangeOf(months)
	return db.New(tx).CompareTipSeries(ctx, db.CompareTipSeriesParams{
		Subtree: access.Path(access.Target(ctx)), Months: months, ReceivedFrom: from, ReceivedBefore: before,
		ReaderUnits: readers, Most: maxDifferences,
	})
}

func seriesDifferences(rows []db.CompareTipSeriesRow) []*networkv1.TipSeriesDifference {
	list := make([]*networkv1.TipSeriesDifference, len(rows))
	for i, r := range rows {
		list[i] = &networkv1.TipSeriesDifference{
			HandlingUnit: resource.Name(resource.Units, r.HandlingID),
			Kept:         seriesCell(r, r.Received, r.Returned, r.Urgent, r.Unfounded),
			Counted:      seriesCell(r, r.DueReceived, r.DueReturned, r.DueUrgent, r.DueUnfounded),
		}
	}
	return list
}

func seriesCell(r db.CompareTipSeriesRow, received, returned, urgent, unfounded int64) *networkv1.TipSeriesCell {
	return &networkv1.TipSeriesCell{
		Unit: resource.Name(resource.Units, r.UnitID), SubjectArea: r.SubjectArea, Month: monthOf(r.Month), Channel: r.Channel,
		Received: received, Returned: returned, Urgent: urgent, Unfounded: unfounded,
	}
}

// maxRepairs is how often differences are looked for in one call, so that none that comes back holds up the adding up for ever.
const maxRepairs = 1000

// repairSeries sets them right, and says how many they were.
func repairSeries(ctx context.Context, tx db.DBTX, months []calendar.Date) (repaired int32, err error) {
	for range maxRepairs {
		rows, err := compareSeries(ctx, tx, months, noReaders)
		if err != nil || len(rows) == 0 {
			return repaired, err
		}
		p := db.SetTipSeriesParams{}
		for _, r := range rows {
			p.UnitIds, p.SubjectAreas = append(p.UnitIds, r.UnitID), append(p.SubjectAreas, r.SubjectArea)
			p.Months, p.Channels = append(p.Months, r.Month), append(p.Channels, r.Channel)
			p.HandlingIds = append(p.HandlingIds, r.HandlingID)
			p.ConcealedFroms = append(p.ConcealedFroms, r.ConcealedFrom)
			p.UnitPaths, p.HandlingPaths = append(p.UnitPaths, r.UnitPath), append(p.HandlingPaths, r.HandlingPath)
			p.Received, p.Returned = append(p.Received, int32(r.DueReceived)), append(p.Returned, int32(r.DueReturned))
			p.Urgent, p.Unfounded = append(p.Urgent, int32(r.DueUrgent)), append(p.Unfounded, int32(r.DueUnfounded))
		}
		if err := db.New(tx).SetTipSeries(ctx, p); err != nil {
			return repaired, err
		}
		repaired += int32(len(rows))
	}
	return repaired, nil
}
