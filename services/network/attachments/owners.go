package attachments

import (
	"context"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	shared "github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// encloseAct is the act of a sender who adds an original.
const encloseAct lifecycle.Act = "enclose"

// owners are the tips. Whoever holds the token of an upload goes on with it: nobody asks who that is.
type owners struct{ clock clock.Clock }

// Read is for those who handle the tip.
func (o owners) Read(ctx context.Context, from shared.DBTX, name string) error {
	if _, err := keyOf(name); err != nil {
		return err
	}
	_, err := tips.Read(ctx, from, clock.Today(o.clock), name)
	return err
}

// Attach is for those who handle the tip.
func (o owners) Attach(ctx context.Context, tx *record.Tx, name string) (attachments.Owner, error) {
	if _, err := keyOf(name); err != nil {
		return attachments.Owner{}, err
	}
	tip, row, err := tips.Lock(ctx, tx, tx.Today(), name)
	if err != nil {
		return attachments.Owner{}, err
	}
	return ownerOf(ctx, tx, tip, row.HandlingPath, attachments.AttachAct)
}

// Hold lets whoever holds the token go on.
func (owners) Hold(context.Context, shared.DBTX, string) error { return nil }

// Complete lets an upload in time end also where the tip was accepted meanwhile.
func (owners) Complete(ctx context.Context, tx *record.Tx, name string) error {
	key, err := keyOf(name)
	if err != nil {
		return err
	}
	tip, _, err := lock(ctx, tx, key)
	if err != nil {
		return err
	}
	_, err = tips.Lifecycle.Next(tip.GetState(), attachments.CompleteAct)
	return err
}

// Path is that of the unit that handles the tip.
func (owners) Path(ctx context.Context, from shared.DBTX, name string) (string, error) {
	key, err := keyOf(name)
	if err != nil {
		return "", err
	}
	row, err := db.New(from).GetTip(ctx, db.GetTipParams(key))
	return row.HandlingPath, err
}

// ownerOf is a locked tip as an owner, if its state lets somebody add to it.
func ownerOf(
	ctx context.Context, tx *record.Tx, tip *networkv1.Tip, handlingPath string, act lifecycle.Act,
) (attachments.Owner, error) {
	if _, err := tips.Lifecycle.Next(tip.GetState(), act); err != nil {
		return attachments.Owner{}, err
	}
	// Its path and not its unit says which scheme holds: the unit may have ended since.
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, strings.Split(handlingPath, "."), tx.Today(), scheme); err != nil {
		return attachments.Owner{}, err
	}
	return attachments.Owner{Name: tip.GetName(), UnitPath: handlingPath, Rules: scheme.GetAttachmentRules()}, nil
}

// keyOf is the key of a tip; NOT_FOUND for the name of anything else.
func keyOf(name string) (db.LockTipParams, error) {
	if !strings.HasPrefix(name, resource.Tips+"/") {
		return db.LockTipParams{}, fault.NotFound(name)
	}
	region, key, err := resource.Split(name)
	return db.LockTipParams{Region: region, TipKey: key}, err
}
