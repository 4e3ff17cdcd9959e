package collection

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// A record is what is written; what of it was approved stands in its versions. Their table, "power_item_versions" for
// "power_items", has the columns of the collection and besides version, effective_on and replaced_on: the first day on which a
// version is in force, and the first one without it, "infinity" for the one in force.

// Versions are the versions as a collection, to be listed; AsOf keeps those in force on a day, of which each record has one.
func (c *Collection[M]) Versions() *Collection[M] {
	return &Collection[M]{
		Store: c.Store, Table: strings.TrimSuffix(c.Table, "s") + "_versions", Reach: c.Reach, Show: c.Show, Acting: c.Acting,
	}
}

// AsOf keeps the versions that were in force on a day.
func AsOf(day calendar.Date) Filter {
	return Where("effective_on <= ? AND replaced_on > ?", day, day)
}

// PutInForce makes the record as it is now the version in force from a day on, in place of the one before. It is called by the
// last rule of an act: what a later rule changed would be in the record alone.
func (c *Collection[M]) PutInForce(ctx context.Context, change *Change[M], version int32, on calendar.Date) error {
	if err := c.EndInForce(ctx, change, on); err != nil {
		return err
	}
	body, err := document.Rewrite(change.stored, change.Record, change.revision)
	if err != nil {
		return err
	}
	versions := c.Versions().Table
	_, err = change.Exec(ctx, "INSERT INTO "+versions+
		" (region, key, version, unit_path, create_time, revision, body, effective_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		change.Region, change.Key, version, change.UnitPath, change.createTime, change.revision+1, body, on)
	if err != nil {
		return fmt.Errorf("add to %s: %w", versions, err)
	}
	return nil
}

// EndInForce has no version of a record in force from a day on.
func (c *Collection[M]) EndInForce(ctx context.Context, change *Change[M], on calendar.Date) error {
	if err := moveInForce(ctx, change); err != nil {
		return err
	}
	versions := c.Versions().Table
	_, err := change.Exec(ctx, "UPDATE "+versions+
		" SET replaced_on = $3 WHERE region = $1 AND key = $2 AND replaced_on = 'infinity'", change.Region, change.Key, on)
	if err != nil {
		return fmt.Errorf("end in %s: %w", versions, err)
	}
	return nil
}

// moveInForce waits until nobody holds what is in force in a subtree that the record lies in.
func moveInForce[M Record](ctx context.Context, change *Change[M]) error {
	for _, unit := range change.Units() {
		if err := change.Share(ctx, inForceOf(unit)); err != nil {
			return err
		}
	}
	return nil
}

// HoldInForce has what is in force in a subtree stay as it is until the transaction ends, and sees what others have changed.
func HoldInForce(ctx context.Context, tx *record.Tx, subtree string) error {
	return tx.Lock(ctx, inForceOf(subtree[strings.LastIndex(subtree, ".")+1:]))
}

// inForceOf is the name of the lock of what is in force in the subtree of a unit.
func inForceOf(unit string) string { return "in force/" + unit }

// InForce reads the version of a record that is in force; where none is, that is a NOT_FOUND fault.
func (c *Collection[M]) InForce(ctx context.Context, change *Change[M]) (M, error) {
	return c.versionWhere(ctx, change, "replaced_on = 'infinity'")
}

// VersionIn is one version of a record that a change is about.
func (c *Collection[M]) VersionIn(ctx context.Context, change *Change[M], version int32) (M, error) {
	return c.versionWhere(ctx, change, "version = $3", version)
}

func (c *Collection[M]) versionWhere(ctx context.Context, change *Change[M], which string, args ...any) (M, error) {
	versions := c.Versions()
	statement := versions.selectWhere("region = $1 AND key = $2 AND " + which)
	found, err := versions.scan(change.QueryRow(ctx, statement, append([]any{change.Region, change.Key}, args...)...))
	if err != nil {
		var none M
		return none, document.NotFoundAs(err, change.Record.GetName())
	}
	return found.Record, nil
}

// Version reads one version of a record that the caller reaches; where it is 0, the record as it is written.
func (c *Collection[M]) Version(ctx context.Context, name string, version int32) (M, error) {
	var none M
	written, err := c.Look(ctx, name)
	if err != nil {
		return none, err
	}
	if version == 0 {
		return c.shown(ctx, written), nil
	}
	versions := c.Versions()
	statement := versions.selectWhere("region = $1 AND key = $2 AND version = $3")
	found, err := versions.scan(c.Store.QueryRow(ctx, statement, written.Region, written.Key, version))
	if err != nil {
		return none, document.NotFoundAs(err, name)
	}
	return c.shown(ctx, found), nil
}

// HistoryRequest asks for a page of the versions of one record.
type HistoryRequest interface {
	page.Request
	GetName() string
}

// History reads a page of the versions of a record, the newest first.
func (c *Collection[M]) History(ctx context.Context, req HistoryRequest) ([]M, string, error) {
	owner, err := c.Look(ctx, req.GetName())
	if err != nil {
		return nil, "", err
	}
	p, err := page.Parse[int64](req, math.MaxInt64)
	if err != nil {
		return nil, "", err
	}
	versions := c.Versions()
	rows, err := c.Store.Query(ctx, versions.selectWhere(
		"region = $1 AND key = $2 AND revision < $3 ORDER BY revision DESC LIMIT $4",
	), owner.Region, owner.Key, p.Cursor, p.Limit)
	if err != nil {
		return nil, "", err
	}
	found, err := pgx.CollectRows(rows, versions.scanAny)
	if err != nil {
		return nil, "", err
	}
	return page.Build(ctx, p, found, func(r *Change[M]) int64 { return r.revision }, c.listed(ctx))
}
