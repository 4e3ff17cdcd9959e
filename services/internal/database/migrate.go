package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	sqlc "github.com/qingfeng-suite/qingfeng/services/internal/database/db"
)

//go:embed migrations/*.sql
var sharedMigrations embed.FS

// Migrate brings a service's schema up to date: the tables all services share, the service's own, and the work queue's.
// Replicas that start together take turns.
func (db *DB) Migrate(ctx context.Context, own fs.FS) error {
	unlock, err := db.lock(ctx)
	if err != nil {
		return fmt.Errorf("lock schema %s: %w", db.Schema, err)
	}
	defer unlock()
	if err := db.prepare(ctx); err != nil {
		return fmt.Errorf("prepare schema %s: %w", db.Schema, err)
	}
	sharedFiles, err := fs.Sub(sharedMigrations, "migrations")
	if err != nil {
		return err
	}
	if err := db.goose(ctx, "migrations_shared", sharedFiles); err != nil {
		return err
	}
	if err := db.goose(ctx, "migrations", own); err != nil {
		return err
	}
	if err := db.migrateQueue(ctx); err != nil {
		return fmt.Errorf("migrate work queue of %s: %w", db.Schema, err)
	}
	if err := sqlc.New(db).ContinueJournal(ctx); err != nil {
		return fmt.Errorf("continue the journal of %s: %w", db.Schema, err)
	}
	return nil
}

// ErrNewer is a schema that a newer version has changed: this one would read and write it wrongly. Its message is in English and
// Chinese, as all that stop a start are.
var ErrNewer = errors.New("the database belongs to a newer version")

func (db *DB) newer(what string, is, known int64) error {
	return fmt.Errorf("%w: %s of schema %s stand at version %d, this program knows up to %d; run the newer program, or restore a"+
		" back-up made before it / 数据库已由更高版本的程序升级：模式 %s 的 %s 为版本 %d，本程序只支持到 %d，请运行较新的程序，或恢复升级前的备份",
		ErrNewer, what, db.Schema, is, known, db.Schema, what, is, known)
}

// migrateQueue brings the work queue up to date.
func (db *DB) migrateQueue(ctx context.Context) error {
	queue, err := rivermigrate.New(riverpgxv5.New(db.Pool), &rivermigrate.Config{Schema: db.Schema})
	if err != nil {
		return err
	}
	var begun bool
	var is int64
	if err := db.QueryRow(ctx, "SELECT to_regclass('river_migration') IS NOT NULL").Scan(&begun); err != nil {
		return err
	}
	if begun { // River itself does not list versions that it does not know
		if err := db.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&is); err != nil {
			return err
		}
	}
	known := queue.AllVersions()
	if last := int64(known[len(known)-1].Version); is > last {
		return db.newer("river_migration", is, last)
	}
	_, err = queue.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// lock waits until no other replica migrates the schema. The lock ends with its connection, which is not of the pool: a
// pool of one connection would wait for itself. goose's own lock asks every five seconds only, and leaves the queue out.
func (db *DB) lock(ctx context.Context) (unlock func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, db.Config().ConnConfig.Copy())
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = conn.Close(context.WithoutCancel(ctx)) } // closed either way, and the lock is gone
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", "qingfeng migrate "+db.Schema); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// prepare makes the schema, and what all schemas share. The lock is of the whole database, as these are.
func (db *DB) prepare(ctx context.Context) error {
	return db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, statement := range []string{
			"SELECT pg_advisory_xact_lock(hashtext('qingfeng prepare'))",
			"CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{db.Schema}.Sanitize(),
			"CREATE EXTENSION IF NOT EXISTS ltree WITH SCHEMA public",
			// Which keys the instance has, of which nothing but a fingerprint stands here: one table for all its services.
			"CREATE TABLE IF NOT EXISTS public.instance_keys (name text PRIMARY KEY, fingerprint bytea NOT NULL)",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func (db *DB) goose(ctx context.Context, table string, files fs.FS) error {
	store, err := database.NewStore(goose.DialectPostgres, table)
	if err != nil {
		return err
	}
	conn := stdlib.OpenDBFromPool(db.Pool)
	defer func() { _ = conn.Close() }() // a view of the pool, which stays open
	provider, err := goose.NewProvider("", conn, files, goose.WithStore(store))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", db.Schema, err)
	}
	is, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", db.Schema, err)
	}
	if known := provider.ListSources(); is > known[len(known)-1].Version {
		return db.newer(table, is, known[len(known)-1].Version)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", db.Schema, err)
	}
	return nil
}
