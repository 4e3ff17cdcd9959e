package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(Runner(m)) }

func query(t *testing.T, url, sql string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context()) //nolint:errcheck // nothing is lost
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

// migrator returns a migration that leaves its connection open, as a careless one would.
func migrator(t *testing.T, runs *atomic.Int32, rows int) func(context.Context, string) error {
	t.Helper()
	return func(ctx context.Context, url string) error {
		runs.Add(1)
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
		_, err = conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE seed AS SELECT generate_series(1, %d) AS n`, rows))
		return err
	}
}

//nolint:tparallel // the group must end before the counts are compared
func TestEachTestHasADatabaseOfItsOwnAndMigratesOncePerKey(t *testing.T) {
	t.Parallel()
	var one, two atomic.Int32
	own := rand.Text() // templates outlive a test, and -count runs it again
	first, second := migrator(t, &one, 10), migrator(t, &two, 20)
	t.Run("in parallel", func(t *testing.T) {
		for i := range 12 {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				key, migrate, want := own+"/one", first, 9
				if i%2 == 1 {
					key, migrate, want = own+"/two", second, 19
				}
				began := time.Now()
				url := URL(t, key, migrate)
				t.Logf("database in %v", time.Since(began))
				const deleteOne = `WITH gone AS (DELETE FROM seed WHERE n = 1 RETURNING n)
					SELECT (SELECT count(*) FROM seed) - (SELECT count(*) FROM gone)`
				assert.Equal(t, want, query(t, url, deleteOne))
			})
		}
	})
	assert.EqualValues(t, 1, one.Load())
	assert.EqualValues(t, 1, two.Load())
}

//nolint:tparallel // the subtest must end before its database is looked for
func TestDatabaseIsDroppedWithTheTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("uses a database", func(t *testing.T) {
		url = URL(t, "dropped", nil)
		assert.Equal(t, 1, query(t, url, `SELECT 1`))
	})
	_, err := pgx.Connect(t.Context(), url)
	require.Error(t, err)
}

func TestStartOf(t *testing.T) {
	t.Parallel()
	at, ok := startOf("qingfeng_test_6922f0a0_abcdefgh_3")
	assert.True(t, ok)
	assert.Equal(t, int64(0x6922f0a0), at.Unix())
	_, ok = startOf("qingfeng")
	assert.False(t, ok)
}

func TestLeftoversOfKilledRunsAreRemoved(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	long := time.Now().Add(-time.Hour)
	dead, young := filepath.Join(temp, folderPrefix+"dead"), filepath.Join(temp, folderPrefix+"young")
	other := filepath.Join(temp, "other")
	for _, dir := range []string{dead, young, other} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "postgres"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "postgres", "lock"), nil, 0o600))
	}
	for _, dir := range []string{dead, other} {
		require.NoError(t, os.Chtimes(dir, long, long))
	}
	removeLeftovers(temp)
	assert.NoDirExists(t, dead)
	assert.DirExists(t, young)
	assert.DirExists(t, other)
}
