package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1" // profiles hold schemes of all services
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
)

// City is the root of the tree that is loaded.
const City = demo.City

// Lab is where the measurements take place: one PostgreSQL with its default, durable settings, and the built binary.
type Lab struct {
	// Binary is the built qingfeng.
	Binary string
	// Profiles is the folder of the profiles maanshan and c.
	Profiles string
	// Full asks for the full sizes.
	Full bool
	// Units is a file of units to import, as tree.Source has it; empty for generated ones.
	Units string
	// PocketBase is the built program of tools/peers/pocketbase; empty where peers are not measured.
	PocketBase string
	// Reference asks for what is measured beside R, which needs its package surveillance.
	Reference bool

	folder   string
	database *postgres.Server
	made     int
}

// Open starts PostgreSQL under a folder that Close removes.
func (l *Lab) Open(ctx context.Context) error {
	var err error
	if l.folder, err = os.MkdirTemp("", "qingfeng-bench-"); err != nil {
		return err
	}
	if err := os.Chmod(l.folder, 0o711); err != nil { //nolint:gosec // the account of PostgreSQL must pass through
		return err
	}
	l.database, err = postgres.Start(ctx, postgres.Options{Dir: l.folder})
	return err
}

// Close stops PostgreSQL and removes all data.
func (l *Lab) Close(ctx context.Context) error {
	var err error
	if l.database != nil {
		err = l.database.Stop(context.WithoutCancel(ctx))
	}
	return errors.Join(err, os.RemoveAll(l.folder))
}

// Instance is a suite that runs as its users run it: the binary as a process of its own, with a tree and schemes.
type Instance struct {
	// Full and Units are the lab's.
	Full  bool
	Units string
	// Pool reaches the suite's database as its owner.
	Pool *pgxpool.Pool
	// HTTP is the address of the gateway, "http://127.0.0.1:…".
	HTTP string

	lab        *Lab
	tokens     *access.Tokens
	address    string
	log        string
	suite      *exec.Cmd
	postmaster int
	conns      []*grpc.ClientConn
}

// Start makes a database and runs the suite on it, with a tree and schemes unless it is to be empty.
func (l *Lab) Start(ctx context.Context, empty bool) (_ *Instance, err error) {
	i := &Instance{Full: l.Full, Units: l.Units, lab: l}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Stop())
		}
	}()
	database, err := l.Database(ctx)
	if err != nil {
		return nil, err
	}
	if i.Pool, err = pgxpool.New(ctx, database); err != nil {
		return nil, err
	}
	if err := i.findPostmaster(ctx); err != nil {
		return nil, err
	}
	if err := i.serve(ctx, database); err != nil || empty {
		return i, err
	}
	return i, i.load(ctx)
}

// Database makes an empty database on the same server and returns its URL.
func (l *Lab) Database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, l.database.URL())
	if err != nil {
		return "", err
	}
	l.made++
	name := fmt.Sprintf("bench_%d", l.made)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0")
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return "", err
	}
	at, err := url.Parse(l.database.URL())
	if err != nil {
		return "", err
	}
	at.Path = "/" + name
	return at.String(), nil
}

// Lab is where the instance runs.
func (i *Instance) Lab() *Lab { return i.lab }

// Folder holds all data of the lab's PostgreSQL.
func (l *Lab) Folder() string { return l.folder }

// Database makes another empty database on the instance's server, for the plain program.
func (i *Instance) Database(ctx context.Context) (string, error) { return i.lab.Database(ctx) }

// startWithin is how long the suite may take until it is ready.
const startWithin = time.Minute

func (i *Instance) serve(ctx context.Context, database string) error {
	data := filepath.Join(i.lab.folder, fmt.Sprintf("suite_%d", i.lab.made))
	addresses, err := Free(ctx, 3)
	if err != nil {
		return err
	}
	i.address, i.HTTP, i.log = addresses[0], "http://"+addresses[1], data+".log"
	i.suite, err = Launch(ctx, i.log, "http://"+addresses[2]+"/readyz", i.lab.Binary, "serve", "--data", data,
		"--database-url", database, "--grpc", i.address, "--http", addresses[1], "--admin", addresses[2])
	if err != nil {
		return err
	}
	i.tokens, err = access.OpenTokens(filepath.Join(data, "keys", "token.pem"), clock.System{})
	return err
}

// Launch starts a program that writes into a log, and waits until an address answers with 200. Whoever launched it asks it to
// stop.
func Launch(ctx context.Context, log, health, program string, args ...string) (_ *exec.Cmd, err error) {
	output, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer output.Close()                  //nolint:errcheck // the child has its own
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // the program under test
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	err = clock.PollUntil(ctx, startWithin, 10*time.Millisecond,
		func(ctx context.Context) (bool, error) { return ready(ctx, health) })
	if err != nil {
		text, _ := os.ReadFile(log)
		return nil, errors.Join(fmt.Errorf("%s did not start: %w\n%s", program, err, text), cmd.Process.Kill(), cmd.Wait())
	}
	return cmd, nil
}

func ready(ctx context.Context, address string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, nil //nolint:nilerr // not up yet
	}
	return resp.StatusCode == http.StatusOK, resp.Body.Close()
}

// Free finds loopback addresses that nothing listens at.
func Free(ctx context.Context, n int) (addresses []string, err error) {
	for range n {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() //nolint:errcheck // it only held the address until all were found
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

func (i *Instance) load(ctx context.Context) error {
	conn, err := i.Connect()
	if err != nil {
		return err
	}
	admin, err := i.As(conn, Admin(City))
	if err != nil {
		return err
	}
	return demo.Load(ctx, admin, i.lab.Profiles, nil)
}

// Token is a token of a principal for the time of the run.
func (i *Instance) Token(p access.Principal) (string, error) { return i.tokens.Issue(p, 24*time.Hour) }

// Admin is the administrator of a unit.
func Admin(unit string) access.Principal {
	return access.Principal{Subject: "accounts/admin", Unit: unit, Roles: []string{access.Administrator}}
}

// Connect makes a new gRPC connection over TCP; Stop closes it.
func (i *Instance) Connect() (grpc.ClientConnInterface, error) {
	conn, err := grpc.NewClient("passthrough:///"+i.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		i.conns = append(i.conns, conn)
	}
	return conn, err
}

// As is a connection on which calls are made as a principal.
func (i *Instance) As(conn grpc.ClientConnInterface, p access.Principal) (grpc.ClientConnInterface, error) {
	token, err := i.Token(p)
	return access.TokenConn{ClientConnInterface: conn, Token: func() (string, error) { return token, nil }}, err
}

// logShown is how much of the end of the suite's log is told when it fails, in bytes.
const logShown = 2000

// Stop stops the suite; the lab keeps the database until it is closed.
func (i *Instance) Stop() error {
	var faults []error
	for _, conn := range i.conns {
		faults = append(faults, conn.Close())
	}
	if i.suite != nil {
		faults = append(faults, i.suite.Process.Signal(os.Interrupt))
		if err := i.suite.Wait(); err != nil {
			text, _ := os.ReadFile(i.log)
			faults = append(faults, fmt.Errorf("the suite: %w\n%s", err, text[max(0, len(text)-logShown):]))
		}
	}
	if i.Pool != nil {
		i.Pool.Close()
	}
	return errors.Join(faults...)
}
