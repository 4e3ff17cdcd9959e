package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// told are the kinds of messages about a record in a unit's inbox, the oldest first, once there are so many.
func told(t *testing.T, s *suitetest.Suite, unit, resource string, n int) (kinds []string) {
	t.Helper()
	inbox := networkv1.NewInboxServiceClient(s.As("clerk", unit))
	require.Eventually(t, func() bool {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		kinds = nil
		for _, m := range listed.GetMessages() {
			if m.GetResource() == resource {
				kinds = append([]string{m.GetKind()}, kinds...)
				assert.NotEmpty(t, m.GetTitle())
			}
		}
		return len(kinds) >= n
	}, time.Minute, 50*time.Millisecond)
	return kinds
}

func TestT7_BothUnitsAreToldOfAWarning(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := city.issue(t, notice("blue")).GetName()
	clerk.acknowledge(t, name)
	clerk.rectify(t, name)
	as(s, "reviewer", county).check(t, name, county, true)
	city.close(t, name)
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_check_passed", "inbox.warning_closed"},
		told(t, s, township, name, 3))
	assert.Equal(t, []string{"inbox.warning_rectified"}, told(t, s, county, name, 1))
}

func TestOnlyServicesSendMessages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewInboxServiceClient(s.As(access.Administrator, suitetest.City)).SendMessages(t.Context(),
		&networkv1.SendMessagesRequest{Messages: []*networkv1.OutgoingMessage{{
			Unit: township, Kind: "inbox.warning_issued", Resource: "warnings/1", DedupKey: "1",
		}}})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SERVICES_ONLY")
}
