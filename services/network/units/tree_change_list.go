package units

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// decidingPath is the path of the unit that makes the change: it, and those above it, may cancel it.
func (a *treeChange) decidingPath(ctx context.Context) (string, error) {
	name := access.PrincipalOf(ctx).Unit
	unit, err := unitOn(ctx, a.Tx, name, a.today)
	if fault.IsNotFound(err) {
		return resource.ID(name), nil
	}
	return access.Path(unit), err
}

// unitIDs are the ids of the units that the act names.
func (a *treeChange) unitIDs() []string {
	ids := make([]string, len(a.entries))
	for i, e := range a.entries {
		ids[i] = resource.ID(e.Resource)
	}
	return ids
}

// ListTreeChanges lists the changes that concern a subtree.
func (s *Server) ListTreeChanges(ctx context.Context, req *networkv1.ListTreeChangesRequest) (
	*networkv1.ListTreeChangesResponse, error,
) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListTreeChanges(ctx, db.ListTreeChangesParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.store.Clock),
		OnlyPlanned: req.GetPlannedOnly(),
		BeforeKey:   p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	changes, next, err := page.Build(ctx, p, rows, func(a db.TreeChange) string { return a.ChangeKey },
		func(a db.TreeChange) (*networkv1.TreeChange, error) { return changeOf(a), nil })
	return &networkv1.ListTreeChangesResponse{Changes: changes, NextPageToken: next}, err
}

// GetTreeChange reads one change.
func (s *Server) GetTreeChange(ctx context.Context, req *networkv1.GetTreeChangeRequest) (*networkv1.TreeChange, error) {
	row, err := db.New(s.store).GetTreeChange(ctx, resource.ID(req.GetName()))
	if err != nil {
		return nil, document.NotFoundAs(err, req.GetName())
	}
	return changeOf(row), nil
}

func changeOf(row db.TreeChange) *networkv1.TreeChange {
	c := &networkv1.TreeChange{
		Name: resource.Name(resource.TreeChanges, row.ChangeKey), Act: document.Enum[networkv1.TreeAct](row.Act),
		EffectiveFrom: row.EffectiveOn.String(), Reason: row.Reason,
		DecideTime: timestamppb.New(row.DecideTime), Units: resourceNames(row.UnitIds), CancelReason: row.CancelReason,
	}
	if row.CancelTime != nil {
		c.CancelTime = timestamppb.New(*row.CancelTime)
	}
	return c
}
