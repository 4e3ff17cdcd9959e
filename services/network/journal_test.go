package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	submitEvent = "network.TipService.SubmitTip"
	closeEvent  = "network.TipService.CloseTip"
)

// closeTip closes a tip of the village that the township's clerk has accepted.
func closeTip(t *testing.T, s *suitetest.Suite) string {
	t.Helper()
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	tip := networktest.NewestTip(t, s)
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip, Outcome: "unfounded", Reason: "查无此事。"})
	require.NoError(t, err)
	return tip
}

func TestX3_JournalSaysWhoDidWhatAndWhy(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	tip := closeTip(t, s)
	journal := networkv1.NewJournalServiceClient(s.As("reviewer", networktest.County))
	listed, err := journal.ListJournal(t.Context(), &typev1.ListJournalRequest{Unit: networktest.County, Resource: tip})
	require.NoError(t, err)
	require.Len(t, listed.GetEntries(), 3)
	closed, submitted := listed.GetEntries()[0], listed.GetEntries()[2]
	assert.Equal(t, []string{closeEvent, tip, networktest.Township, networktest.Township, "查无此事。"},
		[]string{closed.GetEvent(), closed.GetResource(), closed.GetUnit(), closed.GetActorUnit(), closed.GetReason()})
	assert.WithinDuration(t, s.Clock.Now(), closed.GetActTime().AsTime(), 0)
	assert.NotEmpty(t, closed.GetRequestId())
	assert.Equal(t, submitEvent, submitted.GetEvent())
	assert.Empty(t, submitted.GetActor()+submitted.GetActorUnit()+submitted.GetReason()+submitted.GetRequestId(),
		"a source is protected")
	assert.Equal(t, clock.StartOfDay(s.Clock), submitted.GetActTime().AsTime(), "no finer than the day")

	none, err := journal.ListJournal(t.Context(), &typev1.ListJournalRequest{
		Unit: networktest.County, Resource: tip, BeforeTime: submitted.GetActTime(),
	})
	require.NoError(t, err)
	assert.Empty(t, none.GetEntries())
	req := &typev1.ListJournalRequest{Unit: networktest.County, Actor: closed.GetActor(), PageSize: 1}
	for _, event := range []string{closeEvent, "network.TipService.AcceptTip"} {
		page, err := journal.ListJournal(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, event, page.GetEntries()[0].GetEvent())
		req.PageToken = page.GetNextPageToken()
	}
}

func TestX3_ReadingTheJournalIsRecorded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := &typev1.ListJournalRequest{Unit: networktest.Township, PageSize: 2}
	for range 2 {
		_, err := networkv1.NewJournalServiceClient(s.As("reviewer", networktest.County)).ListJournal(t.Context(), req)
		require.NoError(t, err)
	}
	read, err := networkv1.NewJournalServiceClient(s.As("reviewer", networktest.City)).ListJournal(t.Context(), req)
	require.NoError(t, err)
	for _, entry := range read.GetEntries() {
		assert.Equal(t, []string{"network.JournalService.ListJournal", networktest.Township, networktest.County},
			[]string{entry.GetEvent(), entry.GetResource(), entry.GetActorUnit()})
	}
}

func TestX3_JournalIsForAuditorsWithinTheirReach(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewJournalServiceClient(s.As("clerk", networktest.County)).ListJournal(t.Context(),
		&typev1.ListJournalRequest{Unit: networktest.County})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = networkv1.NewJournalServiceClient(s.As("reviewer", networktest.Township)).ListJournal(t.Context(),
		&typev1.ListJournalRequest{Unit: networktest.OtherTownship})
	networktest.Refused(t, err, codes.NotFound, "unit")
}

func TestX3_FeedReplaysFromTheStartAndGoesOnAfterAPosition(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	watch := func(after string) (next func() *typev1.JournalEvent) {
		stream, err := networkv1.NewJournalServiceClient(s.As(access.Administrator, networktest.City)).WatchJournal(t.Context(),
			&typev1.WatchJournalRequest{After: after})
		require.NoError(t, err)
		return func() *typev1.JournalEvent {
			event, err := stream.Recv()
			require.NoError(t, err)
			return event
		}
	}
	fromStart := watch("")
	closed := &typev1.JournalEvent{}
	for tip := closeTip(t, s); closed.GetResource() != tip || closed.GetEvent() != closeEvent; {
		closed = fromStart()
	}
	later := watch(closed.GetPosition())
	tip := closeTip(t, s)
	for _, want := range []string{submitEvent, "network.TipService.AcceptTip", closeEvent} {
		event := later()
		for event.GetResource() != tip { // a job may have come between
			event = later()
		}
		assert.Equal(t, []string{want, networktest.Township}, []string{event.GetEvent(), event.GetUnit()})
	}
}

func TestX3_FeedIsForThoseWhoReachTheWholeInstance(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	ask := func(unit, after string) error {
		stream, err := networkv1.NewJournalServiceClient(s.As(access.Administrator, unit)).WatchJournal(t.Context(),
			&typev1.WatchJournalRequest{After: after})
		require.NoError(t, err)
		_, err = stream.Recv()
		return err
	}
	err := ask(networktest.Township, "")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WHOLE_INSTANCE_ONLY")
	for _, never := range []string{"1-1", "99999999-1", "yesterday"} {
		networktest.Refused(t, ask(networktest.City, never), codes.InvalidArgument, "after")
	}
	require.NoError(t, ask(networktest.City, ""))
}
