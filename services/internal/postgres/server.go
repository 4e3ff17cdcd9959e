package postgres

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
)

const (
	readyEvery = 10 * time.Millisecond
	// A server that dies sooner than this after its start is started again ever more slowly.
	shortLife  = 5 * time.Second
	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
	// abortPatience is how long a server may take to stop at once before it is killed.
	abortPatience = 5 * time.Second
)

// Server is a running PostgreSQL that belongs to this program.
type Server struct {
	folder   *folder
	bin      binaries
	account  account
	args     []string
	log      *zap.Logger
	output   *output
	died     chan error    // the first exit that nobody asked for; Start listens
	stopping chan struct{} // closed by the first Stop
	done     chan struct{} // closed when the server is down and the folder free

	mu      sync.Mutex
	child   *exec.Cmd // running, else nil
	stopped bool
}

// Start starts the server of the data folder, making the cluster on first use, and returns when
// the suite's database answers. A context that ends later does not stop the server; Stop does.
// Failures an operator can put right are ErrInUse, ErrUnreachable, ErrVersion and ErrNoBinaries.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	f, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	s, err := prepare(ctx, o, f)
	if err != nil {
		return nil, errors.Join(ctx.Err(), err, f.unlock())
	}
	began := time.Now()
	go s.supervise() //nolint:gosec,contextcheck // the server outlives the caller's context; Stop ends it
	if err := s.awaitReady(ctx); err != nil {
		// The caller's context may have ended, the server must be down all the same.
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortPatience)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("postgres: start: %w", err), s.Stop(stopCtx))
	}
	s.log.Info("PostgreSQL ready",
		zap.String("version", s.bin.version), zap.String("folder", f.data), logline.Milliseconds(time.Since(began)))
	return s, nil
}

// prepare does all that precedes the first process: account, binaries, leftovers, cluster, socket.
func prepare(ctx context.Context, o Options, f *folder) (*Server, error) {
	a, err := chooseAccount(f.data)
	if err != nil {
		return nil, err
	}
	major, err := f.clusterMajor()
	if err != nil {
		return nil, err
	}
	b, err := find(ctx, o, a, major)
	if err != nil {
		return nil, err
	}
	if err := a.reach(ctx, b, f.base); err != nil {
		return nil, err
	}
	if err := f.openSocket(a); err != nil {
		return nil, err
	}
	if err := a.reach(ctx, b, f.socket); err != nil {
		return nil, err
	}
	if err := f.clear(ctx); err != nil {
		return nil, err
	}
	if major == 0 {
		if err := f.initCluster(ctx, b, a, o); err != nil {
			return nil, err
		}
	}
	args := []string{"-D", f.data}
	for name, value := range o.settings(f.socket) {
		args = append(args, "-c", name+"="+value)
	}
	return &Server{
		folder: f, bin: b, account: a, args: args, log: o.Logger, output: &output{log: o.Logger},
		died: make(chan error, 1), stopping: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

// URL returns the connection URL of the suite's database. It stays the same across restarts.
func (s *Server) URL() string { return s.folder.url(Database) }

// Stop shuts the server down: clients are cut off, what they committed is kept. It waits until the
// server is down; when the context ends first, the server stops at once and replays its log at the
// next start. Further calls wait too.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.stopping)
		s.signal(unix.SIGINT)
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.signal(unix.SIGQUIT)
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-time.After(abortPatience):
		s.mu.Lock()
		s.signal(unix.SIGKILL)
		s.mu.Unlock()
		<-s.done
	}
	return fmt.Errorf("postgres: stopped at once: %w", ctx.Err())
}

// signal reaches the running child, if any. The caller holds mu.
func (s *Server) signal(sig unix.Signal) {
	if s.child != nil {
		_ = s.child.Process.Signal(sig) // fails only when it has ended
	}
}

// supervise keeps the server running until Stop. It stays on one thread, because the kernel ends
// the child when the thread that started it ends: that is what takes the server down with us.
func (s *Server) supervise() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	defer s.release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	backoff := time.Duration(0)
	for {
		began := time.Now()
		err := s.runOnce(ctx)
		if s.isStopping() {
			return
		}
		s.log.Error("PostgreSQL ended, starting it again", zap.Error(err))
		select {
		case s.died <- err:
		default:
		}
		if time.Since(began) > shortLife {
			backoff = 0
		}
		select {
		case <-s.stopping:
			return
		case <-time.After(backoff):
		}
		backoff = min(max(2*backoff, minBackoff), maxBackoff)
		if err := s.folder.clear(ctx); err != nil {
			s.log.Error("leftover PostgreSQL processes", zap.Error(err))
		}
	}
}

// runOnce starts the child and waits for its end.
func (s *Server) runOnce(ctx context.Context) error {
	cmd := s.bin.command(ctx, s.account, "postgres", s.args...)
	cmd.SysProcAttr = s.account.attr(unix.SIGINT)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	cmd.WaitDelay = readyEvery * 10 // orphans of a killed server may hold its output open
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return nil
	}
	err := cmd.Start()
	if err == nil {
		s.child = cmd
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	err = cmd.Wait()
	s.mu.Lock()
	s.child = nil
	s.mu.Unlock()
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%w: %s", err, s.output.tail())
}

// release frees the folder. Orphans of a killed server go first, so that the next holder of the
// lock finds the folder quiet.
func (s *Server) release() {
	ctx, cancel := context.WithTimeout(context.Background(), abortPatience)
	defer cancel()
	if err := s.folder.clear(ctx); err != nil {
		s.log.Error("leftover PostgreSQL processes", zap.Error(err))
	}
	s.folder.closeSocket()
	if err := s.folder.unlock(); err != nil {
		s.log.Error("unlock data folder", zap.Error(err))
	}
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// awaitReady waits until the suite's database answers, making it in a new cluster.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		err := ping(ctx, s.URL())
		if noDatabase(err) {
			err = s.folder.createDatabase(ctx)
		}
		if err == nil {
			return nil
		}
		select {
		case died := <-s.died:
			return died
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}
