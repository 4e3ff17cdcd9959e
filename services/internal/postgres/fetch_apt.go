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

	"go.uber.org/zap"
)

// aptConf keeps all of apt's state in our folder and clears the hooks that a system may run after
// an update, so that fetching changes nothing on the machine and needs no rights. Read by -c,
// hence after the system's own files, whose sources, keys and proxies stay in force.
const aptConf = `Dir::State "%[1]s/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "%[1]s/cache";
Dir::Log "%[1]s/log";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
`

var (
	serverPackage = regexp.MustCompile(`^postgresql-(\d+)$`)
	dependsLine   = regexp.MustCompile(`^ ?\|?\s*(?:Pre)?Depends: ([a-z0-9][a-z0-9+.-]+)(?::any)?$`)
	// A library built for another C library than the running one would not load, so that one stays
	// the system's; LLVM serves only the compiler of queries, which is switched off.
	library    = regexp.MustCompile(`^(lib|zlib)`)
	notLibrary = regexp.MustCompile(`^(libc6|libc-bin|libcrypt1|libllvm)`)
)

// fetchApt downloads the release's newest PostgreSQL and the libraries it needs as Debian packages
// and unpacks them without installing.
func fetchApt(ctx context.Context, f *fetcher) (string, error) {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", err
		}
	}
	f.log.Info("fetching PostgreSQL (about 40 MB) through apt")
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial", "log"} {
		if err := os.MkdirAll(filepath.Join(f.work, dir), 0o755); err != nil {
			return "", err
		}
	}
	conf := filepath.Join(f.work, "apt.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, aptConf, f.work), 0o644); err != nil {
		return "", err
	}
	if _, err := f.run(ctx, nil, "apt-get", "-c", conf, "-qq", "update"); err != nil {
		return "", err
	}
	server, err := f.aptServer(ctx, conf)
	if err != nil {
		return "", err
	}
	names, err := f.aptClosure(ctx, conf, server)
	if err != nil {
		return "", err
	}
	f.log.Info("downloading Debian packages", zap.String("server", server), zap.Int("packages", len(names)))
	if _, err := f.run(ctx, nil, "apt-get", append([]string{"-c", conf, "-qq", "download"}, names...)...); err != nil {
		return "", err
	}
	return f.unpackDebs(ctx, server)
}

// aptServer returns the name of the newest server package, or of the one of the wanted version.
func (f *fetcher) aptServer(ctx context.Context, conf string) (string, error) {
	out, err := f.run(ctx, nil, "apt-cache", "-c", conf, "search", "--names-only", `^postgresql-[0-9]+$`)
	if err != nil {
		return "", err
	}
	if major := newestServer(out, f.want); major > 0 {
		return fmt.Sprintf("postgresql-%d", major), nil
	}
	if f.want > 0 {
		return "", fmt.Errorf("apt: this release offers no PostgreSQL %d", f.want)
	}
	return "", fmt.Errorf("apt: this release offers no PostgreSQL %d or newer", minMajor)
}

// newestServer reads `apt-cache search` and returns the highest acceptable major version, else 0.
func newestServer(listing string, want int) int {
	best := 0
	for line := range strings.Lines(listing) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		m := serverPackage.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err == nil && n >= minMajor && n > best && (want == 0 || n == want) {
			best = n
		}
	}
	return best
}

// aptClosure returns the package and all libraries it needs, directly or not.
func (f *fetcher) aptClosure(ctx context.Context, conf, server string) ([]string, error) {
	all := []string{server}
	for next := all; len(next) > 0; {
		args := []string{
			"-c", conf, "depends",
			"--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances",
		}
		out, err := f.run(ctx, nil, "apt-cache", append(args, next...)...)
		if err != nil {
			return nil, err
		}
		next = nil
		for _, name := range libraryDepends(out) {
			if !slices.Contains(all, name) {
				all, next = append(all, name), append(next, name)
			}
		}
	}
	return all, nil
}

// libraryDepends reads `apt-cache depends` and returns the libraries named in it, each once.
func libraryDepends(listing string) []string {
	var names []string
	for line := range strings.Lines(listing) {
		m := dependsLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || !library.MatchString(m[1]) || notLibrary.MatchString(m[1]) || slices.Contains(names, m[1]) {
			continue
		}
		names = append(names, m[1])
	}
	return names
}

func (f *fetcher) unpackDebs(ctx context.Context, server string) (string, error) {
	debs, err := filepath.Glob(filepath.Join(f.work, "*.deb"))
	if err != nil {
		return "", err
	}
	version := ""
	for _, deb := range debs {
		if _, err := f.run(ctx, nil, "dpkg-deb", "-x", deb, f.tree); err != nil {
			return "", err
		}
		// A file is called name_version_architecture.deb.
		if parts := strings.Split(filepath.Base(deb), "_"); parts[0] == server && len(parts) > 1 {
			version = strings.ReplaceAll(parts[1], "%", "-")
		}
	}
	if version == "" {
		return "", errors.New("apt-get download left no " + server)
	}
	return "apt-" + version, nil
}
