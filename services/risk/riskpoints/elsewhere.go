package riskpoints

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// tellElsewhere is the follower that tells units of risk points whose owners stand neither with them nor above them since the
// tree has changed (T5). ListRiskPoints has these (owner_unfit).
func tellElsewhere(ctx context.Context, tx *record.Tx, below []string) (func(context.Context) error, error) {
	points, err := db.New(tx).PointsOwnedThere(ctx, db.PointsOwnedThereParams{
		Below: below, Ended: riskv1.RegisterState_REGISTER_STATE_ENDED.String(),
	})
	var p db.UnitsOfOwnersElsewhereParams
	for _, point := range points {
		p.Regions, p.Keys = append(p.Regions, point.Region), append(p.Keys, point.Key)
	}
	return func(ctx context.Context) error {
		rows, err := db.New(tx).UnitsOfOwnersElsewhere(ctx, p)
		if err != nil || len(rows) == 0 {
			return err
		}
		entries := make([]record.Entry, len(rows))
		for i, row := range rows {
			unit := resource.Name(resource.Units, access.LastPathID(row.UnitPath))
			tx.Notify(record.Message{
				Unit: unit, Resource: unit, Sentence: words.InboxRiskPointOwnersElsewhere(strconv.FormatInt(row.Points, 10)),
			})
			entries[i] = record.Entry{Resource: unit, UnitPath: row.UnitPath}
		}
		return tx.Record(ctx, entries...)
	}, err
}
