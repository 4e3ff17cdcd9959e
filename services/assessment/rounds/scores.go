package rounds

import (
	"context"
	"errors"
	"math"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/scoring"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// GetScore reads the score of a unit within the caller's reach. A unit out of reach is refused as one that is not in the round.
func (s *Server) GetScore(ctx context.Context, req *assessmentv1.GetScoreRequest) (*assessmentv1.Score, error) {
	round, err := s.closed.Look(ctx, req.GetRound())
	if err != nil {
		return nil, err
	}
	if err := access.RequireEver(ctx, s.directory, req.GetUnit(), req.GetUnit()); err != nil {
		return nil, onUnit(err)
	}
	body, err := db.New(s.rounds.Store).GetScore(ctx, db.GetScoreParams{
		Region: round.Region, RoundKey: round.Key, UnitID: resource.ID(req.GetUnit()),
	})
	if err := document.NotFoundAs(err, req.GetUnit()); err != nil {
		return nil, onUnit(err)
	}
	return document.DecodeNamed[*assessmentv1.Score](body, req.GetRound()+" "+req.GetUnit())
}

// onUnit has what was not found name its field.
func onUnit(err error) error {
	var unknown *fault.Fault
	if fault.IsNotFound(err) && errors.As(err, &unknown) {
		return unknown.OnField("unit")
	}
	return err
}

// cursor is a place in the list of a round's scores. The rank is the total in hundredths, negated: the best first.
type cursor struct {
	Rank int32
	Unit string
}

// ListScores lists the scores of a round, the best first.
func (s *Server) ListScores(ctx context.Context, req *assessmentv1.ListScoresRequest) (*assessmentv1.ListScoresResponse, error) {
	round, err := s.rounds.Look(ctx, req.GetRound())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{Rank: math.MinInt32})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.rounds.Store).ListScores(ctx, db.ListScoresParams{
		Region: round.Region, RoundKey: round.Key, AfterRank: p.Cursor.Rank, AfterUnit: p.Cursor.Unit, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListScoresRow) cursor { return cursor{-r.Hundredths, r.UnitID} },
		func(r db.ListScoresRow) (*assessmentv1.Score, error) {
			return briefScore(round.Record, r.UnitID, r.Hundredths, r.Grade), nil
		})
	return &assessmentv1.ListScoresResponse{Scores: list, NextPageToken: next}, err
}

// briefScore is a score without its items; the round names its grades.
func briefScore(round *assessmentv1.Round, unitID string, hundredths int32, grade string) *assessmentv1.Score {
	score := &assessmentv1.Score{
		Round: round.GetName(), Unit: resource.Name(resource.Units, unitID),
		Total: scoring.Of(int64(hundredths)), Grade: grade,
	}
	for _, count := range round.GetGrades() {
		if count.GetGrade() == grade {
			score.GradeTitle = count.GetTitle()
		}
	}
	return score
}
