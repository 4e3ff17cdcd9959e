// Package suite puts the parts together, in every shape: all services in one process, or each in its own.
package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/metrics"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
	"github.com/qingfeng-suite/qingfeng/services/network"
	"github.com/qingfeng-suite/qingfeng/services/risk"
	"github.com/qingfeng-suite/qingfeng/services/warning"
)

// Gateway is the target that serves HTTP.
const Gateway = "gateway"

// Specs are the services, each after those it calls.
func Specs() []service.Spec {
	return []service.Spec{network.Spec(), risk.Spec(), warning.Spec(), assessment.Spec()}
}

// Targets are the names of everything that can be run.
func Targets() []string {
	names := make([]string, 0, len(Specs())+1)
	for _, kind := range Specs() {
		names = append(names, kind.Name)
	}
	return append(names, Gateway)
}

// Config says what to run and where.
type Config struct {
	// Data is the folder of the instance: its keys, and the embedded PostgreSQL.
	Data string
	// DatabaseURL is an external PostgreSQL; empty: the embedded one.
	DatabaseURL string
	// Level of the instance.
	Level typev1.Level
	// Targets to run in this process; all where empty.
	Targets []string
	// Peers are the addresses, host:port, of services that run elsewhere.
	Peers map[string]string
	// PeerTLS secures the calls to them.
	PeerTLS server.TLS
	// Server is where gRPC is served.
	Server server.Config
	// HTTP is where the gateway listens, host:port. The rules of TLS are those of Server.
	HTTP string
	// Admin is where metrics and readiness are served, host:port; nowhere where empty.
	Admin string
	// ClockJumpDays is how many days the clock may be from the time that a job last saw, either way, before jobs do nothing until
	// ConfirmClock; 0: the clock is not watched.
	ClockJumpDays int
	// Uploads bound what attachments may take; where the database is the private one, its disk is looked at.
	Uploads service.UploadLimits
	// NewKeys are the names of keys of which new ones are made, or taken, in place of those that are lost.
	NewKeys []string
	// Delivery is by what and to where messages leave the instance.
	Delivery courier.Config
	// MessageRetentionDays is how many days messages that were read or delivered are kept, at least
	// MinMessageRetentionDays; 0: for ever.
	MessageRetentionDays int
	// Unscheduled has jobs run only when RunJob asks: for tests, whose clock stands still.
	Unscheduled bool
	Clock       clock.Clock
	Log         *zap.Logger
}

// MinMessageRetentionDays is the fewest days that messages are kept: reminders look back for that long, and would be sent again
// once they are deleted.
const MinMessageRetentionDays = 450

func (c Config) hasTarget(target string) bool {
	return len(c.Targets) == 0 || slices.Contains(c.Targets, target)
}

// Validate fails on what can't be run.
func (c Config) Validate() error {
	for _, target := range c.Targets {
		if !slices.Contains(Targets(), target) {
			return fmt.Errorf("there is no target %q; there are: %v", target, Targets())
		}
	}
	for peer, address := range c.Peers {
		if !slices.Contains(Targets(), peer) || peer == Gateway {
			return fmt.Errorf("there is no service %q", peer)
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("peer %s: %w", peer, err)
		}
	}
	if c.Level == typev1.Level_LEVEL_UNSPECIFIED {
		return errors.New("the level of the instance must be given")
	}
	if c.MessageRetentionDays != 0 && c.MessageRetentionDays < MinMessageRetentionDays {
		return fmt.Errorf("messages are kept for %d days: want at least %d, or 0 for ever", c.MessageRetentionDays,
			MinMessageRetentionDays)
	}
	for _, name := range c.NewKeys {
		if !slices.Contains(KeyNames(), name) {
			return fmt.Errorf("there is no key %q; there are: %v", name, KeyNames())
		}
	}
	return c.Delivery.Validate()
}

// Suite is what runs in this process.
type Suite struct {
	// Tokens are those of the instance; nil where no service runs here.
	Tokens *access.Tokens

	cfg      Config
	registry *prometheus.Registry
	database *postgres.Server
	url      string
	server   *server.Server
	queues   []*jobs.Queue
	conns    map[string]server.Conn
	http     []*listener
	// listeners wait, by what will be served at them.
	listeners map[string]net.Listener
	strangers *strangers.Limits
	started   chan struct{}
	closers   []func(context.Context) error
}

// stopTimeout bounds an orderly stop.
const stopTimeout = 20 * time.Second

// Open builds everything that the configuration names, down to the listeners; Run serves. What fails half way is undone.
func Open(ctx context.Context, cfg Config) (_ *Suite, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Suite{
		cfg: cfg, registry: metrics.NewRegistry(), conns: map[string]server.Conn{}, listeners: map[string]net.Listener{},
		started: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	if err := s.registry.Register(document.DamagedRows); err != nil {
		return nil, err
	}
	if err := postgres.MakeDataFolder(cfg.Data); err != nil {
		return nil, err
	}
	if s.strangers, err = strangers.NewLimits(s.registry); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{s.openListeners, s.openDatabase, s.openServices, s.openHTTP} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// embeddedPool bounds the connections of a service to the embedded PostgreSQL, which shares its machine with the suite: enough
// for four jobs that run at once, and for as many requests. What a burst opened is soon given back: each is some megabytes.
const embeddedPool = "&pool_max_conns=8&pool_max_conn_idle_time=20s&pool_health_check_period=10s"

// openDatabase starts the embedded PostgreSQL where a service needs it and no other is named.
func (s *Suite) openDatabase(ctx context.Context) error {
	if s.url = s.cfg.DatabaseURL; s.url != "" || !s.runsServices() {
		return nil
	}
	database, err := postgres.Start(ctx, postgres.Options{Dir: s.cfg.Data, Logger: s.cfg.Log.Named("postgres")})
	if err != nil {
		return err
	}
	s.database, s.url = database, database.URL()+embeddedPool
	s.closers = append(s.closers, database.Stop)
	return nil
}

func (s *Suite) runsServices() bool {
	return slices.ContainsFunc(Specs(), func(k service.Spec) bool { return s.cfg.hasTarget(k.Name) })
}

// openServices builds the gRPC server and every service that runs here.
func (s *Suite) openServices(ctx context.Context) error {
	if !s.runsServices() {
		return nil
	}
	b := &builder{suite: s}
	for _, step := range []func(context.Context) error{b.openSchemas, b.openKeys, b.openDirectory} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	var err error
	gate := access.NewGate(s.cfg.Level, s.Tokens, b.directory)
	if s.server, err = server.New(s.listeners[grpcListener], s.cfg.Server, gate, s.cfg.Log, s.registry); err != nil {
		return err
	}
	return b.build()
}

// Addr is the address gRPC is served at; empty where no service runs here.
func (s *Suite) Addr() string {
	if s.server == nil {
		return ""
	}
	return s.server.Addr()
}

// HTTPAddr is the address the gateway is served at; empty where it does not run here.
func (s *Suite) HTTPAddr() string {
	for _, l := range s.http {
		if l.name == Gateway {
			return l.Addr().String()
		}
	}
	return ""
}

// Started is closed once Run has begun all that it runs.
func (s *Suite) Started() <-chan struct{} { return s.started }

// Run serves until ctx ends or something fails, and then stops everything in order: what takes requests first, background
// work next, the database last. Metrics and readiness are served until the end.
func (s *Suite) Run(ctx context.Context) error {
	group, serving := errgroup.WithContext(ctx)
	if s.server != nil {
		group.Go(func() error { return s.server.Serve(serving) })
	}
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan error, len(s.http))
	for _, l := range s.http {
		if l.name == adminListener {
			go func() { watched <- l.serve(watching) }()
			continue
		}
		watched <- nil
		group.Go(func() error { return l.serve(serving) })
	}
	for _, queue := range s.queues {
		if err := queue.Start(ctx); err != nil {
			group.Go(func() error { return err })
			break
		}
		s.closers = append(s.closers, queue.Stop)
	}
	close(s.started)
	err := errors.Join(group.Wait(), s.close(ctx))
	unwatch()
	for range s.http {
		err = errors.Join(err, <-watched)
	}
	return err
}

// RunJob runs a job, such as "network.open_reports", after those that wait.
func (s *Suite) RunJob(ctx context.Context, name string) error {
	for _, queue := range s.queues {
		if found, err := queue.RunNow(ctx, name); found {
			return err
		}
	}
	return fmt.Errorf("no job is called %q here", name)
}

// close undoes what was opened, the last first.
func (s *Suite) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	var faults []error
	for _, closer := range slices.Backward(s.closers) {
		faults = append(faults, closer(ctx))
	}
	s.closers = nil
	return errors.Join(faults...)
}
