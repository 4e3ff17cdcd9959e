package attack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// announced is how large the attackers announce their bodies to be, the largest that an operation takes.
const announced = mebibyte

// alone runs the gateway without a service, so that nobody there can tell whether a token holds.
var alone = []string{
	"--target", "gateway", "--peer", "network=127.0.0.1:1", "--peer", "risk=127.0.0.1:1", "--peer", "warning=127.0.0.1:1",
	"--peer", "assessment=127.0.0.1:1",
}

// TestBodiesThatDoNotComeHoldUpNobody announces large bodies over HTTP and sends a part, with eight tokens that grant nothing, or
// that are forged where the gateway runs alone. Meanwhile somebody else sends small ones.
func TestBodiesThatDoNotComeHoldUpNobody(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]struct {
		part int
		args []string
	}{
		"a byte": {part: 1}, "all but a byte": {part: announced - 1}, "a byte, gateway alone": {1, alone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, attack.args...)
			sent, waits, refused := s.announce(t, attack.part)
			slices.Sort(waits)
			figure(t, "%d bodies of which there came %s: of %d others %d were refused, the slowest took %v", sent, name, len(waits),
				refused, waits[len(waits)-1].Round(time.Millisecond))
			assert.Zero(t, refused)
		})
	}
}

// announce has attackers begin bodies until the time is up, and tells how the requests of another fared.
func (s *target) announce(t *testing.T, part int) (sent int64, waits []time.Duration, refused int) {
	t.Helper()
	token := func(subject string) string {
		return s.token(t, access.Principal{Subject: subject, Unit: "units/none", Roles: []string{"none"}})
	}
	request := func(caller int) []byte {
		head := fmt.Appendf(nil, "POST /network/v1/units:batchCreate HTTP/1.1\r\nHost: suite\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", token(fmt.Sprint("accounts/", caller)), announced)
		return append(head, bytes.Repeat([]byte{' '}, part)...)
	}
	another := token("accounts/another")
	requests := make([][]byte, 8)
	for caller := range requests {
		requests[caller] = request(caller)
	}
	ctx, cancel := context.WithTimeout(t.Context(), attackFor())
	defer cancel()
	var count atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		request := requests[i%len(requests)]
		all.Go(func() {
			for ctx.Err() == nil {
				count.Add(1)
				s.begin(ctx, request)
			}
		})
	}
	for len(waits) == 0 || ctx.Err() == nil {
		began := clock.System{}.Now()
		if s.submit(t, another) == http.StatusTooManyRequests {
			refused++
		}
		waits = append(waits, clock.System{}.Now().Sub(began))
	}
	all.Wait()
	return count.Load(), waits, refused
}

// begin sends the beginning of a request and waits until the other side ends it.
func (s *target) begin(ctx context.Context, request []byte) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.HTTP)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(request); err == nil {
		_, _ = io.Copy(io.Discard, conn)
	}
}

// submit sends a small body, and tells with what code it was answered.
func (s *target) submit(t *testing.T, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.HTTP+"/network/v1/tips:submit",
		strings.NewReader(`{"content": {"title": "x"}}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
