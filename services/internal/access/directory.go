package access

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/cache"
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
	// Ended returns a unit that has ended, with its last day and below its successor, or a NOT_FOUND fault.
	Ended(ctx context.Context, name string) (*networkv1.Unit, error)
	// Scheme returns the network scheme that holds for a unit today, or a NOT_FOUND fault.
	Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error)
	// SystemBelow returns what lies below a unit on the system line today (条), at most 10,000 units; the network service knows
	// what is to come there as well.
	SystemBelow(ctx context.Context, unit string) ([]*networkv1.Unit, error)
	// Officer returns an officer by name, or a NOT_FOUND fault.
	Officer(ctx context.Context, name string) (*networkv1.Officer, error)
}

// remoteDirectory asks the network service.
type remoteDirectory struct {
	units    networkv1.UnitServiceClient
	schemes  networkv1.SchemeServiceClient
	officers networkv1.OfficerServiceClient
}

// Remote is the directory of a service other than network.
func Remote(conn grpc.ClientConnInterface) Directory {
	return RemoteBy(networkv1.NewUnitServiceClient(conn), networkv1.NewSchemeServiceClient(conn),
		networkv1.NewOfficerServiceClient(conn))
}

// RemoteBy is Remote over clients.
func RemoteBy(
	units networkv1.UnitServiceClient, schemes networkv1.SchemeServiceClient, officers networkv1.OfficerServiceClient,
) Directory {
	return remoteDirectory{units: units, schemes: schemes, officers: officers}
}

// Unit asks the network service for a unit.
func (r remoteDirectory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	unit, err := r.unit(ctx, name)
	if err == nil && unit.GetEndedOn() != "" {
		err = fault.NotFound(name)
	}
	return unit, err
}

// Ended asks the network service for a unit that has ended.
func (r remoteDirectory) Ended(ctx context.Context, name string) (*networkv1.Unit, error) {
	unit, err := r.unit(ctx, name)
	if err == nil && unit.GetEndedOn() == "" {
		err = fault.NotFound(name)
	}
	return unit, err
}

// unit asks for a unit, whether it has ended or not.
func (r remoteDirectory) unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	unit, err := r.units.GetUnit(ctx, &networkv1.GetUnitRequest{Name: name})
	if err != nil {
		return nil, asNotFound(name, err)
	}
	return unit, nil
}

// Scheme asks the network service for a scheme.
func (r remoteDirectory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	resp, err := r.schemes.GetEffectiveScheme(ctx, &networkv1.GetEffectiveSchemeRequest{Unit: unit})
	if err != nil {
		return nil, asNotFound(unit, err)
	}
	return resp, nil
}

// SystemBelow asks the network service for what is below a unit on the system line.
func (r remoteDirectory) SystemBelow(ctx context.Context, unit string) ([]*networkv1.Unit, error) {
	var below []*networkv1.Unit
	req := &networkv1.ListUnitsRequest{Unit: unit, Line: networkv1.UnitLine_UNIT_LINE_SYSTEM, PageSize: pageSize}
	for len(below) < MaxSystemBelow {
		resp, err := r.units.ListUnits(ctx, req)
		if err != nil {
			return nil, asNotFound(unit, err)
		}
		for _, u := range resp.GetUnits() {
			if u.GetName() != unit {
				below = append(below, u)
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	return below, nil
}

// Officer asks the network service for an officer.
func (r remoteDirectory) Officer(ctx context.Context, name string) (*networkv1.Officer, error) {
	resp, err := r.officers.GetOfficer(ctx, &networkv1.GetOfficerRequest{Name: name})
	if err != nil {
		return nil, asNotFound(name, err)
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

// MaxSystemBelow is how many units below another on the system line count.
const MaxSystemBelow = 10_000

// pageSize is how many units are asked for at a time.
const pageSize = 1000

// How long and how much a cached directory remembers. A changed role or a moved unit counts everywhere after that time.
const (
	cacheTTL      = 5 * time.Second
	cacheUnits    = 10_000
	cacheSchemes  = 1_000
	cacheOfficers = 10_000
	cacheLines    = 1_000
)

type cachedDirectory struct {
	Directory

	units   cache.Cache[string, *networkv1.Unit]
	schemes cache.Cache[string, *networkv1.Scheme]
	lines   cache.Cache[string, []*networkv1.Unit]
}

// Cached remembers what a directory found for five seconds of a clock, and never into the next day, which may have another tree
// and other schemes; what it did not find is asked again each time, and so are officers: who has left sends no more (C6).
func Cached(d Directory, c clock.Clock) Directory {
	return cachedDirectory{
		Directory: d,
		units:     cache.New[string, *networkv1.Unit](cacheUnits, c.Now, sameDay),
		schemes:   cache.New[string, *networkv1.Scheme](cacheSchemes, c.Now, sameDay),
		lines:     cache.New[string, []*networkv1.Unit](cacheLines, c.Now, sameDay),
	}
}

// Unit returns a unit, no older than five seconds.
func (c cachedDirectory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	return c.units.Get(ctx, name, func(ctx context.Context) (*networkv1.Unit, error) { return c.Directory.Unit(ctx, name) })
}

// SystemBelow returns what is below a unit on the system line, no older than five seconds.
func (c cachedDirectory) SystemBelow(ctx context.Context, unit string) ([]*networkv1.Unit, error) {
	return c.lines.Get(ctx, unit,
		func(ctx context.Context) ([]*networkv1.Unit, error) { return c.Directory.SystemBelow(ctx, unit) })
}

// Uncached is what a directory asks, without what it remembers: for what is seldom done, and often right after a change.
func Uncached(d Directory) Directory {
	switch known := d.(type) {
	case cachedDirectory:
		return Uncached(known.Directory)
	case cachedOfficers:
		return Uncached(known.Directory)
	}
	return d
}

type cachedOfficers struct {
	Directory

	officers cache.Cache[string, *networkv1.Officer]
}

// CachedOfficers remembers officers as Cached does all else. It is for services other than network, which no officer sends to.
func CachedOfficers(d Directory, c clock.Clock) Directory {
	return cachedOfficers{d, cache.New[string, *networkv1.Officer](cacheOfficers, c.Now, sameDay)}
}

// Officer returns an officer, no older than five seconds.
func (c cachedOfficers) Officer(ctx context.Context, name string) (*networkv1.Officer, error) {
	return c.officers.Get(ctx, name,
		func(ctx context.Context) (*networkv1.Officer, error) { return c.Directory.Officer(ctx, name) })
}

// Scheme returns a scheme, no older than five seconds.
func (c cachedDirectory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	return c.schemes.Get(ctx, unit, func(ctx context.Context) (*networkv1.Scheme, error) {
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

// sameDay tells whether what was found a while ago still counts.
func sameDay(readAt, now time.Time) bool {
	return cache.For(cacheTTL)(readAt, now) &&
		calendar.DateOf(readAt, calendar.Shanghai) == calendar.DateOf(now, calendar.Shanghai)
}

// LookUp finds the unit that a request field names; an unknown one, or one that has ended, is a fault of that field.
func LookUp(ctx context.Context, d Directory, field, name string) (*networkv1.Unit, error) {
	u, err := d.Unit(ctx, name)
	if !fault.IsNotFound(err) {
		return u, err
	}
	says, err := Missing(ctx, d, name)
	if err != nil {
		return nil, err
	}
	return nil, fault.Invalid(field, says)
}

// Missing says of a unit that today's tree lacks that it has ended, and who acts for it, or from when there is one, or else
// that there is none.
func Missing(ctx context.Context, d Directory, name string) (words.Sentence, error) {
	ended, err := d.Ended(ctx, name)
	if fault.IsNotFound(err) {
		if coming, err := Coming(ctx, d, name); !fault.IsNotFound(err) {
			return ComingSentence(coming), err
		}
	}
	return MissingAs(name, ended, err)
}

// knowsComing is a directory that knows the units that are to come as well.
type knowsComing interface {
	Coming(ctx context.Context, name string) (*networkv1.Unit, error)
}

// Coming finds a unit that is to come, as it will be on its first day. NOT_FOUND where there is none, or where the directory
// does not know of them.
func Coming(ctx context.Context, d Directory, name string) (*networkv1.Unit, error) {
	if known, ok := Uncached(d).(knowsComing); ok {
		return known.Coming(ctx, name)
	}
	return nil, fault.NotFound(name)
}

// UnitOrComing finds a unit of today's tree, or one that is to come.
func UnitOrComing(ctx context.Context, d Directory, name string) (*networkv1.Unit, error) {
	u, err := d.Unit(ctx, name)
	if fault.IsNotFound(err) {
		return Coming(ctx, d, name)
	}
	return u, err
}

// ComingSentence says from when there is a unit.
func ComingSentence(coming *networkv1.Unit) words.Sentence {
	return words.UnitToCome(words.Titled(coming), coming.GetEffectiveFrom())
}

// SchemeFor is the scheme that holds today for a unit that was read before: it may be to come.
func SchemeFor(ctx context.Context, d Directory, unit *networkv1.Unit) (*networkv1.Scheme, error) {
	if known, ok := Uncached(d).(unitSchemer); ok {
		return known.SchemeOf(ctx, unit)
	}
	return d.Scheme(ctx, unit.GetName())
}

// MissingAs is what Missing says of a unit, by what looking for it among the ended ones gave.
func MissingAs(name string, ended *networkv1.Unit, err error) (words.Sentence, error) {
	switch {
	case fault.IsNotFound(err):
		return words.UnknownUnit(resource.ID(name)), nil
	case err != nil:
		return words.Sentence{}, err
	}
	return EndedSentence(ended), nil
}

// EndedFault refuses a unit that today's tree lacks, by what looking for it among the ended ones gave: it has ended, to callers
// who reach the one that acts for it; to others it is not found.
func EndedFault(ctx context.Context, name string, ended *networkv1.Unit, err error) error {
	switch {
	case fault.IsNotFound(err) || err == nil && Require(ctx, Path(ended), name) != nil:
		return fault.NotFound(name)
	case err != nil:
		return err
	}
	return fault.Precondition(EndedSentence(ended))
}

// EndedSentence says that a unit has ended, and who acts for it.
func EndedSentence(ended *networkv1.Unit) words.Sentence {
	return words.UnitEnded(words.Titled(ended), ended.GetEndedOn(), words.Untitled(ended.GetSuccessor()))
}

// UnitEver finds a unit of today's tree, or one that has ended, below its successor.
func UnitEver(ctx context.Context, d Directory, name string) (*networkv1.Unit, error) {
	u, err := d.Unit(ctx, name)
	if fault.IsNotFound(err) {
		return d.Ended(ctx, name)
	}
	return u, err
}

// RequireEver requires that the caller reaches a unit of today's tree, or one that has ended, whose successor stands above it. It
// refuses as not found what has the given name.
func RequireEver(ctx context.Context, d Directory, unit, name string) error {
	u, err := UnitEver(ctx, d, unit)
	switch {
	case fault.IsNotFound(err):
		return fault.NotFound(name)
	case err != nil:
		return err
	}
	return Require(ctx, Path(u), name)
}
