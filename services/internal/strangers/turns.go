package strangers

import (
	"context"
	"net"
	"time"
)

const (
	// mostKnown is how many connections there may be at a time on which somebody was recognized. Where there are more, the caller
	// who has the most makes room with the oldest.
	mostKnown = 2048
	// callsAtOnce is how many calls may have begun, on all connections, before those with more than callsEach wait for some to
	// end: each is some tens of kilobytes, though it is to be refused. It is more than are ever admitted.
	callsAtOnce = 1024
	callsEach   = 8
	// turn is how long a connection waits before it looks whether calls have ended.
	turn = 2 * time.Millisecond
)

// Begin counts a call from an address until its context ends or it is settled, besides what Toll does.
func Begin(ctx context.Context, from net.Addr) (settle func()) {
	Toll(from)
	at, ok := from.(Address)
	if !ok {
		return func() {}
	}
	at.conn.calls.Add(1)
	at.conn.from.limits.calls.Add(1)
	end := func() {
		at.conn.calls.Add(-1)
		at.conn.from.limits.calls.Add(-1)
	}
	stop := context.AfterFunc(ctx, end)
	return func() {
		if stop() {
			end()
		}
	}
}

// waitForTurn waits while too many calls have begun and this connection has its share of them. What may be read then is little:
// few bytes may be many calls.
func (c *Conn) waitForTurn(into []byte) []byte {
	all := &c.from.limits.calls
	if all.Load() <= callsAtOnce {
		return into
	}
	wait := time.NewTicker(turn)
	defer wait.Stop()
	for all.Load() > callsAtOnce && c.calls.Load() > callsEach {
		select {
		case <-wait.C:
		case <-c.closed.Done():
			return into
		}
	}
	return into[:min(len(into), readAtOnce)]
}

// share takes a place among the connections of callers who were recognized, once.
func (c *Conn) share(caller string) {
	if !c.known.CompareAndSwap(false, true) {
		return
	}
	place := c.from.limits.known.Enter(caller, 1, func() { c.from.limits.evict(c) })
	context.AfterFunc(c.closed, func() { place.Leave() })
}
