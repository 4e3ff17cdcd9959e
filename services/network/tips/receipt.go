package tips

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/receipts"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ByReceipt finds the tip of a receipt and its key; NOT_FOUND where no tip belongs to it.
func ByReceipt(ctx context.Context, tx db.DBTX, text string) (*networkv1.Tip, db.LockTipParams, error) {
	readings, err := receipts.Read(text)
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	for _, r := range readings {
		row, err := db.New(tx).TipByReceipt(ctx, db.TipByReceiptParams{Region: r.Region, ReceiptHash: r.Hash})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, db.LockTipParams{}, err
		}
		tip, err := document.Decode[*networkv1.Tip](row.Body)
		return tip, db.LockTipParams{Region: r.Region, TipKey: row.TipKey}, err
	}
	return nil, db.LockTipParams{}, receipts.ErrNone()
}

// lockByReceipt reads the tip of a receipt for an act of its sender, its row locked, and leads it to its next state.
func lockByReceipt(ctx context.Context, tx *record.Tx, text string, act lifecycle.Act) (*networkv1.Tip, db.LockTipRow, error) {
	_, key, err := ByReceipt(ctx, tx, text)
	if err != nil {
		return nil, db.LockTipRow{}, err
	}
	row, err := db.New(tx).LockTip(ctx, key)
	if err != nil {
		return nil, db.LockTipRow{}, err
	}
	tip, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
	if err != nil {
		return nil, db.LockTipRow{}, err
	}
	tip.State, err = next(tip, act, nil, tx.Now())
	return tip, row, err
}
