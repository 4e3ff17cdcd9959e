package tour

import (
	"context"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// assess scores and grades the townships (T24, T26). The month still runs, so that the round stays open.
func (t *Tour) assess(ctx context.Context) error {
	client := assessmentv1.NewRoundServiceClient(t.GRPC(as("reviewer", City)))
	created, err := client.CreateRound(ctx, &assessmentv1.CreateRoundRequest{
		Unit: City, Title: "演示：乡镇预警工作考核", Period: t.summary.Period,
		UnitLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP}, RequestId: t.id("round"),
	})
	if err != nil {
		return err
	}
	t.summary.Round = created.GetName()
	scored, err := client.ScoreRound(ctx, &assessmentv1.ScoreRoundRequest{Name: t.summary.Round, RequestId: t.id("score")})
	if err != nil {
		return err
	}
	t.say("%d townships scored from live figures and graded", scored.GetUnits())
	score, err := assessmentv1.NewRoundServiceClient(t.HTTP(as("reviewer", City))).GetScore(ctx, &assessmentv1.GetScoreRequest{
		Round: t.summary.Round, Unit: Township,
	})
	if err != nil {
		return err
	}
	t.summary.Score, t.summary.Grade = score.GetTotal(), score.GetGrade()
	for _, item := range score.GetItems() {
		t.summary.Traced += len(item.GetFigure().GetRecords())
		t.say("%s: %.2f of %.2f points, %d of %d records", item.GetTitle().GetEn(), item.GetPoints(), item.GetFullPoints(),
			item.GetFigure().GetNumerator(), item.GetFigure().GetDenominator())
	}
	t.say("%s: %.2f points, %s", Township, score.GetTotal(), score.GetGradeTitle().GetEn())
	return nil
}
