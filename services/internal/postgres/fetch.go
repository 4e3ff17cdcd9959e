package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
)

const (
	systemCache  = "/var/cache/qingfeng"
	fetchTimeout = 10 * time.Minute
	unfinished   = ".fetch-" // prefix of folders being fetched into
)

// cachedOrFetched returns binaries of an earlier fetch, or fetches them: through npm, else through apt.
func cachedOrFetched(ctx context.Context, o Options, a account, want int) (binaries, error) {
	cache, err := openCache(o.Cache)
	if err != nil {
		return binaries{}, fmt.Errorf("no folder to keep fetched binaries in: %w", err)
	}
	var causes []error
	for _, pattern := range []string{"npm-*/native/bin", "apt-*/usr/lib/postgresql/*/bin"} {
		for _, dir := range newestFirst(filepath.Join(cache, pattern)) {
			b, err := probe(ctx, a, dir, want)
			if err == nil {
				return b, nil
			}
			causes = append(causes, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	for _, by := range []way{fetchNPM, fetchApt} {
		b, err := fetchInto(ctx, &fetcher{log: o.Logger, want: want}, cache, a, by)
		if err == nil {
			return b, nil
		}
		o.Logger.Warn("PostgreSQL could not be fetched", zap.Error(err))
		causes = append(causes, err)
	}
	return binaries{}, errors.Join(causes...)
}

// openCache returns the first cache folder that can be written to.
func openCache(chosen string) (string, error) {
	places := []string{chosen}
	if chosen == "" {
		places = []string{systemCache}
		if own, err := os.UserCacheDir(); err == nil && os.Geteuid() != 0 {
			places = []string{filepath.Join(own, "qingfeng"), systemCache}
		}
	}
	var causes []error
	for _, dir := range places {
		dir, err := filepath.Abs(dir)
		if err == nil {
			err = makeOpen(dir, 0o755)
		}
		if err == nil {
			err = unix.Access(dir, unix.W_OK)
		}
		if err == nil {
			return dir, nil
		}
		causes = append(causes, err)
	}
	return "", errors.Join(causes...)
}

// fetcher is one attempt to fetch, in a folder of its own.
type fetcher struct {
	log  *zap.Logger
	want int    // major version needed, 0 for any
	work string // for downloads and tools' state; removed afterwards
	tree string // what is to be kept
}

// way fills the fetcher's tree and returns the name to keep it under.
type way func(context.Context, *fetcher) (string, error)

// fetchInto fetches into a folder, tries the result and then renames it into the cache, so that
// the cache never holds half a fetch.
func fetchInto(ctx context.Context, f *fetcher, cache string, a account, by way) (binaries, error) {
	removeUnfinished(cache)
	top, err := os.MkdirTemp(cache, unfinished)
	if err != nil {
		return binaries{}, err
	}
	defer os.RemoveAll(top) //nolint:errcheck // a leftover is removed by a later fetch
	f.work, f.tree = filepath.Join(top, "work"), filepath.Join(top, "tree")
	//nolint:gosec // G302: the server's account tries the binaries here, and need not be ours
	if err := errors.Join(os.Chmod(top, 0o755), makeOpen(f.work, 0o755), makeOpen(f.tree, 0o755)); err != nil {
		return binaries{}, err
	}
	began := time.Now()
	name, err := by(ctx, f)
	if err != nil {
		return binaries{}, err
	}
	made, err := probeTree(ctx, a, f.tree, f.want)
	if err != nil {
		return binaries{}, fmt.Errorf("fetched binaries do not run: %w", err)
	}
	if err := syncFilesystem(cache); err != nil {
		return binaries{}, err
	}
	target := filepath.Join(cache, name)
	if b, err := probeTree(ctx, a, target, f.want); err == nil {
		return b, nil // another program fetched the same meanwhile
	}
	if err := errors.Join(os.RemoveAll(target), os.Rename(f.tree, target)); err != nil {
		return binaries{}, err
	}
	f.log.Info("PostgreSQL fetched",
		zap.String("version", made.version), zap.String("folder", target), logline.Milliseconds(time.Since(began)))
	return probeTree(ctx, a, target, f.want)
}

// probeTree finds the binaries in a fetched tree and tries them.
func probeTree(ctx context.Context, a account, tree string, want int) (binaries, error) {
	dirs := append(newestFirst(filepath.Join(tree, "native/bin")),
		newestFirst(filepath.Join(tree, "usr/lib/postgresql/*/bin"))...)
	if len(dirs) == 0 {
		return binaries{}, fmt.Errorf("no binaries in %s", tree)
	}
	return probe(ctx, a, dirs[0], want)
}

// removeUnfinished removes what fetches killed long ago left behind.
func removeUnfinished(cache string) {
	old, err := filepath.Glob(filepath.Join(cache, unfinished+"*"))
	if err != nil {
		return
	}
	for _, dir := range old {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > 2*fetchTimeout {
			_ = os.RemoveAll(dir) // it costs space only
		}
	}
}

func syncFilesystem(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // opened for reading
	return unix.Syncfs(int(d.Fd()))
}

// run runs a tool in the work folder and returns what it prints.
func (f *fetcher) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // G204: fixed tools and package names
	cmd.Dir = f.work
	cmd.Env = append(append(os.Environ(), "LC_ALL=C"), env...)
	cmd.WaitDelay = time.Second
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLines(stderr.String(), 5))
	}
	return string(out), nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
