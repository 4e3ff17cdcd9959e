package training

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// PublishHandbook stores a version of a handbook.
func (s *Server) PublishHandbook(ctx context.Context, req *networkv1.PublishHandbookRequest) (*networkv1.Handbook, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Handbook, error) {
		unit, requested, key := access.Target(ctx), req.GetHandbook(), resource.NewKey()
		if err := access.RequireOwn(ctx, unit.GetName()); err != nil {
			return nil, err
		}
		var faults fault.Fields
		faults.ParsePastDay("handbook.published_on", requested.GetPublishedOn(), clock.Today(s.store.Clock))
		if err := faults.Err(); err != nil {
			return nil, err
		}
		handbook := &networkv1.Handbook{
			Name: resource.Sharded(resource.Handbooks, unit.GetRegion(), key), Unit: unit.GetName(), Title: requested.GetTitle(),
			Version: requested.GetVersion(), PublishedOn: requested.GetPublishedOn(), Changes: requested.GetChanges(),
		}
		body, err := document.Encode(handbook)
		if err != nil {
			return nil, err
		}
		added, err := db.New(tx).AddHandbook(ctx, db.AddHandbookParams{
			Region: unit.GetRegion(), HandbookKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
			Title: handbook.GetTitle(), Version: handbook.GetVersion(), Body: body,
		})
		if err != nil {
			return nil, err
		}
		if added == 0 {
			return nil, fault.AlreadyExists(handbook.GetTitle() + " " + handbook.GetVersion())
		}
		return handbook,
			tx.Record(ctx, record.Entry{Resource: handbook.GetName(), UnitPath: access.Path(unit)})
	})
}

// ListHandbooks lists what a unit and those above it have published.
func (s *Server) ListHandbooks(ctx context.Context, req *networkv1.ListHandbooksRequest) (*networkv1.ListHandbooksResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListHandbooks(ctx, db.ListHandbooksParams{
		Unit: access.Path(access.Target(ctx)), BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListHandbooksRow) string { return r.HandbookKey },
		func(r db.ListHandbooksRow) (*networkv1.Handbook, error) {
			return document.Decode[*networkv1.Handbook](r.Body)
		})
	return &networkv1.ListHandbooksResponse{Handbooks: list, NextPageToken: next}, err
}

// RecordHandbookReceipts notes who was given a handbook, or gave it back.
func (s *Server) RecordHandbookReceipts(
	ctx context.Context, req *networkv1.RecordHandbookReceiptsRequest,
) (*networkv1.RecordHandbookReceiptsResponse, error) {
	return record.Change(ctx, s.store, req, func(
		ctx context.Context, tx *record.Tx,
	) (*networkv1.RecordHandbookReceiptsResponse, error) {
		subtree := access.Path(access.Target(ctx))
		var faults fault.Fields
		day, _ := faults.ParsePastDay("day", req.GetDay(), clock.Today(s.store.Clock))
		region, key, err := findHandbook(ctx, tx, req.GetHandbook(), subtree)
		if fault.IsNotFound(err) {
			faults.Add("handbook", "handbook", "unit", req.GetUnit())
		} else if err != nil {
			return nil, err
		}
		officerKeys := officers.ParseKeys(&faults, "officers", req.GetOfficers())
		if err := checkHolders(ctx, tx, &faults, subtree, req.GetReturned(), officerKeys); err != nil {
			return nil, err
		}
		if err := faults.Err(); err != nil {
			return nil, err
		}
		count, err := writeReceipts(ctx, tx, req.GetReturned(), officerKeys, region, key, day.In(time.UTC))
		if err != nil {
			return nil, err
		}
		return &networkv1.RecordHandbookReceiptsResponse{Recorded: int32(count)},
			tx.Record(ctx, record.Entry{Resource: req.GetHandbook(), UnitPath: subtree})
	})
}

// checkHolders notes who can't be given a handbook; back it is taken also from those who have left.
func checkHolders(
	ctx context.Context, tx *record.Tx, faults *fault.Fields, subtree string, returned bool, officerKeys officers.Keys,
) error {
	if returned {
		return officers.CheckWithin(ctx, tx, faults, "officers", subtree, officerKeys)
	}
	return officers.CheckInOffice(ctx, tx, faults, "officers", subtree, officerKeys)
}

func writeReceipts(
	ctx context.Context,
	tx *record.Tx,
	returned bool,
	officerKeys officers.Keys,
	region, key string,
	day time.Time,
) (int64, error) {
	if returned {
		return db.New(tx).ReturnHandbook(ctx, db.ReturnHandbookParams{
			Regions: officerKeys.Regions, OfficerKeys: officerKeys.Keys, HandbookKey: key, Day: day,
		})
	}
	return db.New(tx).ReceiveHandbook(ctx, db.ReceiveHandbookParams{
		Regions: officerKeys.Regions, OfficerKeys: officerKeys.Keys, HandbookRegion: region, HandbookKey: key, Day: day,
	})
}

// ListHandbookHolders lists who of a subtree has a handbook, or who lacks it.
func (s *Server) ListHandbookHolders(
	ctx context.Context, req *networkv1.ListHandbookHoldersRequest,
) (*networkv1.ListHandbookHoldersResponse, error) {
	subtree := access.Path(access.Target(ctx))
	_, key, err := findHandbook(ctx, s.store, req.GetHandbook(), subtree)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListHandbookHolders(ctx, db.ListHandbookHoldersParams{
		Subtree: subtree, InOffice: officers.InOffice, AfterKey: p.Cursor, Types: document.EnumCodes(req.GetOfficerTypes()),
		Missing: req.GetMissing(), HandbookKey: key, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := officers.BuildPage(p, rows)
	return &networkv1.ListHandbookHoldersResponse{Officers: list, NextPageToken: next}, err
}

// findHandbook finds a handbook that holds for the unit with this path.
func findHandbook(ctx context.Context, tx db.DBTX, name, unit string) (region, key string, err error) {
	region, key, err = resource.Split(name)
	if err != nil {
		return "", "", err
	}
	_, err = db.New(tx).HandbookFor(ctx, db.HandbookForParams{Region: region, HandbookKey: key, Unit: unit})
	return region, key, document.NotFoundAs(err, name)
}
