package training

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// edition is a column beside the body.
const edition = "edition"

type handbookChange = collection.Change[*networkv1.Handbook]

// PublishHandbook stores a version of a handbook, and tells the units whose officers are to read it.
func (s *Server) PublishHandbook(ctx context.Context, req *networkv1.PublishHandbookRequest) (*networkv1.Handbook, error) {
	return s.handbooks.Create(ctx, req, req.GetHandbook(), collection.Own, checkHandbook, s.notifyReaders)
}

// checkHandbook checks that the unit has published no such version before.
func checkHandbook(ctx context.Context, c *handbookChange) error {
	var faults fault.Fields
	faults.ParsePastDay("handbook.published_on", c.Record.GetPublishedOn(), c.Today())
	if err := faults.Err(); err != nil {
		return err
	}
	unit, title, version := c.Record.GetUnit(), c.Record.GetTitle(), c.Record.GetVersion()
	if err := c.Lock(ctx, "qingfeng handbooks "+unit); err != nil {
		return err
	}
	c.Beside[edition] = normalform.Of(title) + "\n" + normalform.Of(version)
	found, err := db.New(c).FindHandbook(ctx, db.FindHandbookParams{Unit: unit, Edition: c.Beside[edition]})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fault.AlreadyExists(resource.Sharded(resource.Handbooks, found.Region, found.Key)).OnField("handbook.version")
}

// holdsFor lets a handbook be found for the unit that the call names: one that the unit or one above it on either line published,
// or a unit that these have the records of.
func (s *Server) holdsFor(ctx context.Context, c *handbookChange) error {
	return s.requireHolds(ctx, access.Target(ctx), c)
}

// reachesHandbook lets a handbook be read by those above the unit that published it, and by units that it holds for.
func (s *Server) reachesHandbook(ctx context.Context, c *handbookChange) error {
	if access.Require(ctx, c.UnitPath, c.Record.GetName()) == nil {
		return nil
	}
	unit, err := s.directory.Unit(ctx, access.PrincipalOf(ctx).Unit)
	if err == nil {
		err = s.requireHolds(ctx, unit, c)
	}
	if err == nil {
		access.MarkReached(ctx)
	}
	return err
}

// requireHolds finds no handbook that does not hold for a unit.
func (s *Server) requireHolds(ctx context.Context, unit *networkv1.Unit, c *handbookChange) error {
	above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, unit)
	if err != nil {
		return err
	}
	if !slices.Contains(append(above, unit.GetName()), c.ActingUnit()) {
		return fault.NotFound(c.Record.GetName())
	}
	return nil
}

// GetHandbook reads one version of a handbook.
func (s *Server) GetHandbook(ctx context.Context, req *networkv1.GetHandbookRequest) (*networkv1.Handbook, error) {
	handbooks := s.handbooks
	handbooks.Reach = s.reachesHandbook
	return handbooks.Get(ctx, req.GetName())
}

// ListHandbooks lists what a unit and those above it on either line have published.
func (s *Server) ListHandbooks(ctx context.Context, req *networkv1.ListHandbooksRequest) (
	*networkv1.ListHandbooksResponse, error,
) {
	unit := access.Target(ctx)
	above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, unit)
	if err != nil {
		return nil, err
	}
	var system []string
	for _, name := range above[len(unit.GetAncestors()):] {
		higher, err := s.directory.Unit(ctx, name)
		if err != nil {
			return nil, err
		}
		system = append(system, access.Path(higher))
	}
	list, next, err := s.handbooks.List(ctx, req, collection.Above(system...))
	return &networkv1.ListHandbooksResponse{Handbooks: list, NextPageToken: next}, err
}

// RecordHandbookReceipts notes who was given a handbook, or gave it back.
func (s *Server) RecordHandbookReceipts(
	ctx context.Context, req *networkv1.RecordHandbookReceiptsRequest,
) (*networkv1.RecordHandbookReceiptsResponse, error) {
	handbook, missing := s.handbooks.Look(ctx, req.GetHandbook())
	return record.Change(ctx, s.store, req, func(
		ctx context.Context, tx *record.Tx,
	) (*networkv1.RecordHandbookReceiptsResponse, error) {
		subtrees, err := access.Subtrees(ctx, s.directory, access.Target(ctx))
		if err != nil {
			return nil, err
		}
		var faults fault.Fields
		published := calendar.Date{}
		if fault.IsNotFound(missing) {
			faults.Add("handbook", words.Handbook(words.Titled(access.Target(ctx))))
		} else if missing != nil {
			return nil, missing
		} else if published, err = calendar.ParseDate(handbook.Record.GetPublishedOn()); err != nil {
			return nil, err
		}
		day, _ := faults.ParseDayBetween("day", req.GetDay(), published, clock.Today(s.store.Clock))
		keys := officers.ParseKeys(&faults, "officers", req.GetOfficers())
		which := officers.Which{Subtrees: subtrees, ServedOn: day}
		if req.GetReturned() { // it is taken back also from those who have left
			which.ServedOn = calendar.Date{}
		}
		if err := which.Check(ctx, tx, &faults, "officers", keys); err != nil {
			return nil, err
		}
		if err := faults.Err(); err != nil {
			return nil, err
		}
		if err := checkOrder(ctx, tx, keys, handbook.Key, day); err != nil {
			return nil, err
		}
		count, err := writeReceipts(ctx, tx, req.GetReturned(), keys, handbook, day)
		if err != nil {
			return nil, err
		}
		return &networkv1.RecordHandbookReceiptsResponse{Recorded: int32(count)},
			tx.Record(ctx, record.Entry{Resource: req.GetHandbook(), UnitPath: access.Path(access.Target(ctx))})
	})
}

// checkOrder refuses a day before the last one on which somebody was given the handbook or gave it back: what happens to one copy
// is in the order of its days.
func checkOrder(ctx context.Context, tx *record.Tx, keys officers.Keys, handbook string, day calendar.Date) error {
	last, err := db.New(tx).LastHandbookDay(ctx, db.LastHandbookDayParams{
		Regions: keys.Regions, OfficerKeys: keys.Keys, HandbookKey: handbook,
	})
	if err == nil && day.Before(last) {
		return fault.Invalid("day", words.NotBefore(last.String()))
	}
	return err
}

func writeReceipts(
	ctx context.Context, tx *record.Tx, returned bool, keys officers.Keys, handbook *handbookChange, day calendar.Date,
) (int64, error) {
	if returned {
		return db.New(tx).ReturnHandbook(ctx, db.ReturnHandbookParams{
			Regions: keys.Regions, OfficerKeys: keys.Keys, HandbookKey: handbook.Key, Day: day,
		})
	}
	return db.New(tx).ReceiveHandbook(ctx, db.ReceiveHandbookParams{
		Regions: keys.Regions, OfficerKeys: keys.Keys, HandbookRegion: handbook.Region, HandbookKey: handbook.Key, Day: day,
	})
}

// ListHandbookHolders lists who of a subtree has a handbook, or who lacks it.
func (s *Server) ListHandbookHolders(
	ctx context.Context, req *networkv1.ListHandbookHoldersRequest,
) (*networkv1.ListHandbookHoldersResponse, error) {
	handbook, err := s.handbooks.Look(ctx, req.GetHandbook())
	if err != nil {
		return nil, err
	}
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	holds := `EXISTS (SELECT FROM handbook_receipts r WHERE r.region = officers.region AND r.officer_key = officers.key
		AND r.handbook_key = ? AND r.returned_on IS NULL)`
	if req.GetMissing() {
		holds = "NOT " + holds
	}
	list, next, err := s.officers.List(ctx, req, collection.Within(subtrees),
		collection.Where("state = 'OFFICER_STATE_IN_OFFICE'"), collection.InEnum("type", req.GetOfficerTypes()),
		collection.Where(holds, handbook.Key))
	return &networkv1.ListHandbookHoldersResponse{Officers: list, NextPageToken: next}, err
}
