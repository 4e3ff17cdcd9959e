package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		version string
		major   int
	}{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": {"15.18", 15},
		"postgres (PostgreSQL) 18.4":                             {"18.4", 18},
		"postgres (PostgreSQL) 19beta1":                          {"19beta1", 19},
		"postgres (PostgreSQL) 16devel":                          {"16devel", 16},
		"postgres (EnterpriseDB 9.6) 9.6.24":                     {"9.6.24", 9},
		"psql (PostgreSQL) 18.4":                                 {},
		"":                                                       {},
	} {
		version, major, err := parseVersion(line)
		assert.Equal(t, want.major == 0, err != nil, line)
		assert.Equal(t, want.version, version, line)
		assert.Equal(t, want.major, major, line)
	}
}

func TestNewestFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, major := range []string{"9.6", "9", "15", "18", "16"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, major, "bin"), 0o700))
	}
	var majors []int
	for _, dir := range newestFirst(filepath.Join(root, "*", "bin")) {
		majors = append(majors, majorInPath(dir))
	}
	assert.Equal(t, []int{18, 16, 15, 9, 0}, majors)
}

// fakeBinaries makes a folder whose postgres only prints a version.
func fakeBinaries(t *testing.T, version string) string {
	t.Helper()
	dir := tempDir(t)
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}

func TestUnsuitableBinariesAreRefused(t *testing.T) {
	t.Parallel()
	a, err := chooseAccount(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		version string
		want    int
		err     error
		text    string
	}{
		"older than the floor":           {"14.9", 0, ErrVersion, "at least 15"},
		"not of the cluster's version":   {"18.4", 15, ErrVersion, "made by PostgreSQL 15"},
		"of the cluster's version":       {"16.1", 16, nil, ""},
		"for a cluster that is not made": {"18.4", 0, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := find(t.Context(), Options{Bin: fakeBinaries(t, c.version)}, a, c.want)
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				assert.ErrorContains(t, err, c.text)
			}
		})
	}
}

func TestLibrariesBeside(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, dir := range []string{"usr/lib/postgresql/17/bin", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o700))
	}
	assert.Equal(t, root+"/usr/lib/x86_64-linux-gnu:"+root+"/lib/x86_64-linux-gnu",
		librariesBeside(filepath.Join(root, "usr/lib/postgresql/17/bin")))
	assert.Empty(t, librariesBeside("/usr/lib/postgresql/17/bin"), "installed")
	assert.Empty(t, librariesBeside("/opt/pgsql/bin"))
}

func TestMakeLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close() //nolint:errcheck // a test's handle
	require.NoError(t, root.MkdirAll("native/lib", 0o700))
	require.NoError(t, root.WriteFile("native/lib/libpq.so.5.18", []byte("code"), 0o600))

	require.NoError(t, makeLinks(root, []byte(`[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`)))
	to, err := os.Readlink(filepath.Join(dir, "native/lib/libpq.so.5"))
	require.NoError(t, err)
	assert.Equal(t, "libpq.so.5.18", to)

	for _, list := range []string{
		`[{"source":"../../etc/passwd","target":"native/lib/x"}]`,
		`[{"source":"native/lib/libpq.so.5.18","target":"/tmp/x"}]`,
		`{`,
	} {
		require.Error(t, makeLinks(root, []byte(list)), list)
	}
}

func TestNewestServer(t *testing.T) {
	t.Parallel()
	const listing = "postgresql-13 - old\npostgresql-15 - server\npostgresql-17 - server\npostgresql-17-cron - extension\n"
	assert.Equal(t, 17, newestServer(listing, 0))
	assert.Equal(t, 15, newestServer(listing, 15))
	assert.Equal(t, 0, newestServer(listing, 18))
	assert.Equal(t, 0, newestServer("postgresql-13 - old\n", 0))
}

func TestLibraryDepends(t *testing.T) {
	t.Parallel()
	const listing = `postgresql-15
 |Depends: locales
  Depends: postgresql-common
  Depends: libc6
  Depends: libllvm14
  PreDepends: zlib1g
  Depends: libssl3
 |Depends: libicu72
  Depends: <libfoo>
    libelogind0
libssl3
  Depends: libssl3
`
	assert.Equal(t, []string{"zlib1g", "libssl3", "libicu72"}, libraryDepends(listing))
}

func TestFetchedBinariesRun(t *testing.T) {
	t.Parallel()
	if os.Getenv("QINGFENG_TEST_FETCH") == "" {
		t.Skip("set QINGFENG_TEST_FETCH=1 to download PostgreSQL")
	}
	for name, by := range map[string]way{"npm": fetchNPM, "apt": fetchApt} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := tempDir(t)
			a, err := chooseAccount(filepath.Join(cache, "none"))
			require.NoError(t, err)
			log := zaptest.NewLogger(t)
			b, err := fetchInto(t.Context(), &fetcher{log: log}, cache, a, by)
			require.NoError(t, err)
			again, err := cachedOrFetched(t.Context(), Options{Cache: cache, Logger: log}, a, 0)
			require.NoError(t, err)
			assert.Equal(t, b, again, "the cache serves it")
			left, err := filepath.Glob(filepath.Join(cache, unfinished+"*"))
			require.NoError(t, err)
			assert.Empty(t, left)

			s := start(t, Options{Dir: tempDir(t), Bin: b.dir, Logger: log})
			for _, extension := range []string{"pg_trgm", "btree_gist", "ltree"} {
				execute(t, s.URL(), `CREATE EXTENSION `+extension)
			}
			assert.Equal(t, 8,
				count(t, s.URL(), `SELECT extract(hour FROM timestamptz '2026-01-01 00:00Z' AT TIME ZONE 'Asia/Shanghai')::int`))
		})
	}
}
