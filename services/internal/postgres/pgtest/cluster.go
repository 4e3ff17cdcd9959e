package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
)

// cluster is the server of one test binary: shared with the other packages of the run, private, or external.
type cluster struct {
	external string // URL, or empty
	run      string // prefix of the names of this binary's databases
	stock    string // prefix of the names of templates
	next     atomic.Int64

	once   sync.Once
	err    error
	dir    string
	server *postgres.Server
	admin  string
	base   *url.URL

	mu        sync.Mutex
	templates map[string]*template
}

// start starts or reaches the server, once.
func (c *cluster) start() error {
	c.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
		defer cancel()
		c.err = c.open(ctx)
	})
	return c.err
}

func (c *cluster) open(ctx context.Context) error {
	var err error
	switch {
	case c.external != "":
		c.admin = c.external
	case sharing():
		c.admin, err = joinShared(ctx)
	default:
		c.admin, err = c.openPrivate(ctx)
	}
	if err != nil {
		return err
	}
	if c.base, err = parseURL(c.admin); err != nil {
		return err
	}
	if c.external != "" {
		c.dropOlderThan(ctx, time.Now().Add(-leftoverAge))
	}
	return nil
}

func (c *cluster) openPrivate(ctx context.Context) (url string, err error) {
	removeLeftovers(tempDir())
	if c.dir, err = os.MkdirTemp(tempDir(), folderPrefix); err != nil {
		return "", err
	}
	if c.server, err = startServer(ctx, c.dir); err != nil {
		return "", err
	}
	return c.server.URL(), nil
}

// startServer starts a server whose data need not outlive it, only be fast.
func startServer(ctx context.Context, dir string) (*postgres.Server, error) {
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the server's account must pass through
		return nil, err
	}
	return postgres.Start(ctx, postgres.Options{Dir: dir, Settings: map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
		"wal_level": "minimal", "max_wal_senders": "0", "wal_compression": "off", "max_wal_size": "256MB",
		"autovacuum": "off", "max_connections": "2000",
	}})
}

// close stops the private server and removes its folder, or drops this run's templates.
func (c *cluster) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	var errs []error
	if c.external != "" && c.base != nil {
		for key := range c.templates {
			errs = append(errs, c.exec(ctx, "DROP DATABASE IF EXISTS "+c.templateName(key)+" WITH (FORCE)"))
		}
	}
	if c.server != nil {
		errs = append(errs, c.server.Stop(ctx))
	}
	if c.dir != "" {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// dropOlderThan drops what killed runs left on an external server; names carry their start. Best
// effort: the databases may be another user's, or just dropped by another run.
func (c *cluster) dropOlderThan(ctx context.Context, limit time.Time) {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is lost
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE $1",
		strings.ReplaceAll(prefix, "_", `\_`)+"%")
	if err != nil {
		return
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, name := range names {
		if began, ok := startOf(name); ok && began.Before(limit) {
			_, _ = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
		}
	}
}

// startOf reads the start of its run out of a database's name.
func startOf(database string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(database, prefix)
	if !ok {
		return time.Time{}, false
	}
	stamp, _, _ := strings.Cut(rest, "_")
	seconds, err := strconv.ParseInt(stamp, 16, 64)
	return time.Unix(seconds, 0), err == nil
}

const (
	folderPrefix = "qingfeng-pgtest-"
	memory       = "/dev/shm"
	// enoughMemory is what the largest run needs, many times over.
	enoughMemory = 2 << 30
)

// tempDir is where servers keep their data: in memory where there is enough, since copying a template makes a thousand files.
func tempDir() string {
	var fs unix.Statfs_t
	if unix.Statfs(memory, &fs) == nil && unix.Access(memory, unix.W_OK) == nil && fs.Bavail*uint64(fs.Bsize) > enoughMemory {
		return memory
	}
	return os.TempDir()
}

// youngFolder is the age up to which a folder may belong to a run that has not locked it yet.
const youngFolder = 10 * time.Minute

// removeLeftovers removes the folders of killed runs: old ones whose lock nobody holds.
func removeLeftovers(temp string) {
	dirs, err := filepath.Glob(filepath.Join(temp, folderPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err == nil && info.IsDir() && time.Since(info.ModTime()) > youngFolder && !locked(dir) {
			_ = os.RemoveAll(dir) // best effort
		}
	}
}

// locked tells whether a server's supervisor holds the folder, or may do so.
func locked(dir string) bool {
	lock, err := os.Open(filepath.Join(dir, "postgres", "lock"))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer lock.Close() //nolint:errcheck // opened for reading
	return unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil
}
