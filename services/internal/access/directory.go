package access

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Directory knows the units and what the roles in them may do. The network service answers from its tables, the other
// services ask the network service.
type Directory interface {
	// Unit returns a unit of today's tree by name, or a NOT_FOUND fault.
	Unit(ctx context.Context, name string) (*networkv1.Unit, error)
	// Scheme returns the network scheme that holds for a unit today, or a NOT_FOUND fault.
	Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error)
}

// remoteDirectory asks the network service.
type remoteDirectory struct {
	units   networkv1.UnitServiceClient
	schemes networkv1.SchemeServiceClient
}

// Remote is the directory of a service other than network.
func Remote(units networkv1.UnitServiceClient, schemes networkv1.SchemeServiceClient) Directory {
	return remoteDirectory{units: units, schemes: schemes}
}

// Unit asks the network service for a unit.
func (r remoteDirectory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	resp, err := r.units.GetUnit(ctx, &networkv1.GetUnitRequest{Name: name})
	if err != nil {
		return nil, asNotFound(name, err)
	}
	return resp, nil
}

// Scheme asks the network service for a scheme.
func (r remoteDirectory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	resp, err := r.schemes.GetEffectiveScheme(ctx, &networkv1.GetEffectiveSchemeRequest{Unit: unit})
	if err != nil {
		return nil, asNotFound(unit, err)
	}
	return resp, nil
}

// asNotFound reads the network's refusal of a name that it doesn't know, or that is none: our own caller did not name that field.
func asNotFound(name string, err error) error {
	if status.Code(err) == codes.InvalidArgument {
		return fault.NotFound(name)
	}
	return err
}

// How long and how much a cached directory remembers. A changed role or a moved unit counts everywhere after that time.
const (
	cacheTTL     = 5 * time.Second
	cacheUnits   = 10_000
	cacheSchemes = 1_000
)

type cachedDirectory struct {
	Directory

	units   cache[*networkv1.Unit]
	schemes cache[*networkv1.Scheme]
}

// Cached remembers what a directory found for five seconds of a clock, and never into the next day, which may have another tree
// and other schemes; what it did not find is asked again each time.
func Cached(d Directory, c clock.Clock) Directory {
	return cachedDirectory{
		Directory: d,
		units:     newCache[*networkv1.Unit](cacheUnits, c),
		schemes:   newCache[*networkv1.Scheme](cacheSchemes, c),
	}
}

// Unit returns a unit, no older than five seconds.
func (c cachedDirectory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	return c.units.get(name, func() (*networkv1.Unit, error) { return c.Directory.Unit(ctx, name) })
}

// Scheme returns a scheme, no older than five seconds.
func (c cachedDirectory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	return c.schemes.get(unit, func() (*networkv1.Scheme, error) {
		known, ok := c.Directory.(unitSchemer)
		if !ok {
			return c.Directory.Scheme(ctx, unit)
		}
		u, err := c.Unit(ctx, unit) // most often it has just been looked up
		if err != nil {
			return nil, err
		}
		return known.SchemeOf(ctx, u)
	})
}

// unitSchemer is a directory that needs not look a unit up again to find its scheme.
type unitSchemer interface {
	SchemeOf(ctx context.Context, unit *networkv1.Unit) (*networkv1.Scheme, error)
}

// cache keeps recent results by name.
type cache[V any] struct {
	clock   clock.Clock
	entries *lru.Cache[string, cacheEntry[V]]
}

// cacheEntry is what was found, and when it was asked.
type cacheEntry[V any] struct {
	value  V
	readAt time.Time
}

func newCache[V any](size int, c clock.Clock) cache[V] {
	found, err := lru.New[string, cacheEntry[V]](size)
	if err != nil {
		panic(err) // only a size of nothing is refused
	}
	return cache[V]{clock: c, entries: found}
}

func (m cache[V]) get(key string, ask func() (V, error)) (V, error) {
	now := m.clock.Now()
	if f, ok := m.entries.Get(key); ok && fresh(f.readAt, now) {
		return f.value, nil
	}
	v, err := ask()
	if err == nil {
		m.entries.Add(key, cacheEntry[V]{value: v, readAt: now})
	}
	return v, err
}

// fresh tells whether what was found a while ago still counts.
func fresh(readAt, now time.Time) bool {
	age := now.Sub(readAt)
	return age >= 0 && age < cacheTTL && calendar.DateOf(readAt, calendar.Shanghai) == calendar.DateOf(now, calendar.Shanghai)
}

// LookUp finds the unit that a request field names; an unknown one is a fault of that field.
func LookUp(ctx context.Context, d Directory, field, name string) (*networkv1.Unit, error) {
	u, err := d.Unit(ctx, name)
	if fault.IsNotFound(err) {
		return nil, fault.Invalid(field, "unknown_unit", "unit", resource.ID(name))
	}
	return u, err
}
