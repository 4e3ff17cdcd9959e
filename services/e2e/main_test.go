// Package e2e does the main job in every shape of the suite and over every transport, and kills it under load.
package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/qingfeng-suite/qingfeng/gateway/httpconn"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/tour"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "qingfeng-e2e-")
	if err == nil {
		binary = filepath.Join(folder, "qingfeng")
		build := exec.Command("go", "build", "-o", binary, "../cmd/qingfeng")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	code := pgtest.Runner(m).Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// shape is a running suite, however many processes it is.
type shape struct {
	data string            // folder with the keys
	grpc map[string]string // address by service
	http string            // address of the gateway

	parts map[string]*part // the processes by target, where there are several
}

// part is a process of a shape, with how it was started.
type part struct {
	process

	args  []string
	admin string
}

// restart starts a part of a shape that was killed or stopped.
func (s shape) restart(t *testing.T, target string) {
	t.Helper()
	p := s.parts[target]
	p.process = start(t, p.args...)
	awaitReady(t, p.admin)
}

// callers makes the two ways to call: straight to each service, and through the gateway.
func (s shape) callers(t *testing.T) (direct, gateway tour.Caller) {
	t.Helper()
	tokens, err := access.OpenTokens(filepath.Join(s.data, "keys", "token.pem"), clock.System{})
	require.NoError(t, err)
	conns := suite.Router{}
	for service, address := range s.grpc {
		conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		conns[service] = conn
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(client.CloseIdleConnections)
	calling := func(conn grpc.ClientConnInterface) tour.Caller {
		return func(p access.Principal) grpc.ClientConnInterface { return tokens.ConnAs(conn, p) }
	}
	return calling(conns), calling(httpconn.New("http://"+s.http, client))
}

// process is a running program.
type process struct {
	*os.Process

	exited chan struct{}
}

// kill kills it and waits until it is gone.
func (p process) kill() error {
	err := p.Kill()
	<-p.exited
	return err
}

// stop asks it to stop, and waits until it is gone.
func (p process) stop() error {
	err := p.Signal(os.Interrupt)
	<-p.exited
	return err
}

// start runs the program with arguments until the test ends, or until it is killed.
func start(t *testing.T, args ...string) process {
	t.Helper()
	cmd := exec.Command(binary, args...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	p := process{cmd.Process, make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is told by what the tests see
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.Signal(os.Interrupt)
		select {
		case <-p.exited:
		case <-time.After(30 * time.Second):
			t.Error("the program did not stop when asked to")
			_ = p.kill()
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%v\n%s", args, text)
		}
		_ = log.Close()
	})
	return p
}

// awaitReady waits until the readiness of a process says yes.
func awaitReady(t *testing.T, admin string) {
	t.Helper()
	err := clock.PollUntil(t.Context(), time.Minute, 20*time.Millisecond, func(ctx context.Context) (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
		if err != nil {
			return false, err
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, nil //nolint:nilerr // not up yet
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	})
	require.NoError(t, err, "not ready: %s", admin)
}

// ports counts the addresses given out.
var ports atomic.Uint32

// address is one to listen at. Its host is this test run's own, so that no other program can take its ports meanwhile.
func address() string {
	run := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:%d", 1+run>>16, run>>8&0xff, run&0xff, 9000+ports.Add(1))
}

// dataFolder is a folder that the account of the embedded PostgreSQL can pass through, also where root runs the tests.
func dataFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "qingfeng-e2e-data-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o711))
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// oneProcess runs the whole suite in one process with an embedded PostgreSQL.
func oneProcess(t *testing.T, data string) (shape, process) {
	t.Helper()
	s, admin := shape{data: data, grpc: map[string]string{}, http: address()}, address()
	direct := address()
	for _, kind := range suite.Specs() {
		s.grpc[kind.Name] = direct
	}
	running := start(t, "serve", "--data", data, "--grpc", direct, "--http", s.http, "--admin", admin, "--log-level", "warn")
	awaitReady(t, admin)
	return s, running
}

// processes runs every service and the gateway in a process of its own.
func processes(t *testing.T, data string) shape {
	t.Helper()
	s := shape{data: data, grpc: map[string]string{}, http: address(), parts: map[string]*part{}}
	url := pgtest.URL(t, "empty", nil)
	for _, kind := range suite.Specs() {
		s.grpc[kind.Name] = address()
	}
	for _, target := range suite.Targets() {
		admin := address()
		args := []string{
			"serve", "--target", target, "--data", data, "--database-url", url, "--admin", admin, "--log-level", "warn",
		}
		for service, at := range s.grpc {
			if service != target {
				args = append(args, "--peer", service+"="+at)
			}
		}
		if target == suite.Gateway {
			args = append(args, "--http", s.http)
		} else {
			args = append(args, "--grpc", s.grpc[target])
		}
		s.parts[target] = &part{args: args, admin: admin}
		s.restart(t, target) // one after the other, so that the first makes the keys
	}
	return s
}
