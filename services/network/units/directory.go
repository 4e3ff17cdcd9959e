package units

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/cache"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// maxCachedSchemes is how many versions of schemes are kept in memory.
const maxCachedSchemes = 256

// Directory answers from the service's own tables.
func Directory(book *record.Store) access.Directory {
	known := cache.New[schemes.StoredVersion, *networkv1.Scheme](maxCachedSchemes, book.Clock.Now, cache.Always)
	return directory{store: book, schemes: known}
}

// directory answers who and where from the service's own tables.
type directory struct {
	store *record.Store
	// schemes are versions as they were stored: reading one anew takes longer than all else about a look-up.
	schemes cache.Cache[schemes.StoredVersion, *networkv1.Scheme]
}

// Unit reads a unit of today's tree.
func (d directory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	return unitOn(ctx, d.store, name, clock.Today(d.store.Clock))
}

// Ended reads a unit that has ended, below its successor.
func (d directory) Ended(ctx context.Context, name string) (*networkv1.Unit, error) {
	ended, _, err := Ended(ctx, d.store, name, clock.Today(d.store.Clock))
	return ended, err
}

// Coming reads a unit that is to come.
func (d directory) Coming(ctx context.Context, name string) (*networkv1.Unit, error) {
	return Coming(ctx, d.store, name, clock.Today(d.store.Clock))
}

// Scheme reads the scheme that holds for a unit today.
func (d directory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	u, err := d.Unit(ctx, unit)
	if err != nil {
		return nil, err
	}
	return d.SchemeOf(ctx, u)
}

// SystemBelow reads what lies below a unit on the system line today or is to come there.
func (d directory) SystemBelow(ctx context.Context, unit string) ([]*networkv1.Unit, error) {
	return SystemReach(ctx, d.store, unit, clock.Today(d.store.Clock))
}

// Officer reads an officer.
func (d directory) Officer(ctx context.Context, name string) (*networkv1.Officer, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, fault.NotFound(name)
	}
	rows, err := db.New(d.store).OfficersByKey(ctx, db.OfficersByKeyParams{Regions: []string{region}, OfficerKeys: []string{key}})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.NotFound(name)
	}
	return document.Decode[*networkv1.Officer](rows[0].Body)
}

// SchemeOf reads the scheme that holds today for a unit that was read before.
func (d directory) SchemeOf(ctx context.Context, u *networkv1.Unit) (*networkv1.Scheme, error) {
	version, err := schemes.EffectiveVersion(ctx, d.store, access.PathIDs(u), clock.Today(d.store.Clock))
	if err != nil {
		return nil, err
	}
	return d.schemes.Get(ctx, version, func(ctx context.Context) (*networkv1.Scheme, error) {
		found := &networkv1.Scheme{}
		return found, schemes.ByVersion(ctx, d.store, version.Version, found)
	})
}
