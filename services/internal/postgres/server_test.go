package postgres

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSecondStartFindsTheDataOfTheFirst(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	began := time.Now()
	s := start(t, Options{Dir: dir})
	t.Logf("first start: %v", time.Since(began))
	execute(t, s.URL(), `CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)`)
	began = time.Now()
	stop(t, s)
	t.Logf("stop: %v", time.Since(began))

	began = time.Now()
	s = start(t, Options{Dir: dir})
	t.Logf("second start: %v", time.Since(began))
	assert.Equal(t, 7, count(t, s.URL(), `SELECT n FROM kept`))
}

func TestClusterIsDurableUnicodeAndPrivate(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir, Settings: map[string]string{"work_mem": "8MB", "listen_addresses": "*"}})
	conn := connect(t, s.URL())
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"server_encoding": "UTF8", "TimeZone": "UTC", "work_mem": "8MB", "listen_addresses": "",
	} {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got))
		assert.Equal(t, want, got, setting)
	}
	var alike float64
	_, err := conn.Exec(t.Context(), `CREATE EXTENSION pg_trgm`)
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT similarity('清风县扶贫资金', '清风县扶贫款')`).Scan(&alike))
	assert.Positive(t, alike)
	for _, name := range []string{"data", "sock"} {
		info, err := os.Stat(filepath.Join(dir, "postgres", name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), name)
	}
}

func TestServerHasAProcessGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	start(t, Options{Dir: dir})
	pid := mainPID(t, dir)
	group, err := unix.Getpgid(pid)
	require.NoError(t, err)
	assert.Equal(t, pid, group)
}

func TestKilledServerIsStartedAgainAndLosesNoAcknowledgedRow(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	execute(t, s.URL(), `CREATE TABLE acked (n bigint PRIMARY KEY)`)
	pool, err := pgxpool.New(t.Context(), s.URL())
	require.NoError(t, err)
	defer pool.Close()

	var acked atomic.Int64
	writing, halt := context.WithCancel(t.Context())
	written := make(chan struct{})
	go func() {
		defer close(written)
		for n := 1; writing.Err() == nil; n++ {
			ctx, cancel := context.WithTimeout(writing, 5*time.Second)
			if _, err := pool.Exec(ctx, `INSERT INTO acked VALUES ($1)`, n); err == nil {
				acked.Add(1)
			}
			cancel()
		}
	}()
	for range 3 {
		enough := acked.Load() + 30
		require.Eventually(t, func() bool { return acked.Load() > enough }, time.Minute, time.Millisecond)
		pid := mainPID(t, dir)
		kill(t, pid)
		began := time.Now()
		require.Eventually(t, func() bool { return ping(t.Context(), s.URL()) == nil }, time.Minute, 5*time.Millisecond)
		t.Logf("answers again %v after the kill", time.Since(began))
		assert.NotEqual(t, pid, mainPID(t, dir))
	}
	halt()
	<-written
	// A row may be stored whose answer was lost, never the other way round.
	assert.GreaterOrEqual(t, count(t, s.URL(), `SELECT count(*) FROM acked`), int(acked.Load()))
}

func TestKilledSupervisorLeavesAFolderThatStartsAgainWithAllRows(t *testing.T) {
	t.Parallel()
	for name, alsoServer := range map[string]bool{"supervisor alone": false, "supervisor and server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			acked := 0
			for range 2 {
				acked = max(acked, killWriter(t, dir, acked+50, alsoServer))
				began := time.Now()
				s, err := Start(t.Context(), Options{Dir: dir})
				require.NoError(t, err)
				t.Logf("start after the kill: %v, %d rows acknowledged", time.Since(began), acked)
				assert.GreaterOrEqual(t, count(t, s.URL(), `SELECT count(*) FROM acked`), acked)
				stop(t, s)
			}
		})
	}
}

// killWriter runs this binary as the program of writeForever until it has acknowledged a row,
// kills it and returns the last row acknowledged.
func killWriter(t *testing.T, dir string, until int, alsoServer bool) int {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	last := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Errorf("helper printed %q", lines.Text())
		}
		if last == until {
			if alsoServer {
				kill(t, mainPID(t, dir))
			}
			kill(t, cmd.Process.Pid)
		}
	}
	require.Error(t, cmd.Wait())
	require.GreaterOrEqual(t, last, until)
	return last
}

func TestBusyOrphanDoesNotKeepTheServerDown(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	conn := connect(t, s.URL())
	busy := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), `DO $$ BEGIN LOOP END LOOP; END $$`)
		busy <- err
	}()
	const running = `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'`
	require.Eventually(t, func() bool { return count(t, s.URL(), running) == 1 }, time.Minute, 5*time.Millisecond)
	kill(t, mainPID(t, dir))
	require.Error(t, <-busy)
	require.Eventually(t, func() bool { return ping(t.Context(), s.URL()) == nil }, time.Minute, 5*time.Millisecond)
	assert.Zero(t, count(t, s.URL(), running))
}

func TestLeftoverServerIsReplaced(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	stop(t, s)
	require.NoError(t, s.folder.openSocket(s.account))
	// Not waited for until the end, so it is a zombie meanwhile, which must count as dead.
	leftover := s.bin.command(t.Context(), s.account, "postgres", s.args...)
	require.NoError(t, leftover.Start())
	require.Eventually(t, func() bool { return ping(t.Context(), s.URL()) == nil }, time.Minute, 5*time.Millisecond)

	s = start(t, Options{Dir: dir})
	assert.NotEqual(t, leftover.Process.Pid, mainPID(t, dir))
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
	require.NoError(t, leftover.Wait())
}

func TestStaleLockFilesThatNameAnotherProcessAreIgnored(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	socket := s.folder.socket
	stop(t, s)
	require.NoError(t, os.MkdirAll(socket, 0o700))
	require.NoError(t, s.account.give(socket))
	for _, stale := range []string{filepath.Join(s.folder.data, "postmaster.pid"), filepath.Join(socket, ".s.PGSQL.5432.lock")} {
		require.NoError(t, os.WriteFile(stale, []byte(strconv.Itoa(os.Getppid())+"\n"), 0o600))
	}
	s = start(t, Options{Dir: dir})
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
}

func TestHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	half := filepath.Join(dir, "postgres", "data.new")
	require.NoError(t, os.MkdirAll(half, 0o700))
	require.NoError(t, os.Chmod(filepath.Dir(half), 0o711))
	require.NoError(t, os.WriteFile(filepath.Join(half, "PG_VERSION"), nil, 0o600))
	s := start(t, Options{Dir: dir})
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
	assert.NoDirExists(t, half)
}

func TestOneProgramPerFolder(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	_, err := Start(t.Context(), Options{Dir: dir})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "process "+strconv.Itoa(os.Getpid()))
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
}

func TestUnreachableFolderIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as another user")
	}
	closed := filepath.Join(tempDir(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	_, err := Start(t.Context(), Options{Dir: filepath.Join(closed, "data")})
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "cannot enter "+closed+" ")
	require.ErrorContains(t, err, "chmod o+x "+closed)
}

func TestLongFolderHasItsSocketElsewhere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), strings.Repeat("很长的名字", 7))
	s := start(t, Options{Dir: dir})
	socket := s.folder.socket
	assert.NotContains(t, socket, dir)
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
	stop(t, s)
	assert.NoDirExists(t, socket)
}

func TestStartReportsWhyTheServerEnds(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: tempDir(t), Settings: map[string]string{"no_such_setting": "1"}})
	require.ErrorContains(t, err, "no_such_setting")
}

func TestCancelledStartFreesTheFolder(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{Dir: dir})
	require.ErrorIs(t, err, context.Canceled)
	s := start(t, Options{Dir: dir})
	assert.Equal(t, 1, count(t, s.URL(), `SELECT 1`))
}

func TestStopIsFinalAndRepeatable(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	conn := connect(t, s.URL())
	stop(t, s)
	require.Error(t, conn.Ping(t.Context()))
	stop(t, s)
	assert.Empty(t, workingIn(filepath.Join(dir, "postgres", "data")))

	s = start(t, Options{Dir: dir})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Stop(over), context.Canceled)
	assert.Empty(t, workingIn(filepath.Join(dir, "postgres", "data")))
}
