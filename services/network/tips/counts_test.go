package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// counted asks for all pages of counts.
func counted(t *testing.T, client networkv1.TipServiceClient, size int32) []*networkv1.TipCount {
	t.Helper()
	var all []*networkv1.TipCount
	req := &networkv1.CountTipsRequest{Unit: networktest.City, Period: "2026-11", PageSize: size}
	for more := true; more; more = req.GetPageToken() != "" {
		answer, err := client.CountTips(t.Context(), req)
		require.NoError(t, err)
		if size > 0 {
			require.LessOrEqual(t, len(answer.GetCounts()), int(size))
		}
		all, req.PageToken = append(all, answer.GetCounts()...), answer.GetNextPageToken()
	}
	return all
}

func TestC12_PagesOfCountsAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := []string{networktest.Village, networktest.Township, networktest.OtherTownship, "units/340503001004"}
	areas := []string{"work_style", "collective_funds", "ethics"}
	for i := range 16 {
		content := networktest.ValidTip()
		content.Unit, content.SubjectArea = units[i%len(units)], areas[i%len(areas)]
		networktest.SubmitTip(t, s, networktest.City, content)
	}
	client := networkv1.NewTipServiceClient(s.As("handler", networktest.City))
	whole := counted(t, client, 0)
	require.Len(t, whole, 12)
	var received int64
	for _, c := range whole {
		received += c.GetReceived()
	}
	assert.EqualValues(t, 16, received)
	for size := int32(1); size <= 13; size++ {
		pages := counted(t, client, size)
		require.Len(t, pages, len(whole), size)
		for i := range whole {
			assert.Equal(t, whole[i].String(), pages[i].String())
		}
	}
	first, err := client.CountTips(t.Context(), &networkv1.CountTipsRequest{
		Unit: networktest.City, Period: "2026-11", PageSize: 2,
	})
	require.NoError(t, err)
	_, err = client.CountTips(t.Context(), &networkv1.CountTipsRequest{
		Unit: networktest.City, Period: "2026-10", PageToken: first.GetNextPageToken(),
	})
	networktest.Refused(t, err, codes.InvalidArgument, "page_token")
	_, err = client.CountTips(t.Context(), &networkv1.CountTipsRequest{
		Unit: networktest.City, Period: "2026-11", PageSize: 30001,
	})
	networktest.Refused(t, err, codes.InvalidArgument, "page_size")
	s.Clock.Advance(31 * 24 * time.Hour)
	networktest.SubmitTip(t, s, networktest.City, networktest.ValidTip())
	assert.Len(t, counted(t, client, 5), 12, "the page's question keeps its period")
}

func TestC4_TipsCountUnderEachRoleThatTheirSenderHolds(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewTipServiceClient(s.As("handler", networktest.City))
	officers := networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 3, "mediator", "petition_informant")
	sender := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/zhang", Officer: officers[0], Roles: []string{"informant"},
	}))
	for range 2 {
		_, err := sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
			Content: networktest.ValidTip(), Recipient: networktest.Township,
		})
		require.NoError(t, err)
	}
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	byRole := map[string]int64{}
	req := &networkv1.CountTipsRequest{Unit: networktest.City, Period: "2026-11", BySourceRole: true, PageSize: 1}
	for more := true; more; more = req.GetPageToken() != "" {
		answer, err := client.CountTips(t.Context(), req)
		require.NoError(t, err)
		for _, c := range answer.GetCounts() {
			byRole[c.GetSourceRole()] += c.GetReceived()
		}
		req.PageToken = answer.GetNextPageToken()
	}
	assert.Equal(t, map[string]int64{"": 1, "mediator": 2, "petition_informant": 2}, byRole)
	whole := counted(t, client, 0)
	require.Len(t, whole, 1)
	assert.EqualValues(t, 3, whole[0].GetReceived())
	assert.Empty(t, whole[0].GetSourceRole())
}
