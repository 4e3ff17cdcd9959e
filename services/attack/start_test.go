package attack

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

// instance is an instance that is started and stopped.
type instance struct{ cfg suite.Config }

func newInstance(t *testing.T) *instance {
	t.Helper()
	return &instance{suite.Config{
		Data: t.TempDir(), DatabaseURL: pgtest.URL(t, "empty", nil), Level: typev1.Level_LEVEL_CITY,
		Server: server.Config{Listen: "127.0.0.1:0"}, HTTP: "127.0.0.1:0", Clock: clock.System{}, Log: zap.NewNop(),
	}}
}

// start starts the instance and stops it again; it tells why it does not start.
func (i *instance) start(t *testing.T) error {
	t.Helper()
	running, err := suite.Open(t.Context(), i.cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	return running.Run(ctx)
}

func (i *instance) file(name string) string { return filepath.Join(i.cfg.Data, "keys", name) }

func TestLostKeysAreNotMadeAnewBesideTheirData(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	require.NoError(t, i.start(t))
	require.NoError(t, i.start(t))
	for _, name := range suite.KeyNames() {
		kept, err := os.ReadFile(i.file(name))
		require.NoError(t, err)
		require.NoError(t, os.Remove(i.file(name)))
		err = i.start(t)
		require.ErrorIs(t, err, suite.ErrKey)
		require.ErrorContains(t, err, name+" is missing")
		require.NoFileExists(t, i.file(name))
		require.NoError(t, os.WriteFile(i.file(name), kept, 0o600))
		require.NoError(t, i.start(t), "restored")
	}
	figure(t, "keys missing beside their data: %d refused, none made anew", len(suite.KeyNames()))
	elsewhere := *i
	elsewhere.cfg.Data = t.TempDir()
	require.ErrorIs(t, elsewhere.start(t), suite.ErrKey)
	elsewhere.cfg.NewKeys = suite.KeyNames()
	require.NoError(t, elsewhere.start(t), "as the operator says")
	require.ErrorContains(t, i.start(t), "another key")
}

// TestKeysLostBeforeTheirFingerprintsWereKeptAreNotMadeAnew goes back to an instance that knows no fingerprint of its keys.
func TestKeysLostBeforeTheirFingerprintsWereKeptAreNotMadeAnew(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	require.NoError(t, i.start(t))
	conn, err := pgx.Connect(t.Context(), i.cfg.DatabaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	forget := func(more string) {
		_, err := conn.Exec(t.Context(), "DELETE FROM public.instance_keys; "+more)
		require.NoError(t, err)
	}
	forget("")
	require.NoError(t, os.Remove(i.file("token.pem")))
	require.NoError(t, i.start(t), "nothing was made with it")
	forget(`INSERT INTO risk.journal (xact, at, event, resource, unit_path, actor, actor_unit, request, reason)
		VALUES (1, now(), 'x', 'x', 'x', '', '', '', '')`)
	require.NoError(t, i.start(t), "its keys are there")
	for _, name := range suite.KeyNames() {
		kept, err := os.ReadFile(i.file(name))
		require.NoError(t, err)
		forget("")
		require.NoError(t, os.Remove(i.file(name)))
		err = i.start(t)
		require.ErrorIs(t, err, suite.ErrKey)
		require.ErrorContains(t, err, name+" is missing")
		require.NoFileExists(t, i.file(name))
		require.NoError(t, os.WriteFile(i.file(name), kept, 0o600))
	}
	require.NoError(t, i.start(t), "restored")
	figure(t, "keys missing beside data from before fingerprints: %d refused, none made anew", len(suite.KeyNames()))
}

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	require.NoError(t, i.start(t))
	refused, taken := 0, 0
	for _, name := range suite.KeyNames() {
		for mode, loose := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o400: false, 0o644: true, 0o660: true, 0o602: true} {
			require.NoError(t, os.Chmod(i.file(name), mode))
			if err := i.start(t); loose {
				refused++
				require.ErrorIs(t, err, keyfile.ErrLoose)
				assert.ErrorContains(t, err, "chmod 600 "+i.file(name))
			} else {
				taken++
				require.NoError(t, err)
			}
			require.NoError(t, os.Chmod(i.file(name), 0o600))
		}
	}
	figure(t, "keys of loose modes: %d refused; of tight modes: %d taken", refused, taken)
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"migrations", "migrations_shared", "river_migration"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			require.NoError(t, i.start(t))
			conn, err := pgx.Connect(t.Context(), i.cfg.DatabaseURL)
			require.NoError(t, err)
			insert := "INSERT INTO risk." + table + " (version_id, is_applied) VALUES (9999, true)"
			if table == "river_migration" {
				insert = "INSERT INTO risk.river_migration (line, version) VALUES ('main', 9999)"
			}
			_, err = conn.Exec(t.Context(), insert)
			require.NoError(t, err)
			require.NoError(t, conn.Close(t.Context()))
			err = i.start(t)
			require.ErrorIs(t, err, database.ErrNewer)
			require.ErrorContains(t, err, "schema risk stand at version 9999")
			figure(t, "a database whose %s is newer: refused at the start, untouched", table)
		})
	}
}
