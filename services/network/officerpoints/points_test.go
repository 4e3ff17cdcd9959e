package officerpoints_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// tips of an officer come to an end in different ways, judged by the city.
type tips struct {
	t      *testing.T
	s      *suitetest.Suite
	handle networkv1.TipServiceClient
}

// send sends a tip as an officer of another town and gives its name and receipt.
func (w tips) send(officer string) (name, receipt string) {
	w.t.Helper()
	sender := w.s.AsPrincipal(access.Principal{
		Subject: "accounts/sender", Officer: officer, Unit: networktest.OtherTownship, Roles: []string{"informant"},
	})
	answer, err := networkv1.NewTipServiceClient(sender).SubmitTip(w.t.Context(), &networkv1.SubmitTipRequest{
		Content: networktest.ValidTip(), Recipient: networktest.City,
	})
	require.NoError(w.t, err)
	return networktest.NewestTip(w.t, w.s), answer.GetReceipt()
}

func (w tips) accept(name string) {
	w.t.Helper()
	_, err := w.handle.AcceptTip(w.t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(w.t, err)
}

func (w tips) giveBack(name string) {
	w.t.Helper()
	_, err := w.handle.ReturnTip(w.t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"specific"}, Reason: "请写明时间地点。",
	})
	require.NoError(w.t, err)
}

func (w tips) end(name, outcome string) {
	w.t.Helper()
	_, err := w.handle.CloseTip(w.t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: outcome, Reason: "已核实。"})
	require.NoError(w.t, err)
}

func sums(t *testing.T, s *suitetest.Suite) []*networkv1.OfficerPoints {
	t.Helper()
	answer, err := networkv1.NewOfficerPointsServiceClient(s.As("clerk", networktest.Township)).ListOfficerPoints(t.Context(),
		&networkv1.ListOfficerPointsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	return answer.GetPoints()
}

// quality is the share of a unit's checked tips of a quarter that were accepted at once, with its records.
func quality(t *testing.T, s *suitetest.Suite, unit string) *typev1.Figure {
	t.Helper()
	answer, err := networkv1.NewFigureServiceClient(s.As("handler", networktest.City)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: networktest.City, Units: []string{unit}, Period: "2026-Q4", Measures: []string{"network.tip_quality"},
		})
	require.NoError(t, err)
	return answer.GetFigures()[0]
}

func TestH8_C16_OfficerPointsAreTotalsOfSeveralTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	w := tips{t, s, networkv1.NewTipServiceClient(s.As("handler", networktest.City))}
	busy := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	quiet := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	s.RunJob(officerpoints.ScoreJob)
	for range 2 {
		good, _ := w.send(busy)
		w.accept(good)
	}
	again, receipt := w.send(busy)
	w.giveBack(again)
	_, err := networkv1.NewTipServiceClient(s.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
		Receipt: receipt, Content: networktest.FullerTip(),
	})
	require.NoError(t, err)
	w.accept(again)
	w.end(again, "solved")
	bad, _ := w.send(busy)
	w.giveBack(bad)
	w.end(bad, "solved")
	waits, _ := w.send(busy)
	single, _ := w.send(quiet)
	w.accept(single)
	other, _ := w.send("")
	w.accept(other)

	s.RunJob(officerpoints.ScoreJob)
	assert.Empty(t, sums(t, s), "the month has not ended")
	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	s.RunJob(officerpoints.ScoreJob)
	assert.Empty(t, sums(t, s), "four judged tips are fewer than five")
	w.accept(waits)
	w.end(waits, "unfounded")
	s.Clock.Advance(31 * 24 * time.Hour) // 2 January
	s.RunJob(officerpoints.ScoreJob)
	s.RunJob(officerpoints.ScoreJob)
	got := sums(t, s)
	require.Len(t, got, 1, "the quiet officer's one tip is not told")
	sum := got[0]
	assert.Equal(t, busy, sum.GetOfficer())
	assert.Equal(t, []string{"2026-11", "2026-12"}, []string{sum.GetFirstMonth(), sum.GetLastMonth()})
	assert.Equal(t, []int32{5, 2, 1, 1, 1, 2*3 + 1 - 1}, []int32{
		sum.GetJudged(), sum.GetAcceptedAtOnce(), sum.GetAcceptedAfterReturn(), sum.GetNotAccepted(), sum.GetUnfounded(),
		sum.GetPoints(),
	})
	for unit, want := range map[string][]int64{
		networktest.Village: {2, 5}, networktest.Township: {2, 5}, networktest.OtherTownship: {0, 0},
	} {
		figure := quality(t, s, unit)
		assert.Equal(t, want, []int64{figure.GetNumerator(), figure.GetDenominator()}, "who sent is scored, not who handled: %s", unit)
		for _, record := range figure.GetRecords() {
			assert.Equal(t, busy, record, "no tip is named")
		}
	}
	_, err = networkv1.NewOfficerPointsServiceClient(s.As("clerk", networktest.City)).ListOfficerPoints(t.Context(),
		&networkv1.ListOfficerPointsRequest{Unit: networktest.Township})
	networktest.Refused(t, err, codes.PermissionDenied)
	assertUnlinked(t, s, busy, quiet)
}

// assertUnlinked looks for the officers in all that stands in the database beside their own records.
func assertUnlinked(t *testing.T, s *suitetest.Suite, busy, quiet string) {
	t.Helper()
	conn := networktest.Database(t, s)
	for _, table := range []string{"tips", "tip_sources", "officer_scoring", "journal", "stored_responses", "river_job"} {
		rows, err := conn.Query(t.Context(), "SELECT to_jsonb(x)::text FROM network."+table+" x")
		require.NoError(t, err)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		for _, text := range all {
			if table == "journal" && !strings.Contains(text, "tips/") {
				continue // that an officer was appointed, or has points, may be read
			}
			assert.NotContains(t, text, strings.TrimPrefix(busy, "officers/"), "in %s", table)
			assert.NotContains(t, text, strings.TrimPrefix(quiet, "officers/"), "in %s", table)
		}
	}
	var told int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM network.journal WHERE resource = $1 AND event = $2",
		quiet, officerpoints.ScoreJob).Scan(&told))
	assert.Zero(t, told, "nothing tells that the quiet officer sent anything")
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM network.journal WHERE resource = 'officerPoints/2026-11' AND unit_path = '340500' AND event = $1",
		officerpoints.ScoreJob).Scan(&told))
	assert.Equal(t, 1, told, "that sources were opened is recorded")
}

func TestC16_SuccessorOfAppointerGetsOfficerPoints(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	w := tips{t, s, networkv1.NewTipServiceClient(s.As("handler", networktest.City))}
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	s.RunJob(officerpoints.ScoreJob)
	judged := func() {
		for range 5 {
			name, _ := w.send(officer)
			w.accept(name)
		}
	}
	const successor = "units/340503002"
	of := func(unit string) []*networkv1.OfficerPoints {
		answer, err := networkv1.NewOfficerPointsServiceClient(s.As("clerk", unit)).ListOfficerPoints(t.Context(),
			&networkv1.ListOfficerPointsRequest{Unit: unit})
		require.NoError(t, err)
		return answer.GetPoints()
	}
	judged()
	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	s.RunJob(officerpoints.ScoreJob)
	assert.Len(t, of(networktest.Township), 1)
	judged()
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: successor, EffectiveFrom: "2026-12-20", Reason: "撤并",
		})
	require.NoError(t, err)
	s.Clock.Advance(31 * 24 * time.Hour) // 2 January
	s.RunJob(officerpoints.ScoreJob)
	s.RunJob("network.follow_moves")
	assert.Len(t, of(successor), 2, "what was told before, and what was counted since")
}

// What staff enter of an officer counts like what the officer sends, and is sorted by the roles the officer has (C4).
func TestC4_C16_TipsThatStaffEnterCountForTheOfficerWhoSentThem(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	w := tips{t, s, networkv1.NewTipServiceClient(s.As("handler", networktest.City))}
	officer := networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 3, "mediator")[0]
	s.RunJob(officerpoints.ScoreJob)
	register := func(staff networkv1.TipServiceClient, unit, sender string) error {
		content := networktest.ValidTip()
		content.Channel = "contact_card"
		_, err := staff.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
			Unit: unit, Content: content, ReceivedOn: "2026-11-02", ReceivedBy: "王登记",
			Sender: &networkv1.TipSender{Officer: sender},
		})
		return err
	}
	stranger := networkv1.NewTipServiceClient(s.As("clerk", networktest.Village))
	above := networktest.Appoint(t, s, networktest.City, networktest.Township).GetName()
	networktest.Refused(t, register(stranger, networktest.Village, above), codes.InvalidArgument, "sender.officer")
	networktest.Refused(t, register(w.handle, networktest.City, "officers/1-nobody"), codes.InvalidArgument, "sender.officer")
	for range 5 {
		require.NoError(t, register(w.handle, networktest.City, officer))
		name := networktest.NewestTip(t, s)
		read, err := w.handle.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
		require.NoError(t, err)
		assert.Equal(t, []string{"mediator"}, read.GetSourceRoles())
		assert.NotContains(t, read.String(), officer, "who sent it stays sealed")
		w.accept(name)
	}
	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	s.RunJob(officerpoints.ScoreJob)
	got := sums(t, s)
	require.Len(t, got, 1)
	assert.Equal(t, officer, got[0].GetOfficer())
	assert.Equal(t, []int32{5, 5, 5 * 3}, []int32{got[0].GetJudged(), got[0].GetAcceptedAtOnce(), got[0].GetPoints()})
}
