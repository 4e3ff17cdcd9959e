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
	for name, e := range suitetest.Endings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			const ended = suitetest.EndingUnit
			content := networktest.ValidTip()
			content.Urgent = true
			_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
				&networkv1.SubmitTipRequest{Content: content, Recipient: ended})
			require.NoError(t, err)
			asked, err := networkv1.NewInquiryServiceClient(s.As("handler", networktest.City)).OpenInquiry(t.Context(),
				&networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
					Unit: networktest.City, Point: ended, Kind: "survey", SubjectUnits: []string{"units/340503003"}, Title: "调研",
					Questions: []string{"由谁验收？"}, DueOn: "2026-11-30",
				}})
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
			require.NoError(t, e.End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", networktest.City))))

			const forEnded = "（事关沙塘路街道，该单位已撤并，由承继单位办理。）"
			unread := unreadOf(t, s, e.Successor, "inbox.urgent_tip")
			require.Len(t, unread, 1, "the successor hears of the urgent tip, once")
			if e.Successor != networktest.County { // which has heard of it as the unit above, and need not hear again
				assert.Contains(t, unread[0].GetTitle(), forEnded)
			}
			unread = unreadOf(t, s, e.Successor, "inbox.inquiry")
			require.Len(t, unread, 1, "what it is asked goes on with the successor")
			assert.Equal(t, asked.GetName(), unread[0].GetResource())
			assert.Contains(t, unread[0].GetTitle(), forEnded)
			s.Clock.Advance(5 * time.Second) // for which it is remembered where the village lay
			for _, unit := range []string{e.Successor, networktest.Village} {
				books, err := networkv1.NewHandbookServiceClient(s.As("clerk", unit)).ListHandbooks(t.Context(),
					&networkv1.ListHandbooksRequest{Unit: unit})
				require.NoError(t, err)
				assert.Len(t, books.GetHandbooks(), 1, unit)
			}
			_, err = networkv1.NewContactPointServiceClient(s.As("administrator", networktest.City)).GetContactPoint(t.Context(),
				&networkv1.GetContactPointRequest{Name: created.GetContactPoint().GetName()})
			suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		})
	}
}

// unreadOf are the unread messages of one kind to a unit.
func unreadOf(t *testing.T, s *suitetest.Suite, unit, kind string) []*networkv1.Message {
	t.Helper()
	listed, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, UnreadOnly: true, Kinds: []string{kind}})
	require.NoError(t, err)
	return listed.GetMessages()
}
