package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/metrics"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/relay"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network"
	"github.com/qingfeng-suite/qingfeng/services/network/calendars"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
	"github.com/qingfeng-suite/qingfeng/services/warning"
)

// builder builds the services of a suite.
type builder struct {
	suite     *Suite
	sealer    *sealing.Sealer
	leads     *sealing.Sealer
	courier   *courier.Courier
	stores    map[string]*record.Store
	directory access.Directory
	calendar  calendar.Source
}

// openKeys opens the key of tokens; those of sealed sources and of delivery, which only the network service needs; and that of
// case leads, which only the warning service does.
func (b *builder) openKeys(ctx context.Context) error {
	cfg, needed := b.suite.cfg, []string{tokenKey}
	if cfg.hasTarget(network.Name) {
		needed = append(needed, sourceKey, deliveryKey)
	}
	if cfg.hasTarget(warning.Name) {
		needed = append(needed, leadKey)
	}
	keys, err := openKeyring(ctx, cfg, b.anyStore().DB)
	if err != nil {
		return err
	}
	if err := keys.lookForData(ctx, b.stores); err != nil {
		return err
	}
	if err := keys.requireKnown(needed...); err != nil {
		return err
	}
	if b.suite.Tokens, err = access.OpenTokens(cfg.keyFile(tokenKey), cfg.Clock); err != nil {
		return err
	}
	if cfg.hasTarget(network.Name) {
		if b.sealer, err = sealing.Open(cfg.keyFile(sourceKey)); err != nil {
			return err
		}
		if b.courier, err = courier.New(cfg.Delivery, cfg.keyFile(deliveryKey), cfg.Clock); err != nil {
			return err
		}
	}
	if cfg.hasTarget(warning.Name) {
		if b.leads, err = sealing.Open(cfg.keyFile(leadKey)); err != nil {
			return err
		}
	}
	return keys.note(ctx, needed...)
}

// anyStore is the store of a service that runs here: the first by name, which is the same at each start.
func (b *builder) anyStore() *record.Store {
	return b.stores[slices.Min(slices.Collect(maps.Keys(b.stores)))]
}

// openSchemas opens and migrates the schemas.
func (b *builder) openSchemas(ctx context.Context) error {
	b.stores = map[string]*record.Store{}
	for _, spec := range Specs() {
		if !b.suite.cfg.hasTarget(spec.Name) {
			continue
		}
		db, err := b.openSchema(ctx, spec.Name, spec.Name)
		if err != nil {
			return err
		}
		if err := db.Migrate(ctx, spec.Migrations); err != nil {
			return err
		}
		b.stores[spec.Name] = &record.Store{DB: db, Clock: b.suite.cfg.Clock}
	}
	return nil
}

// Migrate brings the schemas of services in a database up to date.
func Migrate(ctx context.Context, url string, specs ...service.Spec) error {
	for _, spec := range specs {
		db, err := database.Open(ctx, url, spec.Name)
		if err != nil {
			return err
		}
		err = db.Migrate(ctx, spec.Migrations)
		db.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// openSchema opens a pool of connections to a schema; metrics tell it by the pool's name.
func (b *builder) openSchema(ctx context.Context, schema, pool string) (*database.DB, error) {
	db, err := database.Open(ctx, b.suite.url, schema)
	if err != nil {
		return nil, err
	}
	b.suite.closers = append(b.suite.closers, func(context.Context) error { db.Close(); return nil })
	return db, b.suite.registry.Register(metrics.NewPool(pool, db.Stat))
}

// openDirectory reads units, roles and the calendar from the network's schema where it is here, and asks the network service
// where not. It has connections of its own: who looks something up within a transaction must not wait for a connection that
// another such transaction holds.
func (b *builder) openDirectory(ctx context.Context) error {
	if store, here := b.stores[network.Name]; here {
		db, err := b.openSchema(ctx, network.Name, "directory")
		if err != nil {
			return err
		}
		own := &record.Store{DB: db, Clock: store.Clock}
		b.directory, b.calendar = access.Cached(units.Directory(own), own.Clock), calendars.Source(own)
		return nil
	}
	conn, err := b.suite.dial(network.Name, b.anyStore().Schema) // any service's name will do
	if err != nil {
		return err
	}
	remote := access.CachedOfficers(access.Remote(conn), b.suite.cfg.Clock)
	b.directory = access.Cached(remote, b.suite.cfg.Clock)
	b.calendar = calendars.Remote(networkv1.NewCalendarServiceClient(conn), b.suite.cfg.Clock)
	return nil
}

// build makes the services and adds them to the server.
func (b *builder) build() error {
	for _, spec := range Specs() {
		store, here := b.stores[spec.Name]
		if !here {
			continue
		}
		if err := b.buildService(spec, store); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) buildService(spec service.Spec, store *record.Store) error {
	peers, err := b.dialAll(spec)
	if err != nil {
		return err
	}
	log := b.suite.cfg.Log.Named(spec.Name)
	queue, err := b.buildQueue(store, log)
	if err != nil {
		return err
	}
	followers := &follow.Followers{}
	if peer, ok := peers[network.Name]; ok { // its tree moves, and it has the inboxes
		queue.AddFirst(follow.Job(store, follow.Remote(networkv1.NewTreeServiceClient(peer)), followers))
		queue.Tick(relay.Job(store, networkv1.NewInboxServiceClient(peer), log))
	}
	b.suite.server.Register(spec.New(service.Env{
		Store: store, Directory: b.directory, Calendar: b.calendar, Queue: queue, Followers: followers, Sealer: b.sealer,
		Courier: b.courier, Leads: b.leads,
		MessageRetentionDays: b.suite.cfg.MessageRetentionDays, Uploads: b.uploads(), Metrics: b.suite.registry, Log: log,
		Dial: func(name string) grpc.ClientConnInterface { return peers[name] },
	}), b.ready(store))
	return nil
}

// leastFree is what PostgreSQL needs to write on: four segments of its log.
const leastFree = 64 << 20

// ready tells whether a service can write.
func (b *builder) ready(store *record.Store) func(context.Context) error {
	space := b.uploads().FreeSpace
	return func(ctx context.Context) error {
		if space != nil {
			free, err := space()
			if err == nil && free < leastFree {
				err = fmt.Errorf("the disk of the database has %d bytes left", free)
			}
			if err != nil {
				return err
			}
		}
		return store.Ready(ctx)
	}
}

// uploads are the limits of attachments.
func (b *builder) uploads() service.UploadLimits {
	limits := b.suite.cfg.Uploads
	if limits.FreeSpace == nil && b.suite.database != nil {
		limits.FreeSpace = func() (int64, error) { return postgres.FreeSpace(b.suite.cfg.Data) }
	}
	return limits
}

// dialAll connects a service to those it calls.
func (b *builder) dialAll(spec service.Spec) (map[string]grpc.ClientConnInterface, error) {
	peers := map[string]grpc.ClientConnInterface{}
	for _, name := range spec.DependsOn {
		conn, err := b.suite.dial(name, spec.Name)
		if err != nil {
			return nil, err
		}
		peers[name] = conn
	}
	return peers, nil
}

// buildQueue makes the queue of a service, which starts with the suite.
func (b *builder) buildQueue(store *record.Store, log *zap.Logger) (*jobs.Queue, error) {
	build := jobs.New
	if b.suite.database != nil { // a machine that runs its own database may be small
		build = jobs.Frugal
	}
	queue, err := build(store, log)
	if err != nil {
		return nil, err
	}
	queue.WatchClock(time.Duration(b.suite.cfg.ClockJumpDays) * 24 * time.Hour)
	if b.suite.cfg.Unscheduled {
		queue.Unschedule()
	}
	b.suite.queues = append(b.suite.queues, queue)
	labels := prometheus.Labels{"service": store.Schema}
	return queue, prometheus.WrapRegistererWith(labels, b.suite.registry).Register(queue)
}

// serviceTokenFor is how long a token holds that a service calls another with; it serves for half of that.
const serviceTokenFor = time.Minute

// dial connects to a service, here or elsewhere, in the name of another; with no name the caller's own token goes along.
func (s *Suite) dial(to, as string) (server.Conn, error) {
	key := to + " as " + as
	if conn, ok := s.conns[key]; ok {
		return conn, nil
	}
	conn, err := s.connect(to)
	if err != nil {
		return nil, err
	}
	if as != "" {
		conn = server.AsService(conn,
			s.Tokens.TokenSource(access.Principal{Subject: "services/" + as, Service: as}, serviceTokenFor))
	}
	s.conns[key] = conn
	s.closers = append(s.closers, func(context.Context) error { return conn.Close() })
	return conn, nil
}

func (s *Suite) connect(to string) (server.Conn, error) {
	if s.cfg.hasTarget(to) {
		return s.server.Dial()
	}
	address, ok := s.cfg.Peers[to]
	if !ok {
		return nil, fmt.Errorf("service %s does not run here: say where, with a peer address", to)
	}
	return server.Dial(address, s.cfg.PeerTLS)
}
