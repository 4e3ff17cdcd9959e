package tips_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_X10_ConcurrentTipsGetTheirOwnReceipts sends many at once, good ones, faulty ones and repeated ones.
func TestC8_X10_ConcurrentTipsGetTheirOwnReceipts(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	conn := networktest.Database(t, s)
	count := func(table string) (n int) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM network."+table).Scan(&n))
		return n
	}
	const callers, each = 24, 4
	answered := count("stored_responses")
	var mu sync.Mutex
	receipts := map[string]bool{}
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for range each {
				faulty := networktest.ValidTip()
				faulty.SubjectArea = "gossip"
				_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: faulty})
				assert.Equal(t, codes.InvalidArgument, status.Code(err))
				req := &networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: uuid.NewString()}
				req.Content.Urgent = caller%2 == 0
				var twice [2]*networkv1.SubmitTipResponse
				var both sync.WaitGroup
				for i := range twice {
					both.Go(func() {
						answer, err := client.SubmitTip(t.Context(), req)
						assert.NoError(t, err)
						twice[i] = answer
					})
				}
				both.Wait()
				assert.Equal(t, twice[0].GetReceipt(), twice[1].GetReceipt())
				mu.Lock()
				receipts[twice[0].GetReceipt()] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	assert.Len(t, receipts, callers*each)
	for receipt := range receipts {
		_, err := client.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: receipt})
		require.NoError(t, err)
	}
	for _, table := range []string{"tips", "tip_sources", "journal WHERE event LIKE '%SubmitTip' AND actor = ''"} {
		assert.Equal(t, callers*each, count(table), table)
	}
	assert.Equal(t, callers*each, count("stored_responses")-answered)
	_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: &networkv1.TipContent{}})
	networktest.Refused(t, err, codes.InvalidArgument)
}
