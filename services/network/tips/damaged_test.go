package tips_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestOneDamagedRowEndsNoList(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	var names []string
	for range 3 {
		networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
		names = append(names, networktest.NewestTip(t, s))
	}
	_, err := networktest.Database(t, s).Exec(t.Context(), `UPDATE network.tips SET body = jsonb_set(body, '{content,title}', '17')
		WHERE 'tips/' || region || '-' || tip_key = $1`, names[1])
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	var seen []string
	for token := ""; ; {
		listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{
			Unit: networktest.Township, PageSize: 1, PageToken: token,
		})
		require.NoError(t, err)
		for _, tip := range listed.GetTips() {
			seen = append(seen, tip.GetName())
		}
		if token = listed.GetNextPageToken(); token == "" {
			break
		}
	}
	assert.ElementsMatch(t, []string{names[0], names[2]}, seen)
	_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: names[1]})
	suitetest.RequireRefused(t, err, codes.DataLoss, "DATA_DAMAGED")
	assert.NotContains(t, strings.ReplaceAll(err.Error(), names[1], ""), "17")
}

func TestWhatANewerVersionWroteIsKept(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	conn := networktest.Database(t, s)
	_, err := conn.Exec(t.Context(), `UPDATE network.tips SET body = body || '{"newField": {"a": [1]}}'
		|| jsonb_build_object('content', body -> 'content' || '{"newInside": "新"}')`)
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	_, err = clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: tip.GetName(), Criteria: []string{"factual"}, Reason: "请补充。",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{`{"a": [1]} 新 TIP_STATE_RETURNED`}, networktest.QueryTexts(t, conn,
		`SELECT (body ->> 'newField') || ' ' || (body #>> '{content,newInside}') || ' ' || (body ->> 'state') FROM network.tips`))
}
