package risk_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ1_PowerItemIsCreatedWithItsWorkflow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, city := as(s, "clerk", township), as(s, "reviewer", suitetest.City)

	item := clerk.power(t, licensing(township))
	assert.Equal(t, suitetest.Start, item.GetCreateTime().AsTime())
	got, err := city.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Truef(t, proto.Equal(item, got), "%v", got)

	t.Run("faults are named all at once", func(t *testing.T) {
		t.Parallel()
		bad := licensing(township)
		bad.Steps[1].Id, bad.Steps[2].Next = "accept", []string{"archive"}
		_, err := clerk.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: bad})
		suitetest.RequireFieldFaults(t, err, map[string]string{
			"power_item.steps[1].id": "DUPLICATE", "power_item.steps[0].next[0]": "UNKNOWN_STEP",
			"power_item.steps[2].next[0]": "UNKNOWN_STEP",
		})
	})
	t.Run("one out of reach looks like none", func(t *testing.T) {
		t.Parallel()
		elsewhere := as(s, "clerk", other)
		_, err := elsewhere.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = elsewhere.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: "powerItems/340503-none"})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = elsewhere.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: licensing(township)})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	})
	t.Run("a repeated request registers once", func(t *testing.T) {
		t.Parallel()
		req := &riskv1.CreatePowerItemRequest{PowerItem: licensing(village), RequestId: uuid.NewString()}
		first, err := clerk.powers.CreatePowerItem(t.Context(), req)
		require.NoError(t, err)
		again, err := clerk.powers.CreatePowerItem(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, first.GetName(), again.GetName())
	})
}

func TestJ1_PowersAreListedByUnitAndTime(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City)
	var want []string
	for _, unit := range []string{village, other, township, village, township} {
		want = append(want, admin.power(t, licensing(unit)).GetName())
	}
	want = []string{want[2], want[4], want[0], want[3], want[1]}

	var got []string
	req := &riskv1.ListPowerItemsRequest{Unit: county, PageSize: 2}
	for {
		list, err := as(s, "handler", county).powers.ListPowerItems(t.Context(), req)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(list.GetPowerItems()), 2)
		for _, item := range list.GetPowerItems() {
			got = append(got, item.GetName())
		}
		if req.PageToken = list.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	assert.Equal(t, want, got)
}
