package inbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC1_C5_H6_MessagesAndHandbooksGoOnWithTheSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const ended, successor = networktest.Township, networktest.OtherTownship
	content := networktest.ValidTip()
	content.Unit, content.Urgent = networktest.Village, true
	_, err := networkv1.NewTipServiceClient(s.As("informant", successor)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: ended})
	require.NoError(t, err)
	_, err = networkv1.NewHandbookServiceClient(s.As("clerk", ended)).PublishHandbook(t.Context(),
		&networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
			Unit: ended, Title: "信息员手册", Version: "2026", PublishedOn: "2026-10-01",
		}})
	require.NoError(t, err)
	points := networkv1.NewContactPointServiceClient(s.As("administrator", ended))
	created, err := points.CreateContactPoint(t.Context(), &networkv1.CreateContactPointRequest{
		ContactPoint: &networkv1.ContactPoint{
			Unit: ended, Title: "值班",
			Address: &networkv1.ContactPoint_Webhook{Webhook: "https://hooks.example.org/in"},
		},
	})
	require.NoError(t, err)
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: ended}}, Into: successor, Reason: "撤并"})
	require.NoError(t, err)

	listed, err := networkv1.NewInboxServiceClient(s.As("clerk", successor)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: successor, UnreadOnly: true, Kinds: []string{"inbox.urgent_tip"}})
	require.NoError(t, err)
	require.Len(t, listed.GetMessages(), 1, "the successor hears of the urgent tip")
	assert.Contains(t, listed.GetMessages()[0].GetTitle(), "（事关沙塘路街道，该单位已撤并，由承继单位办理。）")
	s.Clock.Advance(5 * time.Second) // for which it is remembered where the village lay
	for _, unit := range []string{successor, networktest.Village} {
		books, err := networkv1.NewHandbookServiceClient(s.As("clerk", unit)).ListHandbooks(t.Context(),
			&networkv1.ListHandbooksRequest{Unit: unit})
		require.NoError(t, err)
		assert.Len(t, books.GetHandbooks(), 1, unit)
	}
	_, err = networkv1.NewContactPointServiceClient(s.As("administrator", networktest.City)).GetContactPoint(t.Context(),
		&networkv1.GetContactPointRequest{Name: created.GetContactPoint().GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
