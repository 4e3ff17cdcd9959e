package suite

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/metrics"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network"
	"github.com/qingfeng-suite/qingfeng/services/network/calendars"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// builder builds the services of a suite.
type builder struct {
	suite     *Suite
	sealer    *sealing.Sealer
	courier   *courier.Courier
	books     map[string]*record.Store
	directory access.Directory
	calendar  calendar.Source
}

// openKeys opens the keys of sealed sources and of delivery, which only the network service needs.
func (b *builder) openKeys() (err error) {
	cfg := b.suite.cfg
	if !cfg.hasTarget(network.Name) {
		return nil
	}
	if b.sealer, err = sealing.Open(filepath.Join(cfg.Data, "keys", "source.key")); err != nil {
		return err
	}
	b.courier, err = courier.New(cfg.Delivery, filepath.Join(cfg.Data, "keys", "delivery.key"), cfg.Clock)
	return err
}

// openSchemas opens and migrates the schemas, and finds out who knows the units.
func (b *builder) openSchemas(ctx context.Context) error {
	b.books = map[string]*record.Store{}
	for _, kind := range Specs() {
		if !b.suite.cfg.hasTarget(kind.Name) {
			continue
		}
		db, err := b.openSchema(ctx, kind.Name, kind.Name)
		if err != nil {
			return err
		}
		if err := db.Migrate(ctx, kind.Migrations); err != nil {
			return err
		}
		b.books[kind.Name] = &record.Store{DB: db, Clock: b.suite.cfg.Clock}
	}
	return b.openDirectory(ctx)
}

// Migrate brings the schemas of services in a database up to date.
func Migrate(ctx context.Context, url string, kinds ...service.Spec) error {
	for _, kind := range kinds {
		db, err := database.Open(ctx, url, kind.Name)
		if err != nil {
			return err
		}
		err = db.Migrate(ctx, kind.Migrations)
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
	if book, here := b.books[network.Name]; here {
		db, err := b.openSchema(ctx, network.Name, "directory")
		if err != nil {
			return err
		}
		own := &record.Store{DB: db, Clock: book.Clock}
		b.directory, b.calendar = access.Cached(units.Directory(own), own.Clock), calendars.Source(own)
		return nil
	}
	// Any service's name will do; the first by name is the same at each start.
	conn, err := b.suite.dial(network.Name, slices.Min(slices.Collect(maps.Keys(b.books))))
	if err != nil {
		return err
	}
	remote := access.Remote(networkv1.NewUnitServiceClient(conn), networkv1.NewSchemeServiceClient(conn))
	b.directory = access.Cached(remote, b.suite.cfg.Clock)
	b.calendar = calendars.Remote(networkv1.NewCalendarServiceClient(conn), b.suite.cfg.Clock)
	return nil
}

// build makes the services and adds them to the server.
func (b *builder) build() error {
	for _, kind := range Specs() {
		book, here := b.books[kind.Name]
		if !here {
			continue
		}
		peers := map[string]grpc.ClientConnInterface{}
		for _, need := range kind.DependsOn {
			conn, err := b.suite.dial(need, kind.Name)
			if err != nil {
				return err
			}
			peers[need] = conn
		}
		log := b.suite.cfg.Log.Named(kind.Name)
		build := jobs.New
		if b.suite.database != nil { // a machine that runs its own database may be small
			build = jobs.Frugal
		}
		queue, err := build(book, log)
		if err != nil {
			return err
		}
		if err := prometheus.WrapRegistererWith(prometheus.Labels{"service": kind.Name}, b.suite.registry).Register(
			queue,
		); err != nil {
			return err
		}
		b.suite.queues = append(b.suite.queues, queue)
		b.suite.server.Register(kind.New(service.Env{
			Store: book, Directory: b.directory, Calendar: b.calendar, Queue: queue, Sealer: b.sealer, Courier: b.courier,
			MessageRetentionDays: b.suite.cfg.MessageRetentionDays, Metrics: b.suite.registry, Log: log,
			Dial: func(name string) grpc.ClientConnInterface { return peers[name] },
		}), book.Ping)
	}
	return nil
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
