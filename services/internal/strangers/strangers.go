// Package strangers bounds what connections cost on which nobody has been recognized yet, whatever they send. All of them
// together are read at one pace, each new one and each of their calls counts against it, and there are only so many: the oldest
// makes room for the next. Each gets only so many answers. Once a call on it carries a token that holds, a connection is free;
// it is a stranger's again when a call on it is refused for want of one.
//
// Of those that are free there are only so many as well, which callers share, and while calls come faster than they end they are
// read in turn (turns.go).
package strangers

import (
	"container/list"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/peer"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
)

// The pace, in bytes a second, and what counts against it beside the bytes that are read.
const (
	pace       = 512 << 10
	burst      = 512 << 10
	callWeighs = 768     // a call that is refused, answered, counted and logged
	connWeighs = 8 << 10 // a connection, with its handshake
	readAtOnce = 512     // few calls, which weigh much more than their bytes, before the next wait
)

// longest is how long a stranger may have to wait; who would wait longer is turned away, so that debts of those who have left
// hold up nobody.
const longest = 2 * time.Second

// pause is how long nothing is accepted after a connection that came too soon: refusing costs as well.
const pause = time.Millisecond

// most is how many connections of strangers there may be at a time on a listener.
const most = 128

// answersEach is how many answers a stranger's connection gets of those that anyone may have, before it is closed: it may be that
// nobody reads them.
const answersEach = 16

// Limits are what the listeners of a process share.
type Limits struct {
	pace    *rate.Limiter
	evicted prometheus.Counter
	calls   atomic.Int64 // that have begun and not ended, on all connections
	known   *fair.Room   // connections on which somebody was recognized
}

// NewLimits makes the limits of a process.
func NewLimits(registry prometheus.Registerer) (*Limits, error) {
	l := &Limits{
		pace: rate.NewLimiter(pace, burst),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "qingfeng_strangers_evicted_total",
			Help: "Connections closed since they were too many, or since the answers were that strangers got on them.",
		}),
		known: fair.NewRoom(mostKnown),
	}
	return l, registry.Register(l.evicted)
}

// wait takes what something weighs from the pace and tells how long it is over it; false where that is too long.
func (l *Limits) wait(weight int) (wait time.Duration, ok bool) {
	now := time.Now() //nolint:forbidigo // a pace, not a time: the same whatever the suite's clock says
	reserved := l.pace.ReserveN(now, weight)
	if wait = reserved.DelayFrom(now); wait > longest {
		reserved.CancelAt(now)
		return 0, false
	}
	return wait, true
}

func (l *Limits) evict(c *Conn) {
	l.evicted.Inc()
	_ = c.Close() // nobody is left to tell
}

// Listener is a listener whose connections begin as those of strangers.
type Listener struct {
	net.Listener

	limits *Limits
	mu     sync.Mutex
	places map[*Conn]*list.Element // of strangers
	ages   *list.List              // the oldest first
}

// Listen puts the limits before a listener.
func (l *Limits) Listen(inner net.Listener) *Listener {
	return &Listener{Listener: inner, limits: l, places: map[*Conn]*list.Element{}, ages: list.New()}
}

// Accept waits for the next connection. One that comes too soon is closed before anybody makes anything of it.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if _, ok := l.limits.wait(connWeighs); ok {
			return l.begin(inner), nil
		}
		l.limits.evicted.Inc()
		_ = inner.Close()   // nobody is left to tell
		<-time.After(pause) //nolint:forbidigo // a pace, not a time
	}
}

// begin makes a stranger's connection.
func (l *Listener) begin(inner net.Conn) *Conn {
	c := &Conn{Conn: inner, from: l, met: make(chan struct{}, 1)}
	c.closed, c.end = context.WithCancel(context.Background())
	c.address = Address{Addr: inner.RemoteAddr(), conn: c}
	if oldest := l.add(c); oldest != nil {
		l.limits.evict(oldest)
	}
	return c
}

// add notes a stranger, and returns the one that makes room, which is noted no longer. A connection that was closed stays away:
// nobody would take it off again.
func (l *Listener) add(c *Conn) (oldest *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.closed.Err() != nil || !c.stranger.CompareAndSwap(false, true) {
		return nil
	}
	select {
	case <-c.met:
	default:
	}
	l.places[c] = l.ages.PushBack(c)
	if l.ages.Len() > most {
		oldest, _ = l.ages.Front().Value.(*Conn)
		l.drop(oldest)
	}
	return oldest
}

func (l *Listener) remove(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(c)
}

func (l *Listener) drop(c *Conn) {
	if at, ok := l.places[c]; ok {
		l.ages.Remove(at)
		delete(l.places, c)
		c.stranger.Store(false)
		c.met <- struct{}{} // add has emptied it
	}
}

// Conn is a connection.
type Conn struct {
	net.Conn

	from     *Listener
	address  Address
	stranger atomic.Bool     // it has a place of a stranger
	owed     atomic.Int64    // what counts against the pace and was not waited for yet
	answers  atomic.Int64    // as in answersEach
	calls    atomic.Int64    // that have begun on it and not ended
	known    atomic.Bool     // somebody was recognized on it, now or before
	met      chan struct{}   // holds something once it is a stranger's no more, which ends a wait
	closed   context.Context //nolint:containedctx // it ends with the connection, not with a call
	end      context.CancelFunc
}

// Address is where a connection comes from. It leads from a call to its connection.
type Address struct {
	net.Addr

	conn *Conn
}

// RemoteAddr is where the connection comes from.
func (c *Conn) RemoteAddr() net.Addr { return c.address }

// Read reads, a stranger's at the pace of all strangers.
func (c *Conn) Read(into []byte) (int, error) {
	if !c.stranger.Load() {
		return c.Conn.Read(c.waitForTurn(into))
	}
	if len(into) > readAtOnce {
		into = into[:readAtOnce]
	}
	n, err := c.Conn.Read(into)
	if !c.stranger.Load() { // it was recognized before this came
		return n, err
	}
	wait, ok := c.from.limits.wait(n + int(min(c.owed.Swap(0), burst/2)))
	if !ok {
		c.from.limits.evict(c)
		return 0, net.ErrClosed
	}
	if wait > 0 {
		over := time.NewTimer(wait)
		defer over.Stop()
		select {
		case <-over.C:
		case <-c.met:
		case <-c.closed.Done():
		}
	}
	return n, err
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.end()
	c.from.remove(c)
	return c.Conn.Close()
}

// AfterClose has a function called once the connection of an address is closed, in a goroutine of its own, unless it is stopped
// before.
func AfterClose(of Address, f func()) (stop func() bool) { return context.AfterFunc(of.conn.closed, f) }

// Cut closes the connection of an address, whoever calls on it.
func Cut(of Address) { _ = of.conn.Close() } // nobody is left to tell

// Toll counts a call from an address, if it is a stranger's.
func Toll(from net.Addr) {
	if at, ok := from.(Address); ok && at.conn.stranger.Load() {
		at.conn.owed.Add(callWeighs)
	}
}

// Answer counts an answer that anyone may have.
func Answer(to net.Addr) {
	if at, ok := to.(Address); ok && at.conn.stranger.Load() && at.conn.answers.Add(1) > answersEach {
		at.conn.from.limits.evict(at.conn)
	}
}

// Meet notes that a caller at an address was recognized.
func Meet(from net.Addr, caller string) {
	if at, ok := from.(Address); ok && at.conn.stranger.Load() {
		at.conn.answers.Store(0)
		at.conn.from.remove(at.conn)
		at.conn.share(caller)
	}
}

// Forget notes that a call from an address was refused since its caller could not be recognized.
func Forget(from net.Addr) {
	if at, ok := from.(Address); ok && !at.conn.stranger.Load() {
		at.conn.owed.Add(callWeighs)
		if oldest := at.conn.from.add(at.conn); oldest != nil {
			at.conn.from.limits.evict(oldest)
		}
	}
}

// CallerOf is where a gRPC call comes from, nil where that is not known.
func CallerOf(ctx context.Context) net.Addr {
	if caller, ok := peer.FromContext(ctx); ok {
		return caller.Addr
	}
	return nil
}

type addressKey struct{}

// InContext notes where an HTTP connection comes from, for the calls on it. It is an http.Server's ConnContext.
func InContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, addressKey{}, conn.RemoteAddr())
}

// AddressIn is what InContext noted, nil where it did not.
func AddressIn(ctx context.Context) net.Addr {
	address, _ := ctx.Value(addressKey{}).(net.Addr)
	return address
}
