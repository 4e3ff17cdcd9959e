package grading

import (
	"fmt"
	"math"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// score is the weighted sum of points, rounded to 2 decimals, halves up.
func score(s *riskv1.Scheme, points func(*riskv1.Factor) int32) float64 {
	var sum float64
	for _, factor := range s.GetFactors() {
		sum += float64(points(factor)) * factor.GetWeight()
	}
	// Weights are decimals to whoever set them: the inner rounding drops what binary fractions added, so that 3 × 0.335
	// gives 1.01 as it does by hand.
	return math.Round(math.Round(sum*1e6)/1e4) / 100
}

// gradeOfScore is the first grade whose lowest score is reached; the last is by every score.
func gradeOfScore(s *riskv1.Scheme, score float64) string {
	grades := s.GetGrades()
	for i, least := range s.GetWeighted().GetMinScores() {
		if least <= score {
			return grades[i].GetId()
		}
	}
	return grades[len(grades)-1].GetId()
}

// checkWeighted wants every factor to weigh something, and the lowest scores to fall to 0, so that every score has a grade, and
// to lie where points lead.
func checkWeighted(faults *fault.Fields, s *riskv1.Scheme) {
	const field = "scheme.weighted.min_scores"
	for i, factor := range s.GetFactors() {
		if factor.GetWeight() == 0 {
			faults.Add(fmt.Sprintf("scheme.factors[%d].weight", i), words.WeightZero())
		}
	}
	scores := s.GetWeighted().GetMinScores()
	if !checkCount(faults, field, len(scores), len(s.GetGrades())) {
		return
	}
	lowest, highest := score(s, func(*riskv1.Factor) int32 { return 1 }), score(s, (*riskv1.Factor).GetMaxPoints)
	for i, least := range scores {
		at := fmt.Sprintf("%s[%d]", field, i)
		falls := i == 0 || least < scores[i-1]
		ends := i < len(scores)-1 || least == 0
		above := i > 0 && scores[i-1] <= lowest // every score has a graver grade
		switch {
		case !falls || !ends:
			faults.Add(at, words.GradesOrder())
		case above || least > highest:
			faults.Add(at, words.GradeUnreachable(decimal(lowest), decimal(highest)))
		}
	}
}

func decimal(score float64) string { return strconv.FormatFloat(score, 'f', -1, 64) }
