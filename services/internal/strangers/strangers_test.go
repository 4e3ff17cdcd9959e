package strangers

import (
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener of connections in memory.
type pipes struct{ waiting chan net.Conn }

func (p pipes) Accept() (net.Conn, error) { return <-p.waiting, nil }
func (pipes) Close() error                { return nil }
func (pipes) Addr() net.Addr              { return nil }

// accept makes a connection, and returns both of its ends.
func accept(t *testing.T, p pipes, l *Listener) (client, served net.Conn) {
	t.Helper()
	client, inner := net.Pipe()
	p.waiting <- inner
	served, err := l.Accept()
	require.NoError(t, err)
	return client, served
}

func listen(t *testing.T) (pipes, *Listener) {
	t.Helper()
	limits, err := NewLimits(prometheus.NewRegistry())
	require.NoError(t, err)
	p := pipes{make(chan net.Conn, 1)}
	return p, limits.Listen(p)
}

// send sends so many bytes and tells how long they took to be read.
func send(t *testing.T, client, served net.Conn, bytes int64) time.Duration {
	t.Helper()
	began := time.Now()
	go func() { _, _ = io.CopyN(client, zeros{}, bytes) }()
	_, err := io.CopyN(io.Discard, served, bytes)
	require.NoError(t, err)
	return time.Since(began)
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) { return len(into), nil }

func TestStrangersAreReadAtOnePaceUntilTheyAreRecognized(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		client, served := accept(t, p, l)
		other, otherServed := accept(t, p, l)
		assert.Zero(t, send(t, client, served, burst-64<<10), "a burst")
		assert.InDelta(t, 4, send(t, other, otherServed, 4*pace).Seconds(), 0.5, "the pace is that of all together")
		Meet(served.RemoteAddr(), "accounts/one")
		assert.Zero(t, send(t, client, served, 4*pace), "recognized")
		Forget(served.RemoteAddr())
		assert.InDelta(t, 4, send(t, client, served, 4*pace).Seconds(), 0.5, "a stranger's again")
		require.NoError(t, served.Close())
		require.NoError(t, otherServed.Close())
	})
}

// What a connection waits for was decided while it was a stranger's; others take all of the pace meanwhile.
func TestWhoIsRecognizedWaitsNoLonger(t *testing.T) {
	t.Parallel()
	for name, meetFirst := range map[string]bool{"before the next bytes come": true, "while they wait": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, l := listen(t)
				other, otherServed := accept(t, p, l)
				client, served := accept(t, p, l)
				send(t, other, otherServed, burst+pace/2)
				began, read := time.Now(), make(chan time.Duration)
				go func() {
					_, _ = served.Read(make([]byte, readAtOnce))
					read <- time.Since(began)
				}()
				synctest.Wait()
				if meetFirst {
					Meet(served.RemoteAddr(), "accounts/one")
				}
				_, err := client.Write(make([]byte, readAtOnce))
				require.NoError(t, err)
				synctest.Wait()
				Meet(served.RemoteAddr(), "accounts/one")
				assert.Zero(t, <-read)
				Forget(served.RemoteAddr())
				assert.Positive(t, send(t, client, served, pace), "a stranger's again")
				require.NoError(t, served.Close())
				require.NoError(t, otherServed.Close())
			})
		})
	}
}

func TestCallsOfStrangersCountAgainstThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		client, served := accept(t, p, l)
		send(t, client, served, burst)
		for range pace / callWeighs {
			Toll(served.RemoteAddr())
		}
		assert.InDelta(t, 0.5, send(t, client, served, 1).Seconds(), 0.1, "half a burst at most")
		require.NoError(t, served.Close())
	})
}

func TestWhoWouldWaitTooLongIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, l := listen(t)
		var clients, all []net.Conn
		for range most { // before any is read: what that weighs would turn some away as they come
			client, served := accept(t, p, l)
			clients, all = append(clients, client), append(all, served)
		}
		read := make(chan error, most)
		began := time.Now()
		for i, served := range all {
			for range burst / 16 / callWeighs {
				Toll(served.RemoteAddr())
			}
			go func() { _, _ = clients[i].Write([]byte{1}) }()
			go func() {
				_, err := served.Read(make([]byte, 1))
				read <- err
				_ = served.Close()
			}()
		}
		turnedAway := 0
		for range most {
			if <-read != nil {
				turnedAway++
			}
		}
		assert.LessOrEqual(t, time.Since(began), longest)
		assert.Positive(t, turnedAway)
		assert.InDelta(t, turnedAway, testutil.ToFloat64(l.limits.evicted), 0)
	})
}

func TestTheOldestStrangerMakesRoom(t *testing.T) {
	t.Parallel()
	p, l := listen(t)
	var served []net.Conn
	for range most + 2 {
		_, one := accept(t, p, l)
		served = append(served, one)
		if len(served) == 1 {
			Meet(one.RemoteAddr(), "accounts/one")
		}
	}
	closed := func(c net.Conn) bool { return c.SetDeadline(time.Time{}) != nil }
	assert.False(t, closed(served[0]), "who was recognized stays")
	assert.True(t, closed(served[1]), "the oldest stranger")
	assert.False(t, closed(served[2]))
	assert.InDelta(t, 1, testutil.ToFloat64(l.limits.evicted), 0)
	for _, one := range served {
		_ = one.Close()
	}
	assert.Empty(t, l.places)
	assert.Zero(t, l.ages.Len())
}

func TestAStrangerGetsSoManyAnswers(t *testing.T) {
	t.Parallel()
	p, l := listen(t)
	_, known := accept(t, p, l)
	Meet(known.RemoteAddr(), "accounts/one")
	_, stranger := accept(t, p, l)
	for range answersEach {
		Answer(known.RemoteAddr())
		Answer(stranger.RemoteAddr())
	}
	require.NoError(t, stranger.SetDeadline(time.Time{}))
	Answer(known.RemoteAddr())
	Answer(stranger.RemoteAddr())
	require.NoError(t, known.SetDeadline(time.Time{}))
	require.Error(t, stranger.SetDeadline(time.Time{}), "closed")
	require.NoError(t, known.Close())
}

// A call that is under way when its connection is closed may be refused after that.
func TestAConnectionThatWasClosedTakesNoPlace(t *testing.T) {
	t.Parallel()
	p, l := listen(t)
	_, gone := accept(t, p, l)
	Meet(gone.RemoteAddr(), "accounts/one")
	require.NoError(t, gone.Close())
	Forget(gone.RemoteAddr())
	assert.Empty(t, l.places)
	var served []net.Conn
	for range most + 1 {
		_, one := accept(t, p, l)
		served = append(served, one)
	}
	alive := 0
	for _, one := range served {
		if one.SetDeadline(time.Time{}) == nil {
			alive++
		}
		_ = one.Close()
	}
	assert.Equal(t, most, alive)
	assert.Zero(t, l.ages.Len())
}

// Calls of one connection end at the same time, with a token that holds and with one that does not.
func TestWhoIsMetAndForgottenAtOnceKeepsOnePlace(t *testing.T) {
	t.Parallel()
	p, l := listen(t)
	_, served := accept(t, p, l)
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() { Meet(served.RemoteAddr(), "accounts/one") })
		calls.Go(func() { Forget(served.RemoteAddr()) })
	}
	calls.Wait()
	Forget(served.RemoteAddr())
	assert.Len(t, l.places, 1)
	assert.Equal(t, 1, l.ages.Len())
	require.NoError(t, served.Close())
	assert.Empty(t, l.places)
}

func TestOtherAddressesAreNobodys(t *testing.T) {
	t.Parallel()
	for _, address := range []net.Addr{nil, &net.TCPAddr{}} {
		Begin(t.Context(), address)
		Meet(address, "accounts/one")
		Forget(address)
		Answer(address)
	}
	assert.Nil(t, AddressIn(t.Context()))
	p, l := listen(t)
	_, served := accept(t, p, l)
	assert.Equal(t, served.RemoteAddr(), AddressIn(InContext(t.Context(), served)))
	require.NoError(t, served.Close())
}
