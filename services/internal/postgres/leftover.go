package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clear makes the folder ready for a new server: no process of an earlier one works in it, and no
// lock file names one. Such a file would stop the new server if its number is now another
// process's, or a zombie's.
func (f *folder) clear(ctx context.Context) error {
	if err := stopLeftovers(ctx, f.data); err != nil {
		return err
	}
	socket := filepath.Join(f.socket, ".s.PGSQL."+socketPort)
	for _, path := range []string{filepath.Join(f.data, "postmaster.pid"), socket, socket + ".lock"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// How long a leftover server may take over each way of stopping, gentlest first. An immediate stop
// (SIGQUIT) and a kill lose nothing either: the next start replays the log.
var stopSteps = []struct {
	signal   syscall.Signal
	patience time.Duration
}{{unix.SIGINT, 20 * time.Second}, {unix.SIGQUIT, 5 * time.Second}, {unix.SIGKILL, 10 * time.Second}}

// stopLeftovers ends all PostgreSQL processes that still work in a data folder we hold the lock
// of. Stopping is simpler than adopting: the server that runs is always our child, with our settings.
func stopLeftovers(ctx context.Context, data string) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, step := range stopSteps {
		signalled := map[int]bool{}
		for end := time.Now().Add(step.patience); time.Now().Before(end); {
			pids := workingIn(data)
			if len(pids) == 0 {
				return nil
			}
			for _, pid := range targets(pids, pidFile) {
				if !signalled[pid] {
					_ = unix.Kill(pid, step.signal) // gone already, or tried again with a stronger signal
					signalled[pid] = true
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	return fmt.Errorf("postgres: processes %v of an earlier run in %s do not end", workingIn(data), data)
}

// targets returns the main process if it lives, since it stops the others in order; else all,
// orphans that would block the next server.
func targets(pids []int, pidFile string) []int {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return pids
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for _, pid := range pids {
		if strconv.Itoa(pid) == first {
			return []int{pid}
		}
	}
	return pids
}

// workingIn returns the PostgreSQL processes whose working folder is the data folder. Numbers from
// a pid file alone prove nothing: they are reused. A zombie has no working folder and is not listed.
func workingIn(data string) []int {
	want, err := os.Stat(data)
	if err != nil {
		return nil
	}
	cwds, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var pids []int
	for _, cwd := range cwds {
		info, err := os.Stat(cwd)
		if err != nil || !os.SameFile(info, want) {
			continue
		}
		proc := filepath.Dir(cwd)
		// One that is dying has lost its program before it has let go of the shared memory: it still counts.
		exe, err := os.Readlink(filepath.Join(proc, "exe"))
		if err == nil && !strings.HasPrefix(filepath.Base(exe), "postgres") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(proc)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
