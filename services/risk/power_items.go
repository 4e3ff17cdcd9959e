package risk

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

type powerItems struct {
	riskv1.UnsafePowerItemServiceServer

	book *record.Book
}

// place is where a record stands in a list by unit and time of registration.
type place struct{ Path, Key string }

// CreatePowerItem registers a power with its workflow (J1).
func (s *powerItems) CreatePowerItem(
	ctx context.Context, req *riskv1.CreatePowerItemRequest,
) (*riskv1.PowerItem, error) {
	if err := checkWorkflow(req.GetPowerItem().GetSteps()); err != nil {
		return nil, err
	}
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*riskv1.PowerItem, error) {
		asked, unit, now, key := req.GetPowerItem(), access.Target(ctx), s.book.Clock.Now(), resource.NewKey()
		item := &riskv1.PowerItem{
			Name: resource.Sharded(resource.PowerItems, unit.GetRegion(), key), Unit: unit.GetName(),
			Title: asked.GetTitle(), LegalBasis: asked.GetLegalBasis(), Positions: asked.GetPositions(), Steps: asked.GetSteps(),
			CreateTime: timestamppb.New(now),
		}
		body, err := document.Encode(item)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddPowerItem(ctx, db.AddPowerItemParams{
			Region: unit.GetRegion(), ItemKey: key, UnitPath: access.Path(unit), CreateTime: now, Body: body,
		}); err != nil {
			return nil, err
		}
		return item,
			tx.Record(ctx, record.Entry{Resource: item.GetName(), UnitPath: access.Path(unit)})
	})
}

// GetPowerItem reads one power item.
func (s *powerItems) GetPowerItem(ctx context.Context, req *riskv1.GetPowerItemRequest) (*riskv1.PowerItem, error) {
	item, err := findPowerItem(ctx, s.book, req.GetName())
	if err != nil {
		return nil, err
	}
	return item, nil
}

// ListPowerItems lists the power items of a subtree.
func (s *powerItems) ListPowerItems(ctx context.Context, req *riskv1.ListPowerItemsRequest) (*riskv1.ListPowerItemsResponse, error) {
	p, err := page.Open(req, place{})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListPowerItems(ctx, db.ListPowerItemsParams{
		Subtree: access.Path(access.Target(ctx)), AfterPath: p.After.Path, AfterKey: p.After.Key, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.ListPowerItemsRow) place { return place{r.UnitPath, r.ItemKey} },
		func(r db.ListPowerItemsRow) (*riskv1.PowerItem, error) {
			return document.Decode[*riskv1.PowerItem](r.Body)
		})
	return &riskv1.ListPowerItemsResponse{PowerItems: list, NextPageToken: next}, err
}

// findPowerItem reads a power item that the caller reaches; any other is a NOT_FOUND fault.
func findPowerItem(ctx context.Context, tx db.DBTX, name string) (*riskv1.PowerItem, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).GetPowerItem(ctx, db.GetPowerItemParams{Region: region, ItemKey: key})
	if err := document.Admit(ctx, err, row.UnitPath, name); err != nil {
		return nil, err
	}
	return document.Decode[*riskv1.PowerItem](row.Body)
}

// checkWorkflow wants every step to have its own id and to lead only to steps of the same workflow.
func checkWorkflow(steps []*riskv1.Step) error {
	var faults fault.Fields
	scheme.Unique(&faults, "power_item.steps", steps)
	for i, step := range steps {
		for j, next := range step.GetNext() {
			if _, ok := scheme.Find(steps, next); !ok {
				faults.Add(fmt.Sprintf("power_item.steps[%d].next[%d]", i, j), "unknown_step", "id", next)
			}
		}
	}
	return faults.Err()
}
