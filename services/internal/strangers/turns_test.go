package strangers

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectionsWithTheirShareOfTooManyCallsWaitForSomeToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		client, busy := accept(t, p, l)
		other, idle := accept(t, p, l)
		Meet(busy.RemoteAddr(), "accounts/busy")
		Meet(idle.RemoteAddr(), "accounts/idle")
		calls, end := context.WithCancel(t.Context())
		for range callsAtOnce + 1 {
			Begin(calls, busy.RemoteAddr())
		}
		time.AfterFunc(time.Second, end)
		assert.Less(t, send(t, other, idle, 4*readAtOnce), turn, "a connection with few calls")
		go func() { _, _ = client.Write(make([]byte, 4*readAtOnce)) }()
		began := time.Now()
		read, err := busy.Read(make([]byte, 4*readAtOnce))
		require.NoError(t, err)
		assert.Equal(t, readAtOnce, read, "little, while there are many")
		assert.InDelta(t, time.Second, time.Since(began), float64(2*turn))
		_, err = io.ReadFull(busy, make([]byte, 3*readAtOnce))
		require.NoError(t, err)
		require.NoError(t, busy.Close())
		require.NoError(t, idle.Close())
	})
}

func TestACloseEndsTheWaitForATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		_, served := accept(t, p, l)
		Meet(served.RemoteAddr(), "accounts/one")
		for range callsAtOnce + 1 {
			Begin(t.Context(), served.RemoteAddr())
		}
		time.AfterFunc(time.Second, func() { _ = served.Close() })
		_, err := served.Read(make([]byte, 1))
		assert.Error(t, err)
	})
}

func TestTheCallerWithTheMostConnectionsMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		_, few := accept(t, p, l)
		Meet(few.RemoteAddr(), "accounts/few")
		many := make([]net.Conn, mostKnown)
		for i := range many {
			<-time.After(time.Second * connWeighs / pace) // as fast as connections are accepted
			_, many[i] = accept(t, p, l)
			Meet(many[i].RemoteAddr(), "accounts/many")
		}
		closed := func(c net.Conn) bool { return c.SetDeadline(time.Time{}) != nil }
		assert.False(t, closed(few))
		assert.True(t, closed(many[0]), "the oldest of the caller with the most")
		assert.False(t, closed(many[1]))
		require.NoError(t, few.Close())
		for _, one := range many {
			_ = one.Close() // some are closed
		}
	})
}
