package attack

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// full asks for the full sizes, and for the bars to be held.
var full = flag.Bool("full", false, "attack in full and hold what it costs against the bars")

// binary is the program under attack, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "qingfeng-attack-")
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

// size is how much of something an attack has: few as a rule, many in full.
func size(few, many int) int {
	if *full {
		return many
	}
	return few
}

// target is a suite under attack: the program as a process of its own.
type target struct {
	GRPC, HTTP, Admin string // addresses, host:port

	process *exec.Cmd
	data    string
	log     string
}

// start runs the program on a database of the test's own until the test ends. Arguments are those of serve, beside the usual.
func start(t *testing.T, args ...string) *target {
	t.Helper()
	return startAt(t, t.TempDir(), append([]string{"--database-url", pgtest.URL(t, "empty", nil)}, args...)...)
}

// startAt runs the program on a data folder.
func startAt(t *testing.T, data string, args ...string) *target {
	t.Helper()
	addresses, err := bench.Free(t.Context(), 3)
	require.NoError(t, err)
	s := &target{
		GRPC: addresses[0], HTTP: addresses[1], Admin: addresses[2], data: data, log: filepath.Join(t.TempDir(), "log"),
	}
	s.process, err = bench.Launch(t.Context(), s.log, "http://"+s.Admin+"/readyz", binary, append([]string{
		"serve", "--data", data, "--grpc", s.GRPC, "--http", s.HTTP, "--admin", s.Admin, "--log-level", "warn",
	}, args...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = s.process.Process.Signal(os.Interrupt)
		_ = s.process.Wait() // how it ends is no part of an attack
		if t.Failed() {
			text, _ := os.ReadFile(s.log)
			t.Logf("%s", text)
		}
	})
	return s
}

// dataFolder is one that the account of a PostgreSQL of the suite's own can pass through, also where root runs the tests.
func dataFolder(t *testing.T) string {
	t.Helper()
	data, err := os.MkdirTemp("", "qingfeng-attack-data-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	require.NoError(t, os.Chmod(data, 0o711))
	return data
}

// dial is a new connection over TCP, closed with the test.
func (s *target) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+s.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// as is a connection that calls as a principal.
func (s *target) as(t *testing.T, conn grpc.ClientConnInterface, p access.Principal) grpc.ClientConnInterface {
	t.Helper()
	token := s.token(t, p)
	return access.TokenConn{ClientConnInterface: conn, Token: func() (string, error) { return token, nil }}
}

// token is a token of the suite for a principal.
func (s *target) token(t *testing.T, p access.Principal) string {
	t.Helper()
	tokens, err := access.OpenTokens(filepath.Join(s.data, "keys", "token.pem"), clock.System{})
	require.NoError(t, err)
	token, err := tokens.Issue(p, time.Hour)
	require.NoError(t, err)
	return token
}

// load gives the suite the units and rules of the profiles.
func (s *target) load(t *testing.T) {
	t.Helper()
	admin := access.Principal{Subject: "accounts/administrator", Unit: demo.City, Roles: []string{access.Administrator}}
	require.NoError(t, demo.Load(t.Context(), s.as(t, s.dial(t), admin), suitetest.Profiles(), nil))
}

// ready tells whether the suite says that it can work.
func (s *target) ready(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Admin+"/readyz", nil)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, answer.Body.Close()
}

// signal sends a signal to the processes that the suite has started, which are its PostgreSQL, and to theirs, also to those that are
// started meanwhile.
func (s *target) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	signalled := map[int]bool{}
	for {
		pids, err := bench.Below(s.process.Process.Pid)
		require.NoError(t, err)
		require.NotEmpty(t, pids, "the suite runs no PostgreSQL")
		pids = slices.DeleteFunc(pids, func(pid int) bool { return signalled[pid] })
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			signalled[pid] = true
			if err := syscall.Kill(pid, signal); !errors.Is(err, syscall.ESRCH) {
				require.NoError(t, err)
			}
		}
	}
}

// cost is what an attack took of the suite's own process.
type cost struct {
	rest, peak int64 // memory, in bytes
	processors float64
}

const mebibyte = 1 << 20

// String tells the cost as a figure.
func (c cost) String() string {
	return fmt.Sprintf("memory %d MiB at rest, %d MiB more at most; processors %.2f",
		c.rest/mebibyte, (c.peak-c.rest)/mebibyte, c.processors)
}

// measure tells what the suite's own process took while an attack ran.
func (s *target) measure(t *testing.T, attack func()) cost {
	t.Helper()
	pid := s.process.Process.Pid
	rest := memory(t, pid, "VmRSS:")
	// From here on the peak is the attack's; 5 is the kernel's name for that.
	require.NoError(t, os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), "clear_refs"), []byte("5"), 0))
	before, err := bench.ProcessorTime(pid)
	require.NoError(t, err)
	began := clock.System{}.Now()
	attack()
	took := clock.System{}.Now().Sub(began)
	after, err := bench.ProcessorTime(pid)
	require.NoError(t, err)
	return cost{rest: rest, peak: memory(t, pid, "VmHWM:"), processors: (after - before) / took.Seconds()}
}

// memory reads a line of what the kernel says of a process's memory, in bytes.
func memory(t *testing.T, pid int, line string) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), line)
	require.True(t, found, "%s", text)
	var kilobytes int64
	_, err = fmt.Sscan(rest, &kilobytes)
	require.NoError(t, err)
	return kilobytes << 10
}

// figure prints what an attack showed: `make attack` shows these lines.
func figure(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("figure: "+format, args...)
}
