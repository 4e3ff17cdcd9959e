package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

const (
	// serveEnv makes a test binary keep the shared server in a folder instead of testing.
	serveEnv = "QINGFENG_PGTEST_SERVE"
	// parentFD is where it finds the `go` command that it ends with.
	parentFD = 3
	// mostProcessors is how many test at once on one server; with more, it would run out of connections.
	mostProcessors = 8
)

// sharing tells whether other packages are tested by the same `go` command, which then is our parent.
func sharing() bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getppid()) + "/comm")
	return err == nil && strings.TrimSpace(string(name)) == "go" && runtime.NumCPU() <= mostProcessors
}

// joinShared returns the URL of the server that the packages of this run share. Whoever comes first starts it.
func joinShared(ctx context.Context) (url string, err error) {
	dir := filepath.Join(tempDir(), fmt.Sprintf("%s%d-%d", folderPrefix, os.Geteuid(), os.Getppid()))
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	file, err := os.OpenFile(filepath.Join(dir, "url"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // what counts is written by then
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return "", err
	}
	known, err := io.ReadAll(file)
	if err != nil {
		return "", err
	}
	if len(known) > 0 {
		if conn, err := pgx.Connect(ctx, string(known)); err == nil {
			return string(known), conn.Close(ctx)
		}
	}
	removeLeftovers(tempDir())
	if url, err = spawn(ctx, dir); err != nil {
		return "", err
	}
	return url, errors.Join(file.Truncate(0), writeAt(file, url))
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// spawn starts a copy of this binary that keeps the server until our parent ends, and returns the server's URL.
func spawn(ctx context.Context, dir string) (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	fd, err := unix.PidfdOpen(os.Getppid(), 0)
	if err != nil {
		return "", err
	}
	parent := os.NewFile(uintptr(fd), "parent")
	defer parent.Close()                                         //nolint:errcheck // the child has its own
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self) //nolint:gosec // ourselves
	cmd.Env = append(os.Environ(), serveEnv+"="+dir)
	cmd.ExtraFiles = []*os.File{parent}
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true} // Ctrl-C reaches the tests alone
	said, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(said)
	if err != nil {
		return "", err
	}
	if url, ok := strings.CutPrefix(string(answer), "ready "); ok {
		return url, cmd.Process.Release()
	}
	return "", fmt.Errorf("shared server: %s: %w", answer, cmd.Wait())
}

// serve keeps a server in a folder until the `go` command ends, and removes the folder.
func serve(dir string) (code int) {
	ctx := context.Background()
	server, err := startServer(ctx, dir)
	if err != nil {
		fmt.Fprint(os.Stdout, err)
		return 1
	}
	fmt.Fprint(os.Stdout, "ready ", server.URL())
	os.Stdout.Close() //nolint:errcheck // who waits for the answer reads on until then
	for {
		_, err = unix.Poll([]unix.PollFd{{Fd: parentFD, Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := errors.Join(err, server.Stop(ctx), os.RemoveAll(dir)); err != nil {
		return 1
	}
	return 0
}
