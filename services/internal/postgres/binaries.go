package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minMajor is the oldest PostgreSQL whose SQL the suite is written for.
const minMajor = 15

// binaries is a folder with postgres and initdb in it.
type binaries struct {
	dir       string
	libraries string // search path of shared libraries that lie beside them, or empty
	version   string
	major     int
}

var versionLine = regexp.MustCompile(`^postgres \([^)]*\) ((\d+)\S*)`)

// parseVersion reads what `postgres --version` prints, such as "postgres (PostgreSQL) 18.4".
func parseVersion(line string) (version string, major int, err error) {
	m := versionLine.FindStringSubmatch(line)
	if m == nil {
		return "", 0, fmt.Errorf("no PostgreSQL version in %q", line)
	}
	major, err = strconv.Atoi(m[2])
	return m[1], major, err
}

// probe runs the binaries in dir as the account and checks their version; want is the major
// version the cluster was made by, 0 if there is none yet.
func probe(ctx context.Context, a account, dir string, want int) (binaries, error) {
	b := binaries{dir: dir, libraries: librariesBeside(dir)}
	out, err := b.command(ctx, a, "postgres", "--version").Output()
	if err != nil {
		return b, fmt.Errorf("try %s: %w", filepath.Join(dir, "postgres"), a.explain(dir, err))
	}
	if b.version, b.major, err = parseVersion(string(out)); err != nil {
		return b, err
	}
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return b, fmt.Errorf("initdb is missing: %w", err)
	}
	switch {
	case b.major < minMajor:
		return b, tooOld(b)
	case want != 0 && b.major != want:
		return b, otherMajor(b, want)
	}
	return b, nil
}

// find returns binaries the account can run: those of the options, else installed ones, else
// fetched ones, else it fetches them.
func find(ctx context.Context, o Options, a account, want int) (binaries, error) {
	if o.Bin != "" {
		dir, err := filepath.Abs(o.Bin)
		if err != nil {
			return binaries{}, err
		}
		return probe(ctx, a, dir, want)
	}
	var causes []error
	for _, dir := range append(onPath(), newestFirst("/usr/lib/postgresql/*/bin")...) {
		b, err := probe(ctx, a, dir, want)
		if err == nil {
			return b, nil
		}
		causes = append(causes, err)
	}
	b, err := cachedOrFetched(ctx, o, a, want)
	if err != nil {
		return b, noBinaries(want, errors.Join(append(causes, err)...))
	}
	return b, nil
}

// onPath returns the folder that postgres on PATH truly lies in, if initdb is on PATH too.
func onPath() []string {
	var dirs []string
	for _, name := range []string{"postgres", "initdb"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return nil
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs[:1]
}

// newestFirst returns the folders that match, those with the highest PostgreSQL version in their
// path first.
func newestFirst(pattern string) []string {
	dirs, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	slices.SortStableFunc(dirs, func(x, y string) int { return majorInPath(y) - majorInPath(x) })
	return dirs
}

// majorInPath returns n of ".../postgresql/n/bin", else 0.
func majorInPath(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0
	}
	return n
}

// librariesBeside returns the library folders of a tree of unpacked Debian packages, of which dir
// is usr/lib/postgresql/n/bin; empty for installed binaries, which the system's linker serves.
func librariesBeside(dir string) string {
	root, ok := strings.CutSuffix(filepath.Dir(filepath.Dir(dir)), "/usr/lib/postgresql")
	if !ok || root == "" {
		return ""
	}
	var found []string
	for _, pattern := range []string{"usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"} {
		match, err := filepath.Glob(filepath.Join(root, pattern))
		if err == nil {
			found = append(found, match...)
		}
	}
	return strings.Join(found, ":")
}
