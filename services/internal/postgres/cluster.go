package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
)

// clusterMajor returns the PostgreSQL version that made the cluster, 0 if there is no cluster.
func (f *folder) clusterMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(f.data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(f.data); err == nil {
			return 0, fmt.Errorf("postgres: %s exists but holds no cluster (PG_VERSION is missing)", f.data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// initCluster makes the cluster beside its final place and renames it when it is safely on disk:
// a kill half-way leaves nothing that looks like a cluster.
func (f *folder) initCluster(ctx context.Context, b binaries, a account, o Options) error {
	began := time.Now()
	if err := stopLeftovers(ctx, f.fresh); err != nil {
		return err
	}
	if err := os.RemoveAll(f.fresh); err != nil {
		return err
	}
	if err := os.Mkdir(f.fresh, 0o700); err != nil {
		return err
	}
	if err := a.give(f.fresh); err != nil {
		return err
	}
	// C.UTF-8 and not C: with C, pg_trgm finds no similarity between Chinese texts.
	args := []string{
		"-D", f.fresh, "-U", Role, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
	}
	durable := o.Settings["fsync"] != "off"
	if !durable {
		args = append(args, "--no-sync")
	}
	runtime.LockOSThread() // the thread must outlive initdb, see account.attr
	defer runtime.UnlockOSThread()
	cmd := b.command(ctx, a, "initdb", args...)
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the cluster: initdb: %w: %s", err, lastLines(string(out), 5))
	}
	if err := os.Rename(f.fresh, f.data); err != nil {
		return err
	}
	if durable {
		if err := syncFolder(f.base); err != nil {
			return err
		}
	}
	o.Logger.Info("database cluster made",
		zap.String("version", b.version), zap.String("folder", f.data), logline.Milliseconds(time.Since(began)))
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ping connects to a database once.
func ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Close(ctx))
}

// noDatabase tells a server that answers but lacks the database.
func noDatabase(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "3D000"
}

// createDatabase makes the suite's database in a new cluster.
func (f *folder) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, f.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+Database)
	return errors.Join(err, conn.Close(ctx))
}
