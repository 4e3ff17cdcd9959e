package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	socketPort = "5432"
	// maxSocketPath is what the kernel's sockaddr_un holds, less the final zero byte.
	maxSocketPath = 107
)

// folder is the suite's PostgreSQL folder. It is open for passing through (0711); data and socket
// belong to the server's account alone (0700).
type folder struct {
	base   string // Dir/postgres
	data   string
	fresh  string // a cluster being made; renamed to data when done
	socket string // folder of the Unix socket
	lock   *os.File
}

// openFolder makes Dir/postgres if need be and locks it for this program.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("postgres: no data folder given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := newFolder(dir)
	if err := makeOpen(f.base, 0o711); err != nil {
		return nil, cannotMake(dir, err)
	}
	f.lock, err = lockFile(filepath.Join(f.base, "lock"))
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := os.ReadFile(filepath.Join(f.base, "lock")) // only names the holder
		return nil, inUse(dir, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return f, nil
}

// newFolder is the folder below an absolute data folder. The socket lies under the system's temporary folder if its path would
// be too long for a socket address.
func newFolder(dir string) *folder {
	f := &folder{base: filepath.Join(dir, "postgres")}
	f.data, f.fresh, f.socket = filepath.Join(f.base, "data"), filepath.Join(f.base, "data.new"), filepath.Join(f.base, "sock")
	if tooLong(f.socket) {
		sum := sha256.Sum256([]byte(f.data))
		name := "qingfeng-" + hex.EncodeToString(sum[:6])
		if f.socket = filepath.Join(os.TempDir(), name); tooLong(f.socket) {
			f.socket = filepath.Join("/tmp", name)
		}
	}
	return f
}

// RunningURL is where the PostgreSQL of a data folder is reached while it runs, for who administers it.
func RunningURL(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return newFolder(dir).url(Database), nil
}

// lockFile locks a file that names the process holding it; the kernel drops the lock when the
// process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // anyone may see who holds it
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// unlock lets other programs use the folder. To close the file is not enough: a child that is just being started holds it too.
func (f *folder) unlock() error {
	return errors.Join(unix.Flock(int(f.lock.Fd()), unix.LOCK_UN), f.lock.Close())
}

// openSocket makes the socket's folder.
func (f *folder) openSocket(a account) error {
	err := os.Mkdir(f.socket, 0o700)
	if err == nil {
		err = a.give(f.socket)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make socket folder: %w", err)
	}
	// The temporary folder is everyone's: what lies there under our name must be ours and closed.
	info, err := os.Lstat(f.socket)
	if err != nil {
		return err
	}
	uid, _, err := owner(f.socket)
	if err != nil {
		return err
	}
	if !info.IsDir() || uid != a.uid || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("postgres: socket folder %s is not a private folder (0700) of user %s; remove it", f.socket, a.name)
	}
	return nil
}

// closeSocket removes a socket folder that lies outside of the data folder.
func (f *folder) closeSocket() {
	if filepath.Dir(f.socket) != f.base {
		_ = os.RemoveAll(f.socket) // the next start takes over what is left
	}
}

func tooLong(socketDir string) bool {
	return len(socketDir)+len("/.s.PGSQL."+socketPort) > maxSocketPath
}

// url returns the connection URL of a database behind the socket.
func (f *folder) url(database string) string {
	q := url.Values{"host": {f.socket}, "port": {socketPort}, "user": {Role}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: q.Encode()}).String()
}

// makeOpen makes a folder and its missing parents with exactly this mode, whatever the umask.
func makeOpen(dir string, mode fs.FileMode) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		return nil
	}
	if err := makeOpen(filepath.Dir(dir), mode); err != nil {
		return err
	}
	err := os.Mkdir(dir, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}
