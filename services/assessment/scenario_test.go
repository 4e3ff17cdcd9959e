package assessment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	county   = "units/340503"
	diligent = "units/340503001" // a township that does most of what it should
	idle     = "units/340503002"
	village  = "units/340503001001"
)

// assessed is a county in December whose townships have been scored for November.
type assessed struct {
	*suitetest.Suite

	reviewer assessmentv1.RoundServiceClient
	round    *assessmentv1.Round
	points   []*riskv1.RiskPoint // of the diligent township; all but the first are approved
}

func assess(t *testing.T) *assessed {
	t.Helper()
	s := suitetest.New(t)
	sendReport(t, s, diligent, "2026-10")
	sendTips(t, s, 6)
	points := registerPoints(t, s, 4)
	for _, point := range points[1:] {
		approve(t, s, point)
	}
	inTime, late := warn(t, s, diligent), warn(t, s, idle)
	rectify(t, s, inTime)
	s.Clock.Advance(22 * 24 * time.Hour) // beyond the fifteen working days to rectify
	rectify(t, s, late)
	s.Clock.Advance(7 * 24 * time.Hour)
	s.RunJob(officerpoints.ScoreJob)
	reviewer := assessmentv1.NewRoundServiceClient(s.As("reviewer", county))
	return &assessed{Suite: s, reviewer: reviewer, round: score(t, reviewer, openRound(t, reviewer)), points: points}
}

func TestT24_T26_UnitsAreScoredFromTheirRecordsAndGraded(t *testing.T) {
	t.Parallel()
	a := assess(t)
	require.Equal(t, assessmentv1.RoundState_ROUND_STATE_SCORED, a.round.GetState())
	// 30 for the report, 20 × (4/6 − 0.5) / 0.45 for tips, 20 × (3/4 − 0.5) / 0.5 for risk points, 30 for the warning.
	fair := scoreOf(t, a.reviewer, a.round, diligent)
	require.InDelta(t, 77.41, fair.GetTotal(), 0)
	require.Equal(t, "qualified", fair.GetGrade())
	// No report and a late rectification; nothing said about tips; no risk points registered.
	poor := scoreOf(t, a.reviewer, a.round, idle)
	require.InDelta(t, 20, poor.GetTotal(), 0)
	require.Equal(t, "不合格", poor.GetGradeTitle().GetZh())
	t.Run("T24_every_score_follows_from_the_figures", func(t *testing.T) {
		t.Parallel()
		recompute(t, a)
	})
	t.Run("T24_every_record_of_a_figure_can_be_read", func(t *testing.T) {
		t.Parallel()
		trace(t, a)
	})
	t.Run("T26_grades_count_every_unit_once", func(t *testing.T) {
		t.Parallel()
		var units int32
		for _, count := range a.round.GetGrades() {
			units += count.GetUnits()
		}
		require.Len(t, a.round.GetGrades(), 4)
		require.Equal(t, a.round.GetUnits(), units)
	})
}

func TestT24_T26_RescoringUsesCurrentFiguresUntilClose(t *testing.T) {
	t.Parallel()
	a := assess(t)
	approve(t, a.Suite, a.points[0])
	round := score(t, a.reviewer, a.round)
	better := scoreOf(t, a.reviewer, round, diligent)
	require.InDelta(t, 87.41, better.GetTotal(), 0)
	require.Equal(t, "good", better.GetGrade())

	clerk := assessmentv1.NewRoundServiceClient(a.As("clerk", diligent))
	own := &assessmentv1.GetScoreRequest{Round: round.GetName(), Unit: diligent}
	_, err := clerk.GetScore(t.Context(), own)
	require.Equal(t, codes.NotFound, status.Code(err), "%v", err)
	_, err = a.reviewer.CloseRound(t.Context(), &assessmentv1.CloseRoundRequest{Name: round.GetName(), Etag: round.GetEtag()})
	require.NoError(t, err)
	seen, err := clerk.GetScore(t.Context(), own)
	require.NoError(t, err)
	require.True(t, proto.Equal(better, seen))
	const ownScore = "考核“十一月考核”（2026-11）已经结束：沙塘路街道得 87.41 分，等次为良好。"
	require.Equal(t, []string{ownScore, "花山区已启动考核“十一月考核”（2026-11），沙塘路街道参加。"}, told(t, a.Suite, diligent, 2),
		"the unit is told that it is scored, and that its score stands")
	_, err = clerk.GetScore(t.Context(), &assessmentv1.GetScoreRequest{Round: round.GetName(), Unit: idle})
	require.Equal(t, codes.NotFound, status.Code(err), "%v", err)
	_, err = a.reviewer.ScoreRound(t.Context(), &assessmentv1.ScoreRoundRequest{Name: round.GetName()})
	require.Equal(t, codes.FailedPrecondition, status.Code(err), "%v", err)

	_, err = networkv1.NewTreeServiceClient(a.As("handler", suitetest.City)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: idle}}, Into: diligent, Reason: "撤并",
	})
	require.NoError(t, err)
	a.Clock.Advance(5 * time.Second) // for which the directory remembers where it lay
	inherited, err := clerk.GetScore(t.Context(), &assessmentv1.GetScoreRequest{Round: round.GetName(), Unit: idle})
	require.NoError(t, err, "the successor of a unit that has ended reads its score")
	require.True(t, proto.Equal(scoreOf(t, a.reviewer, round, idle), inherited))
	messages := told(t, a.Suite, diligent, 4)
	require.Contains(t, messages, ownScore)
	require.Contains(t, messages, "考核“十一月考核”（2026-11）已经结束：解放路街道得 20 分，等次为不合格。（事关解放路街道，该单位已撤并，由承继单位办理。）", "whose score it is, it says")
}

func TestT24_UnitsHearThatARoundIsOff(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	reviewer := assessmentv1.NewRoundServiceClient(s.As("reviewer", county))
	_, err := reviewer.DeleteRound(t.Context(), &assessmentv1.DeleteRoundRequest{Name: openRound(t, reviewer).GetName()})
	require.NoError(t, err)
	require.Equal(t, []string{"考核“十一月考核”（2026-11）已经取消。", "花山区已启动考核“十一月考核”（2026-11），解放路街道参加。"}, told(t, s, idle, 2))
}

// told is what a unit was told of rounds, the newest first, once there is so much.
func told(t *testing.T, s *suitetest.Suite, unit string, n int) (titles []string) {
	t.Helper()
	inbox := networkv1.NewInboxServiceClient(s.As("clerk", unit))
	require.Eventually(t, func() bool {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{
			Unit: unit, Kinds: []string{"inbox.round_opened", "inbox.round_closed", "inbox.round_deleted"},
		})
		titles = nil
		for _, m := range listed.GetMessages() {
			leads := m.GetResource() != ""
			require.Equal(t, m.GetKind() == "inbox.round_closed", leads, "a unit that takes part gets its score once there is one")
			titles = append(titles, m.GetTitle())
		}
		return err == nil && len(titles) == n
	}, time.Minute, 50*time.Millisecond, "%s", titles)
	return titles
}

func TestT24_ASchemeWithAnUnknownMeasureIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	text := &typev1.Text{Zh: "考核", En: "Assessment"}
	indicator := func(id, measure string) *assessmentv1.Indicator {
		return &assessmentv1.Indicator{
			Id: id, Title: text, Measure: measure, Points: 10, FullAt: 1, Absent: assessmentv1.Absent_ABSENT_NONE,
		}
	}
	schemes := assessmentv1.NewSchemeServiceClient(s.As(access.Administrator, county))
	_, err := schemes.CreateScheme(t.Context(), &assessmentv1.CreateSchemeRequest{
		Scheme: &assessmentv1.Scheme{
			Name: "schemes/county", Unit: county, EffectiveFrom: "2026-11-01", Title: text,
			Indicators: []*assessmentv1.Indicator{
				indicator("a", "risk.points_approved"), indicator("b", "risk.points_hidden"),
				indicator("c", "warning.none_given"),
				indicator("d", "elsewhere.any"),
			},
			Grades: []*assessmentv1.Grade{{Id: "only", Title: text}},
		},
	})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
	told := map[string]string{}
	for _, v := range suitetest.FieldViolations(t, err) {
		require.Equal(t, "UNKNOWN_MEASURE", v.GetReason())
		told[v.GetField()] = v.GetDescription()
	}
	require.Len(t, told, 3)
	require.Contains(t, told["scheme.indicators[1].measure"], "risk.points_approved", "the service names what it has")
	require.Contains(t, told["scheme.indicators[2].measure"], "指标")
	require.Contains(t, told, "scheme.indicators[3].measure")
}

// recompute works out every score anew, from the figures as the services give them and the scheme as it is published.
func recompute(t *testing.T, a *assessed) {
	t.Helper()
	conn, round := a.As("reviewer", county), a.round
	schemes := assessmentv1.NewSchemeServiceClient(conn)
	scheme, err := schemes.GetEffectiveScheme(t.Context(), &assessmentv1.GetEffectiveSchemeRequest{Unit: county})
	require.NoError(t, err)
	scores, err := a.reviewer.ListScores(t.Context(), &assessmentv1.ListScoresRequest{Round: round.GetName(), PageSize: 1000})
	require.NoError(t, err)
	require.Len(t, scores.GetScores(), int(round.GetUnits()))
	for _, listed := range scores.GetScores() {
		total, full := 0.0, scoreOf(t, a.reviewer, round, listed.GetUnit())
		require.Len(t, full.GetItems(), len(scheme.GetIndicators()))
		for i, indicator := range scheme.GetIndicators() {
			figure, item := askFigure(t, conn, listed.GetUnit(), round.GetPeriod(), indicator.GetMeasure()), full.GetItems()[i]
			require.True(t, proto.Equal(figure, item.GetFigure()), "%v is not %v", item.GetFigure(), figure)
			require.InDelta(t, byHand(indicator, figure), item.GetPoints(), 0.005001)
			total += item.GetPoints()
		}
		require.InDelta(t, total, full.GetTotal(), 1e-9)
		require.InDelta(t, full.GetTotal(), listed.GetTotal(), 0)
		grade := ""
		for _, g := range scheme.GetGrades() {
			if grade == "" && full.GetTotal() >= g.GetMinScore() {
				grade = g.GetId()
			}
		}
		require.Equal(t, grade, listed.GetGrade())
	}
}

func byHand(indicator *assessmentv1.Indicator, figure *typev1.Figure) float64 {
	if figure.GetDenominator() == 0 {
		if indicator.GetAbsent() == assessmentv1.Absent_ABSENT_FULL {
			return indicator.GetPoints()
		}
		return 0
	}
	share := float64(figure.GetNumerator()) / float64(figure.GetDenominator())
	part := (share - indicator.GetZeroAt()) / (indicator.GetFullAt() - indicator.GetZeroAt())
	return indicator.GetPoints() * min(max(part, 0), 1)
}

func askFigure(t *testing.T, conn grpc.ClientConnInterface, unit, period, measure string) *typev1.Figure {
	t.Helper()
	var figures []*typev1.Figure
	var err error
	switch service, _, _ := strings.Cut(measure, "."); service {
	case "network":
		req := &networkv1.ListFiguresRequest{Root: county, Units: []string{unit}, Period: period, Measures: []string{measure}}
		var answer *networkv1.ListFiguresResponse
		answer, err = networkv1.NewFigureServiceClient(conn).ListFigures(t.Context(), req)
		figures = answer.GetFigures()
	case "risk":
		req := &riskv1.ListFiguresRequest{Root: county, Units: []string{unit}, Period: period, Measures: []string{measure}}
		var answer *riskv1.ListFiguresResponse
		answer, err = riskv1.NewFigureServiceClient(conn).ListFigures(t.Context(), req)
		figures = answer.GetFigures()
	case "warning":
		req := &warningv1.ListFiguresRequest{Root: county, Units: []string{unit}, Period: period, Measures: []string{measure}}
		var answer *warningv1.ListFiguresResponse
		answer, err = warningv1.NewFigureServiceClient(conn).ListFigures(t.Context(), req)
		figures = answer.GetFigures()
	default:
		t.Fatalf("no service measures %s", measure)
	}
	require.NoError(t, err)
	require.Len(t, figures, 1)
	return figures[0]
}

// trace reads every record that a figure of a round names.
func trace(t *testing.T, a *assessed) {
	t.Helper()
	conn, seen := a.As("administrator", suitetest.City), map[string]int{}
	for _, unit := range []string{diligent, idle} {
		for _, item := range scoreOf(t, a.reviewer, a.round, unit).GetItems() {
			if item.GetIndicator() != "tip_quality" { // an officer stands for the tips that it must not lead to
				require.Len(t, item.GetFigure().GetRecords(), int(item.GetFigure().GetDenominator()))
			}
			for _, name := range item.GetFigure().GetRecords() {
				collection, _, _ := strings.Cut(name, "/")
				require.Equal(t, name, readRecord(t, conn, collection, name))
				seen[collection]++
			}
		}
	}
	require.Equal(t, map[string]int{"reports": 2, "officers": 1, "riskPoints": 4, "warnings": 2}, seen)
}

// readRecord reads a record through the public API and returns the name it has there.
func readRecord(t *testing.T, conn grpc.ClientConnInterface, collection, name string) string {
	t.Helper()
	var found interface{ GetName() string }
	read := map[string]func(context.Context) error{
		"reports": func(ctx context.Context) error {
			answer, err := networkv1.NewReportServiceClient(conn).GetReport(ctx, &networkv1.GetReportRequest{Name: name})
			found = answer
			return err
		},
		"officers": func(ctx context.Context) error {
			answer, err := networkv1.NewOfficerServiceClient(conn).GetOfficer(ctx, &networkv1.GetOfficerRequest{Name: name})
			found = answer
			return err
		},
		"riskPoints": func(ctx context.Context) error {
			answer, err := riskv1.NewRiskPointServiceClient(conn).GetRiskPoint(ctx, &riskv1.GetRiskPointRequest{Name: name})
			found = answer
			return err
		},
		"warnings": func(ctx context.Context) error {
			answer, err := warningv1.NewWarningServiceClient(conn).GetWarning(ctx, &warningv1.GetWarningRequest{Name: name})
			found = answer
			return err
		},
	}[collection]
	require.NotNil(t, read, "no API reads %s", name)
	require.NoError(t, read(t.Context()), name)
	return found.GetName()
}

func TestT24_OneRoundForAPeriodThatHasBegunAndIsClosedAfterIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	rounds := assessmentv1.NewRoundServiceClient(s.As("reviewer", county))
	ask := func(period string) (*assessmentv1.Round, error) {
		return rounds.CreateRound(t.Context(), &assessmentv1.CreateRoundRequest{
			Unit: county, Title: "季度考核", Period: period, UnitLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP},
		})
	}
	_, err := ask("2027-Q1")
	suitetest.RequireFieldFaults(t, err, map[string]string{"period": "FUTURE"})
	first, err := ask("2026-Q4")
	require.NoError(t, err, "it runs")
	_, err = ask("2026-Q4")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ROUND_EXISTS")
	require.Equal(t, first.GetName(), suitetest.Metadata(err)["round"])
	require.ErrorContains(t, err, first.GetTitle())
	month, err := ask("2026-11")
	require.NoError(t, err)
	listed, err := rounds.ListRounds(t.Context(), &assessmentv1.ListRoundsRequest{Unit: county, Period: "2026-11"})
	require.NoError(t, err)
	require.Len(t, listed.GetRounds(), 1)
	require.Equal(t, month.GetName(), listed.GetRounds()[0].GetName())

	scored := score(t, rounds, first)
	end := func(round *assessmentv1.Round) error {
		_, err := rounds.CloseRound(t.Context(), &assessmentv1.CloseRoundRequest{Name: round.GetName(), Etag: round.GetEtag()})
		return err
	}
	suitetest.RequireRefused(t, end(scored), codes.FailedPrecondition, "SCORED_TOO_EARLY")
	s.Clock.Advance(60 * 24 * time.Hour) // the first of January
	suitetest.RequireRefused(t, end(scored), codes.FailedPrecondition, "SCORED_TOO_EARLY")
	scored = score(t, rounds, scored)
	require.NoError(t, end(scored))
	_, err = rounds.DeleteRound(t.Context(), &assessmentv1.DeleteRoundRequest{Name: first.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	score(t, rounds, month)
	_, err = rounds.DeleteRound(t.Context(), &assessmentv1.DeleteRoundRequest{Name: month.GetName()})
	require.NoError(t, err)
	_, err = ask("2026-11")
	require.NoError(t, err, "one opened by mistake makes room")
}
