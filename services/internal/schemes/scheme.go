// Package schemes keeps schemes: the ladders, grades, schedules and roles of a body as versioned documents. A scheme holds
// for a unit and all below it until a unit further down has its own; a version holds from its date until a later one does.
// Every service keeps its own kind of scheme and nothing here knows what stands in it.
package schemes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Scheme is what all kinds of scheme have in common.
type Scheme interface {
	proto.Message
	GetName() string
	GetUnit() string
	GetEffectiveFrom() string
}

// lock is held by who stores a scheme, and shared by who makes a record by one: what is replaced while a record is made by it
// is in use, and what was replaced before is no longer read.
const lock = "qingfeng schemes"

// Add stores a version. Its date must be a real one. A date that has a version already is refused unless that one is to be
// replaced, no record has used it and nobody else has stored it meanwhile. A later version can't move the scheme to another unit.
// A unit has one scheme: were there two, what each asks for would have no clear end. mayReplace is asked before it is stored.
func Add(ctx context.Context, tx *record.Tx, s Scheme, replace bool, mayReplace func() error) error {
	from, err := calendar.ParseDate(s.GetEffectiveFrom())
	if err != nil {
		return fault.Invalid("scheme.effective_from", words.StringDate())
	}
	queries, id, unit := db.New(tx), resource.ID(s.GetName()), resource.ID(s.GetUnit())
	seen, err := queries.SchemeStoreXact(ctx, db.SchemeStoreXactParams{SchemeID: id, EffectiveFrom: from})
	if err != nil {
		return err
	}
	if err := tx.Lock(ctx, lock); err != nil {
		return err
	}
	if err := checkOneUnit(ctx, queries, id, unit); err != nil {
		return err
	}
	if err := mayReplace(); err != nil {
		return err
	}
	body, err := document.Encode(s)
	if err != nil {
		return err
	}
	added, err := queries.AddScheme(ctx, db.AddSchemeParams{
		SchemeID: id, EffectiveFrom: from, UnitID: unit, Body: body, StoreTime: tx.Now(),
	})
	switch {
	case err != nil || added == 1:
		return err
	case !replace:
		return fault.New(codes.AlreadyExists, words.SchemeVersionExists(s.GetName(), s.GetEffectiveFrom())).
			OnField("scheme.effective_from")
	}
	now, err := queries.SchemeStoreXact(ctx, db.SchemeStoreXactParams{SchemeID: id, EffectiveFrom: from})
	if err == nil && now != seen {
		return fault.New(codes.Aborted, words.SchemeStoredMeanwhile(Version(s))).OnField("scheme.effective_from")
	}
	if err != nil {
		return err
	}
	replaced, err := queries.ReplaceUnusedScheme(ctx, db.ReplaceUnusedSchemeParams{
		SchemeID: id, EffectiveFrom: from, Body: body, StoreTime: tx.Now(), Today: tx.Today(),
	})
	if err == nil && replaced == 0 {
		return fault.Precondition(words.SchemeInUse(Version(s))).OnField("scheme.effective_from")
	}
	return err
}

// checkOneUnit refuses a second unit of a scheme and a second scheme of a unit.
func checkOneUnit(ctx context.Context, queries *db.Queries, id, unit string) error {
	unitOfScheme, err := queries.GetUnitOfScheme(ctx, id)
	if err == nil && unitOfScheme != unit {
		return fault.Invalid("scheme.unit", words.SchemeUnit(words.Untitled(resource.Name(resource.Units, unitOfScheme))))
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	has, err := queries.GetSchemeOfUnit(ctx, unit)
	if err == nil && has != id {
		return fault.Invalid("scheme.name",
			words.UnitScheme(words.Untitled(resource.Name(resource.Units, unit)), resource.Name(resource.Schemes, has)))
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// Effective reads into s the scheme that holds on a date for the last of units, which are given from the root down. Until a
// transaction that reads it ends, nobody replaces it.
func Effective(ctx context.Context, tx db.DBTX, units []string, on calendar.Date, s Scheme) error {
	if shared, ok := tx.(sharer); ok {
		if err := shared.Share(ctx, lock); err != nil {
			return err
		}
	}
	body, err := db.New(tx).EffectiveScheme(ctx, db.EffectiveSchemeParams{Units: units, OnDate: on})
	if err != nil {
		return noScheme(err, units, on)
	}
	return document.DecodeInto(body, s)
}

// change is a change of a record, which knows the units that it stands below and its day.
type change interface {
	db.DBTX
	Units() []string
	Today() calendar.Date
}

// EffectiveFor reads into s the scheme that holds for a record that is changed.
func EffectiveFor(ctx context.Context, c change, s Scheme) error {
	return Effective(ctx, c, c.Units(), c.Today(), s)
}

// sharer is a change, which shares locks.
type sharer interface {
	Share(ctx context.Context, name string) error
}

// StoredVersion is a version as it was stored at a time. It never changes, so what it says may be remembered.
type StoredVersion struct {
	Version string
	At      time.Time
}

// EffectiveVersion names the version that Effective would read.
func EffectiveVersion(ctx context.Context, tx db.DBTX, units []string, on calendar.Date) (StoredVersion, error) {
	row, err := db.New(tx).EffectiveVersion(ctx, db.EffectiveVersionParams{Units: units, OnDate: on})
	if err != nil {
		return StoredVersion{}, noScheme(err, units, on)
	}
	version := resource.Name(resource.Schemes, row.SchemeID) + "@" + row.EffectiveFrom.String()
	return StoredVersion{Version: version, At: row.StoreTime.UTC()}, nil
}

func noScheme(err error, units []string, on calendar.Date) error {
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	unit := resource.Name(resource.Units, units[len(units)-1])
	return fault.New(codes.NotFound, words.NoScheme(on.String(), words.Untitled(unit)))
}

// CheckInForce notes a fault where no scheme held for the last of these units on a day: what came before there were schemes is no
// matter of theirs.
func CheckInForce(ctx context.Context, tx db.DBTX, faults *fault.Fields, field string, units []string, on calendar.Date) error {
	_, err := EffectiveVersion(ctx, tx, units, on)
	if fault.IsNotFound(err) {
		faults.Add(field, words.NoSchemeThen(on.String()))
		return nil
	}
	return err
}

// ByVersion reads into s the version that Version named.
func ByVersion(ctx context.Context, tx db.DBTX, version string, s Scheme) error {
	name, date, _ := strings.Cut(version, "@")
	from, err := calendar.ParseDate(date)
	if err != nil {
		return fmt.Errorf("scheme version %q: %w", version, err)
	}
	body, err := db.New(tx).SchemeVersion(ctx, db.SchemeVersionParams{
		SchemeID: resource.ID(name), EffectiveFrom: from,
	})
	if err != nil {
		return fmt.Errorf("scheme version %q: %w", version, err)
	}
	return document.DecodeInto(body, s)
}

// Kept reads into s the scheme that a record goes by all its life: the version that it names or, where it names none yet, the one
// in force today, which it names from now on.
func Kept(ctx context.Context, c change, version *string, s Scheme) error {
	if *version != "" {
		return ByVersion(ctx, c, *version, s)
	}
	if err := EffectiveFor(ctx, c, s); err != nil {
		return err
	}
	*version = Version(s)
	return nil
}

// Version names one version of a scheme, "schemes/{scheme}@{effective_from}".
func Version(s Scheme) string { return s.GetName() + "@" + s.GetEffectiveFrom() }

type cursor struct {
	ID   string
	From calendar.Date
}

// List reads a page of all versions.
func List[S Scheme](ctx context.Context, tx db.DBTX, req page.Request) ([]S, string, error) {
	p, err := page.Parse(req, cursor{From: calendar.FirstDay})
	if err != nil {
		return nil, "", err
	}
	rows, err := db.New(tx).ListSchemes(ctx, db.ListSchemesParams{
		AfterID: p.Cursor.ID, AfterFrom: p.Cursor.From, PageSize: p.Limit,
	})
	if err != nil {
		return nil, "", err
	}
	key := func(r db.ListSchemesRow) cursor { return cursor{r.SchemeID, r.EffectiveFrom} }
	schemes, next, err := page.Build(ctx, p, rows, key,
		func(r db.ListSchemesRow) (S, error) { return document.Decode[S](r.Body) })
	return schemes, next, err
}
