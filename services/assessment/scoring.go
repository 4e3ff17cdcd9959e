package assessment

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ScoreRound scores every unit of a round from live figures. The other services are asked before the transaction begins:
// within it, the round would stay locked for as long as they take.
func (s *rounds) ScoreRound(ctx context.Context, req *assessmentv1.ScoreRoundRequest) (*assessmentv1.Round, error) {
	round, err := s.findRound(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	batches, refused := s.computeScores(ctx, req, round)
	return record.Act(ctx, s.store, req, lockForAct("score"), func(ctx context.Context, c *lockedRound) (*assessmentv1.Round, error) {
		if refused != nil {
			return nil, refused // only here, so that a request repeated after the round has moved on gets its first answer
		}
		scheme := &assessmentv1.Scheme{}
		if err := schemes.ByVersion(ctx, c.tx, c.round.GetSchemeVersion(), scheme); err != nil {
			return nil, err
		}
		for _, batch := range batches {
			batch.RoundKey = c.row.RoundKey
			if err := db.New(c.tx).SaveScores(ctx, batch); err != nil {
				return nil, err
			}
		}
		c.round.ScoreTime, c.round.Grades = timestamppb.New(c.tx.Now()), countGrades(scheme, batches)
		return c.round, nil
	})
}

// computeScores computes the scores of all units that take part, in the batches in which they are asked about and stored. Nobody
// is asked for a round that can't be scored.
func (s *rounds) computeScores(
	ctx context.Context,
	req *assessmentv1.ScoreRoundRequest,
	round *assessmentv1.Round,
) ([]db.SaveScoresParams, error) {
	if err := transition(round, req, "score"); err != nil {
		return nil, err
	}
	scheme := &assessmentv1.Scheme{}
	if err := schemes.ByVersion(ctx, s.store, round.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	ids, err := db.New(s.store).ListRoundUnits(ctx, resource.ID(round.GetName()))
	if err != nil {
		return nil, err
	}
	q := query{root: round.GetUnit(), period: round.GetPeriod(), measures: measuresOf(scheme)}
	var batches []db.SaveScoresParams
	for part := range slices.Chunk(ids, unitsPerCall) {
		batch, err := s.scoreBatch(ctx, q, scheme, round.GetName(), part)
		if err != nil {
			return nil, err
		}
		batches = append(batches, batch)
	}
	return batches, nil
}

// scoreBatch asks for the figures of some units, given by id, and scores them.
func (s *rounds) scoreBatch(
	ctx context.Context, q query, scheme *assessmentv1.Scheme, round string, ids []string,
) (db.SaveScoresParams, error) {
	q.units = make([]string, len(ids))
	for i, id := range ids {
		q.units[i] = resource.Name(resource.Units, id)
	}
	batch := db.SaveScoresParams{UnitIds: ids}
	figures, err := s.sources.figures(ctx, q)
	if err != nil {
		return batch, err
	}
	for _, unit := range q.units {
		score := scoreUnit(scheme, round, unit, func(measure string) *typev1.Figure { return figures[figureKey{unit, measure}] })
		body, err := document.Encode(score.Score)
		if err != nil {
			return batch, err
		}
		batch.Hundredths = append(batch.Hundredths, int32(score.hundredths))
		batch.Grades = append(batch.Grades, score.GetGrade())
		batch.Bodies = append(batch.Bodies, body)
	}
	return batch, nil
}

// countGrades counts the units of every grade of the scheme, those that none has included.
func countGrades(scheme *assessmentv1.Scheme, batches []db.SaveScoresParams) []*assessmentv1.GradeCount {
	counts := make([]*assessmentv1.GradeCount, len(scheme.GetGrades()))
	for i, grade := range scheme.GetGrades() {
		counts[i] = &assessmentv1.GradeCount{Grade: grade.GetId(), Title: grade.GetTitle()}
		for _, batch := range batches {
			for _, id := range batch.Grades {
				if id == grade.GetId() {
					counts[i].Units++
				}
			}
		}
	}
	return counts
}
