package rounds_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures/measurestest"
	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestT24_RoundKeepsItsUnits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	round := b.open(t)
	require.EqualValues(t, 3, round.GetUnits(), "the unit that assesses takes no part")
	require.Equal(t, "schemes/s@2026-01-01", round.GetSchemeVersion())
	b.tree.set([]string{"units/d"})
	_, err := b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	list, err := b.rounds().ListScores(b.as(t, city), &assessmentv1.ListScoresRequest{Round: round.GetName()})
	require.NoError(t, err)
	require.Equal(t, []string{"units/a", "units/b", "units/c"}, unitsOf(list.GetScores()))
}

func TestT24_RoundWithNoneOrTooManyUnitsIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tree.set(nil)
	_, err := b.rounds().CreateRound(b.as(t, city), openRequest())
	requireCode(t, codes.FailedPrecondition, err)
	require.Equal(t, "NO_UNITS", reason(err))
	b.tree.set(measurestest.Units(rounds.MaxUnits + 1))
	_, err = b.rounds().CreateRound(b.as(t, city), openRequest())
	requireCode(t, codes.FailedPrecondition, err)
	require.Equal(t, "TOO_MANY_UNITS", reason(err))
}

func TestT24_ARepeatedOpeningGetsItsFirstAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	req := openRequest()
	req.RequestId = uuid.NewString()
	first, err := b.rounds().CreateRound(b.as(t, city), req)
	require.NoError(t, err)
	b.tree.set(nil)
	again, err := b.rounds().CreateRound(b.as(t, city), req)
	require.NoError(t, err, "whatever became of the units")
	require.True(t, proto.Equal(first, again))
}

func TestT24_TheLargestRoundIsScoredInBatches(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tree.set(measurestest.Units(rounds.MaxUnits))
	round := b.open(t)
	asked := len(b.source.Calls())
	answer, err := b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	require.Equal(t, rounds.MaxUnits/measures.UnitsPerCall, len(b.source.Calls())-asked)
	require.EqualValues(t, rounds.MaxUnits, answer.GetGrades()[1].GetUnits())
}

func TestT24_UnreachableServiceLeavesRoundUnchanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	round := b.open(t)
	b.source.Fail(status.Error(codes.Unavailable, "gone"))
	_, err := b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	requireCode(t, codes.Unavailable, err)
	now, err := b.rounds().GetRound(b.as(t, city), &assessmentv1.GetRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	require.True(t, proto.Equal(round, now))
	b.source.Fail(nil)
	_, err = b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
}

func TestCallerOutOfReachCausesNoCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	round := b.open(t)
	asked := len(b.source.Calls())
	stranger := b.as(t, "units/a")
	_, err := b.rounds().ScoreRound(stranger, &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	_, absent := b.rounds().ScoreRound(stranger, &assessmentv1.ScoreRoundRequest{Name: "rounds/absent"})
	requireCode(t, codes.NotFound, err)
	requireCode(t, codes.NotFound, absent)
	_, err = b.rounds().ListScores(stranger, &assessmentv1.ListScoresRequest{Round: round.GetName()})
	requireCode(t, codes.NotFound, err)
	_, err = b.rounds().CloseRound(stranger, &assessmentv1.CloseRoundRequest{Name: round.GetName(), Etag: round.GetEtag()})
	requireCode(t, codes.NotFound, err)
	require.Len(t, b.source.Calls(), asked)
}

func TestT26_AUnitReadsItsScoreOnceTheRoundIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	round := b.open(t)
	scored, err := b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	get := func(caller, unit string) (*assessmentv1.Score, error) {
		return b.rounds().GetScore(b.as(t, caller), &assessmentv1.GetScoreRequest{Round: round.GetName(), Unit: unit})
	}
	early, err := get(city, "units/a")
	require.NoError(t, err)
	require.Equal(t, []string{"records/1", "records/2"}, early.GetItems()[0].GetFigure().GetRecords())
	_, err = get("units/a", "units/a")
	requireCode(t, codes.NotFound, err)

	_, err = b.rounds().CloseRound(b.as(t, city), &assessmentv1.CloseRoundRequest{Name: round.GetName(), Etag: scored.GetEtag()})
	require.NoError(t, err)
	final, err := get("units/a", "units/a")
	require.NoError(t, err)
	require.True(t, proto.Equal(early, final))
	for unit, caller := range map[string]string{"units/b": "units/a", "units/unscored": city, "units/none": city} {
		_, err = get(caller, unit)
		requireCode(t, codes.NotFound, err)
		require.Equal(t, "unit", suitetest.FieldViolations(t, err)[0].GetField())
		require.Contains(t, status.Convert(err).Message(), unit)
	}
}

func TestRepeatedRequestGetsFirstResponseAfterClose(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	round := b.open(t)
	req := &assessmentv1.ScoreRoundRequest{Name: round.GetName(), Etag: round.GetEtag(), RequestId: uuid.NewString()}
	first, err := b.rounds().ScoreRound(b.as(t, city), req)
	require.NoError(t, err)
	again, err := b.rounds().ScoreRound(b.as(t, city), req)
	require.NoError(t, err)
	require.True(t, proto.Equal(first, again))
	_, err = b.rounds().CloseRound(b.as(t, city), &assessmentv1.CloseRoundRequest{Name: round.GetName(), Etag: first.GetEtag()})
	require.NoError(t, err)
	again, err = b.rounds().ScoreRound(b.as(t, city), req)
	require.NoError(t, err)
	require.True(t, proto.Equal(first, again))
	req.RequestId = ""
	_, err = b.rounds().ScoreRound(b.as(t, city), req)
	requireCode(t, codes.Aborted, err)
}

func TestT26_ScoresAreListedBestFirstInPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tree.set([]string{"units/a", "units/b", "units/c", "units/d", "units/e"})
	round := b.open(t)
	b.source.Share(map[string]int64{"a": 10, "b": 60, "c": 60, "d": 100, "e": 60})
	scored, err := b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	require.Equal(t, []int32{4, 1}, []int32{scored.GetGrades()[0].GetUnits(), scored.GetGrades()[1].GetUnits()})
	var all []*assessmentv1.Score
	req := &assessmentv1.ListScoresRequest{Round: round.GetName(), PageSize: 2}
	for {
		list, err := b.rounds().ListScores(b.as(t, city), req)
		require.NoError(t, err)
		all = append(all, list.GetScores()...)
		if req.PageToken = list.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, []string{"units/d", "units/b", "units/c", "units/e", "units/a"}, unitsOf(all))
	require.InDelta(t, 100, all[0].GetTotal(), 0)
	require.Equal(t, "good", all[0].GetGradeTitle().GetEn())
	require.Empty(t, all[0].GetItems())

	b.source.Share(map[string]int64{"a": 99})
	_, err = b.rounds().ScoreRound(b.as(t, city), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.NoError(t, err)
	list, err := b.rounds().ListScores(b.as(t, city), &assessmentv1.ListScoresRequest{Round: round.GetName()})
	require.NoError(t, err)
	require.Len(t, list.GetScores(), 5, "a new scoring replaces the old")
	require.Equal(t, "units/a", list.GetScores()[0].GetUnit())
}

func TestT24_RoundsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var want []string
	for _, period := range []string{"2026-08", "2026-09", "2026-10"} {
		req := openRequest()
		req.Period = period
		round, err := b.rounds().CreateRound(b.as(t, city), req)
		require.NoError(t, err)
		want = append([]string{round.GetName()}, want...)
	}
	var got []string
	req := &assessmentv1.ListRoundsRequest{Unit: city, PageSize: 2}
	for {
		list, err := b.rounds().ListRounds(b.as(t, city), req)
		require.NoError(t, err)
		for _, round := range list.GetRounds() {
			got = append(got, round.GetName())
		}
		if req.PageToken = list.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, want, got)
	none, err := b.rounds().ListRounds(b.as(t, "units/a"), &assessmentv1.ListRoundsRequest{Unit: "units/a"})
	require.NoError(t, err)
	require.Empty(t, none.GetRounds())
}

func TestT24_RoundUsesTheSchemeOfItsPeriod(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	req := openRequest()
	req.Period = "2025"
	_, err := b.rounds().CreateRound(b.as(t, city), req)
	require.Equal(t, "NO_SCHEME", reason(err), "none held then")
	b.clock.Advance(30 * time.Minute)
	req.Period = "2026"
	answer, err := b.rounds().CreateRound(b.as(t, city), req)
	require.NoError(t, err, "a round may be opened before its period is over")
	require.Equal(t, b.clock.Now(), answer.GetCreateTime().AsTime())
}

// TestRoundLifecycle does acts at random and holds every answer against the table.
func TestRoundLifecycle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := b.as(t, city)
	acts := rapid.SliceOfN(rapid.SampledFrom([]string{"score", "close"}), 1, 6)
	opened := 0
	rapid.Check(t, func(t *rapid.T) {
		opened++
		req := openRequest()
		req.Unit = fmt.Sprintf("units/u%d", opened) // one round a unit
		answer, err := b.rounds().CreateRound(ctx, req)
		require.NoError(t, err)
		round := answer
		for _, act := range acts.Draw(t, "acts") {
			etag, stale := round.GetEtag(), rapid.Bool().Draw(t, "stale")
			if stale {
				etag = "0"
			}
			now, err := b.act(ctx, act, round.GetName(), etag)
			next, refused := rounds.Lifecycle.Next(round.GetState(), lifecycle.Act(act))
			switch {
			case stale:
				requireCode(t, codes.Aborted, err)
			case refused != nil:
				requireCode(t, codes.FailedPrecondition, err)
			default:
				require.NoError(t, err)
				require.Equal(t, next, now.GetState())
				require.NotEqual(t, round.GetEtag(), now.GetEtag())
				round = now
			}
		}
		read, err := b.rounds().GetRound(ctx, &assessmentv1.GetRoundRequest{Name: round.GetName()})
		require.NoError(t, err)
		require.True(t, proto.Equal(round, read), "a refused act changes nothing")
	})
}

func (b *bench) act(ctx context.Context, act, name, etag string) (*assessmentv1.Round, error) {
	if act == "score" {
		answer, err := b.rounds().ScoreRound(ctx, &assessmentv1.ScoreRoundRequest{Name: name, Etag: etag})
		return answer, err
	}
	answer, err := b.rounds().CloseRound(ctx, &assessmentv1.CloseRoundRequest{Name: name, Etag: etag})
	return answer, err
}

func unitsOf(scores []*assessmentv1.Score) []string {
	units := make([]string, len(scores))
	for i, score := range scores {
		units[i] = score.GetUnit()
	}
	return units
}
