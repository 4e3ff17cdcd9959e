package owed

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// RequireEvidence requires a file that the caller's unit attached to a record, where what the scheme calls by a title asks for
// one.
func RequireEvidence[M collection.Record](ctx context.Context, c *collection.Change[M], asked bool, title words.Title) error {
	if !asked {
		return nil
	}
	has, err := attachments.HasOf(ctx, c, c.Record.GetName(), access.PrincipalOf(ctx).Unit, time.Time{})
	if err == nil && !has {
		return fault.Precondition(words.EvidenceMissing(title))
	}
	return err
}

// Finding is what somebody who looked said of what was done.
type Finding interface {
	GetReason() string
	GetCheckTime() *timestamppb.Timestamp
}

// RequireReworked refuses what says again what was sent back last, unless the caller's unit has attached a file since (J4).
func RequireReworked[M collection.Record, F Finding](
	ctx context.Context, c *collection.Change[M], findings []F, said func(F) string, says string,
) error {
	if len(findings) == 0 {
		return nil
	}
	last := findings[len(findings)-1]
	if prose.Gist(said(last)) != prose.Gist(says) {
		return nil
	}
	by := access.PrincipalOf(ctx).Unit
	return attachments.RequireSince(ctx, c, c.Record.GetName(), by, last.GetCheckTime().AsTime(), last.GetReason())
}

// OwnerActing and ExecutorActing are the columns, derived of a record, of the unit that acts for the one where its owner, or its
// executor, stood as it is stored; empty where it has none. Judge and Owner read them: with the records of a batch, not for each.
const (
	OwnerActing    = actingFor + `VALUES (body #>> '{owner,unit}')) AS o (unit))`
	ExecutorActing = actingFor + `VALUES (body #>> '{executor,unit}')) AS o (unit))`

	actingFor = `(SELECT coalesce((SELECT 'units/' || subpath(acting_path(e.path), -1)::text FROM ended_units e
		WHERE e.unit_id = split_part(o.unit, '/', 2)), o.unit, '') FROM (`
)

// Judge is the unit that is asked to judge what the owner of a record did: the lowest above the record's, from one of those above
// it on, in which the owner's position doesn't stand and which doesn't act for where it stood (RequireOther). The root has none
// above it and judges its own.
func Judge[M collection.Record](c *collection.Change[M], from string) string {
	units := c.Units()
	above := units[:len(units)-1]
	if at := slices.Index(above, resource.ID(from)); at >= 0 {
		above = above[:at+1]
	}
	for _, id := range slices.Backward(above) {
		if name := resource.Name(resource.Units, id); name != c.Beside[OwnerActing] {
			return name
		}
	}
	return resource.Name(resource.Units, units[0])
}

// Above is the unit above a record's, which is asked by To of Kind and Asking where nothing else says who is.
func Above[M collection.Record](_ context.Context, c *collection.Change[M]) (string, error) {
	return c.UnitAbove(), nil
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
