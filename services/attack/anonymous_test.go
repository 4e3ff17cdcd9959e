package attack

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// What strangers may cost, whatever they send.
const (
	strangersMemory     = 64 * mebibyte
	strangersProcessors = 0.2
)

// mayCost holds what an attack of strangers took against the bars: processors in full alone.
func mayCost(t *testing.T, c cost) {
	t.Helper()
	assert.Less(t, c.peak-c.rest, int64(strangersMemory), "memory")
	if *full {
		assert.Less(t, c.processors, strangersProcessors, "processors")
	}
}

// TestLargeCallsOfStrangersAreNotRead sends messages of very many empty parts without a token.
func TestLargeCallsOfStrangersAreNotRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	request := &networkv1.BatchCreateUnitsRequest{}
	for range size(50_000, 1_900_000) {
		request.Requests = append(request.Requests, &networkv1.CreateUnitRequest{})
	}
	taken := s.measure(t, func() {
		var calls sync.WaitGroup
		for range size(2, 10) {
			client := networkv1.NewUnitServiceClient(s.dial(t))
			calls.Go(func() {
				_, err := client.BatchCreateUnits(t.Context(), request)
				assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
			})
		}
		calls.Wait()
	})
	figure(t, "large calls without a token: %v", taken)
	mayCost(t, taken)
}
