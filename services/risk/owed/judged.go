package owed

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// RequireEvidence requires a file of a record that is to be done, where what the scheme calls by a title asks for one.
func RequireEvidence[M collection.Record](ctx context.Context, c *collection.Change[M], asked bool, title words.Title) error {
	if !asked {
		return nil
	}
	has, err := attachments.Has(ctx, c, c.Record.GetName())
	if err == nil && !has {
		return fault.Precondition(words.EvidenceMissing(title))
	}
	return err
}

// RequireOther keeps the unit where a position stands from judging what that position did; the root has nobody above it who
// would.
func RequireOther[M collection.Record](
	ctx context.Context, c *collection.Change[M], positions *collection.Collection[*riskv1.Position], name string,
	refused func(words.Title) words.Sentence,
) error {
	if name == "" {
		return nil
	}
	owner, err := positions.Ancestor(ctx, c.Tx, name, c.Units())
	if fault.IsNotFound(err) {
		return nil // it has gone to another unit
	}
	if err == nil && len(owner.Units()) > 1 && owner.ActingUnit() == access.PrincipalOf(ctx).Unit {
		return fault.Denied(refused(words.Untitled(owner.ActingUnit())))
	}
	return err
}
