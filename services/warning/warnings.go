package warning

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

type warnings struct {
	warningv1.UnsafeWarningServiceServer

	store     *record.Store
	directory access.Directory
	calendar  calendar.Source
}

// GetWarning reads one warning, for whoever reaches the addressee or the office that supervises.
func (s *warnings) GetWarning(ctx context.Context, req *warningv1.GetWarningRequest) (*warningv1.Warning, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.store).GetWarning(ctx, db.GetWarningParams{Region: region, WarningKey: key})
	if err := document.NotFoundAs(err, req.GetName()); err != nil {
		return nil, err
	}
	if err := requireSupervisor(ctx, row, req.GetName()); err != nil {
		return nil, err
	}
	warning, err := warningOf(row)
	return warning, err
}

// ListWarnings lists the warnings to, or supervised from, a subtree, the newest first.
func (s *warnings) ListWarnings(ctx context.Context, req *warningv1.ListWarningsRequest) (*warningv1.ListWarningsResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListWarnings(ctx, db.ListWarningsParams{
		Supervised: req.GetSupervised(), Subtree: access.Path(access.Target(ctx)), States: document.EnumCodes(req.GetStates()),
		WarningLevels: req.GetWarningLevels(), Caller: callerID(ctx), BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.Warning) string { return r.WarningKey }, warningOf)
	return &warningv1.ListWarningsResponse{Warnings: list, NextPageToken: next}, err
}

// requireFunc checks whether the caller may act on a warning at all.
type requireFunc func(ctx context.Context, row db.Warning, name string) error

// requireVisible lets the warned unit and those above it see the warning. What never went out does not exist for the warned unit.
func requireVisible(ctx context.Context, row db.Warning, name string) error {
	if row.RectifyOn == nil && row.UnitID == callerID(ctx) {
		return fault.NotFound(name)
	}
	return access.Require(ctx, row.UnitPath, name)
}

// requireAddressee lets the warned unit act, and nobody in its stead: those above check what it did.
func requireAddressee(ctx context.Context, row db.Warning, name string) error {
	if err := requireVisible(ctx, row, name); err != nil {
		return err
	}
	return access.RequireOwn(ctx, resource.Name(resource.Units, row.UnitID))
}

// requireAbove lets units above the addressee act, never the addressee itself.
func requireAbove(ctx context.Context, row db.Warning, name string) error {
	if err := requireVisible(ctx, row, name); err != nil {
		return err
	}
	return requireOther(ctx, row.UnitID)
}

// requireSupervisor lets whoever reaches the addressee or the supervising unit see the warning.
func requireSupervisor(ctx context.Context, row db.Warning, name string) error {
	if requireVisible(ctx, row, name) == nil {
		return nil
	}
	return access.Require(ctx, row.SupervisingPath, name)
}

// requireOther keeps a unit from ruling over warnings to itself.
func requireOther(ctx context.Context, unit string) error {
	if callerID(ctx) == unit {
		return fault.Denied("OWN_WARNING")
	}
	return nil
}

// callerID is the id of the unit the caller acts for.
func callerID(ctx context.Context) string { return resource.ID(access.PrincipalOf(ctx).Unit) }

// lockCase takes a warning for an act by whoever may: within reach, and as last read. What state it leads to the dossier finds,
// since a check has two outcomes.
func (s *warnings) lockCase(may requireFunc) record.LockFunc[*warningCase] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*warningCase, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockWarning(ctx, db.LockWarningParams{Region: region, WarningKey: key})
		if err := document.NotFoundAs(err, req.GetName()); err != nil {
			return nil, err
		}
		if err := may(ctx, row, req.GetName()); err != nil {
			return nil, err
		}
		if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		return s.loadCase(ctx, tx, row, map[string]*warningv1.Scheme{})
	}
}

// loadCase puts a warning together with its scheme; versions holds those already read.
func (s *warnings) loadCase(
	ctx context.Context,
	tx *record.Tx,
	row db.Warning,
	versions map[string]*warningv1.Scheme,
) (*warningCase, error) {
	warning, err := warningOf(row)
	if err != nil {
		return nil, err
	}
	version := warning.GetSchemeVersion()
	if versions[version] == nil {
		scheme := &warningv1.Scheme{}
		if err := schemes.ByVersion(ctx, tx, version, scheme); err != nil {
			return nil, err
		}
		versions[version] = scheme
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return &warningCase{
		Warning:    warning,
		tx:         tx,
		row:        row,
		scheme:     versions[version],
		calendar:   days,
		now:        tx.Now(),
		actingUnit: access.PrincipalOf(ctx).Unit,
	}, nil
}

// Save stores a changed warning and records the change.
func (d *warningCase) Save(ctx context.Context) error {
	if err := d.store(ctx); err != nil {
		return err
	}
	return d.tx.Record(ctx, d.entry())
}

func (d *warningCase) entry() record.Entry {
	return record.Entry{Resource: d.GetName(), UnitPath: d.row.UnitPath}
}

func (d *warningCase) store(ctx context.Context) error {
	body, err := document.EncodeRevision(d.Warning, d.row.Revision)
	if err != nil {
		return err
	}
	return db.New(d.tx).SaveWarning(ctx, db.SaveWarningParams{
		Region: d.row.Region, WarningKey: d.row.WarningKey, WarningLevel: d.GetWarningLevel(), State: int16(d.GetState()),
		RiseAfter: d.row.RiseAfter, RectifyOn: d.row.RectifyOn, RectifiedOn: d.row.RectifiedOn, Body: body,
	})
}

func warningOf(row db.Warning) (*warningv1.Warning, error) {
	return document.Read[*warningv1.Warning](row.Body, row.Revision)
}
