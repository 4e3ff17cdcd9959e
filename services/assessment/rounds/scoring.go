package rounds

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/scoring"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ScoreRound scores every unit of a round from live figures. The other services are asked before the transaction begins.
func (s *Server) ScoreRound(ctx context.Context, req *assessmentv1.ScoreRoundRequest) (*assessmentv1.Round, error) {
	return record.Prepare(ctx, s.rounds.Store, req, func(ctx context.Context) (*results, error) {
		round, err := s.rounds.Foresee(ctx, req, score)
		if err != nil {
			return nil, err
		}
		return s.compute(ctx, round)
	}, func(ctx context.Context, results *results) (*assessmentv1.Round, error) {
		return s.rounds.Act(ctx, req, score, results.store)
	})
}

// results are the scores of all units that take part, as they are stored, in the batches in which they were asked about; and how
// many units have each grade of the scheme, those that none has included.
type results struct {
	batches [][][]byte
	grades  []*assessmentv1.GradeCount
}

// store is the rule that stores them.
func (r *results) store(ctx context.Context, c *change) error {
	c.Record.ScoreTime, c.Record.Grades = timestamppb.New(c.Now()), r.grades
	for _, bodies := range r.batches {
		batch := db.SaveScoresParams{Region: c.Region, RoundKey: c.Key, Bodies: bodies}
		if err := db.New(c).SaveScores(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// compute asks for the figures of all units that take part in a round, and scores them.
func (s *Server) compute(ctx context.Context, found *change) (*results, error) {
	round, scheme, r := found.Record, &assessmentv1.Scheme{}, &results{}
	if err := schemes.ByVersion(ctx, s.rounds.Store, round.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	for _, grade := range scheme.GetGrades() {
		r.grades = append(r.grades, &assessmentv1.GradeCount{Grade: grade.GetId(), Title: grade.GetTitle()})
	}
	ids, err := db.New(s.rounds.Store).ListRoundUnits(ctx, db.ListRoundUnitsParams{Region: found.Region, RoundKey: found.Key})
	if err != nil {
		return nil, err
	}
	q := measures.Query{Root: round.GetUnit(), Period: round.GetPeriod(), Measures: measures.Of(scheme)}
	for part := range slices.Chunk(ids, measures.UnitsPerCall) {
		q.Units = make([]string, len(part))
		for i, id := range part {
			q.Units[i] = resource.Name(resource.Units, id)
		}
		if err := s.scoreBatch(ctx, q, scheme, round.GetName(), r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// scoreBatch asks for the figures of some units and adds their scores to the results.
func (s *Server) scoreBatch(
	ctx context.Context, q measures.Query, scheme *assessmentv1.Scheme, round string, r *results,
) error {
	figures, err := s.sources.Figures(ctx, q)
	if err != nil {
		return err
	}
	bodies := make([][]byte, len(q.Units))
	for i, unit := range q.Units {
		score := scoring.Score(scheme, round, unit, func(measure string) *typev1.Figure {
			return figures[measures.Key{Unit: unit, Measure: measure}]
		})
		if bodies[i], err = document.Encode(score); err != nil {
			return err
		}
		for _, count := range r.grades {
			if count.GetGrade() == score.GetGrade() {
				count.Units++
			}
		}
	}
	r.batches = append(r.batches, bodies)
	return nil
}
