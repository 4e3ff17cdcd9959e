// Package scoring is the arithmetic of scores: the points of an indicator, their sum and its grade (T24, T26).
package scoring

import (
	"math/big"
	"strconv"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Points are counted in whole hundredths and shares as fractions, so that a score is exactly what an office gets that
// computes it by hand from the scheme's decimals; binary fractions would round some halves down.

// given are the hundredths of a point that an indicator gives for a figure.
func given(indicator *assessmentv1.Indicator, figure *typev1.Figure) int64 {
	full := hundredths(decimal(indicator.GetPoints()))
	if figure.GetDenominator() == 0 {
		if indicator.GetAbsent() == assessmentv1.Absent_ABSENT_FULL {
			return full
		}
		return 0
	}
	share := big.NewRat(figure.GetNumerator(), figure.GetDenominator())
	zero, top := decimal(indicator.GetZeroAt()), decimal(indicator.GetFullAt())
	switch {
	case share.Cmp(zero) <= 0:
		return 0
	case share.Cmp(top) >= 0:
		return full
	}
	part := new(big.Rat).Quo(share.Sub(share, zero), top.Sub(top, zero))
	return hundredths(part.Mul(part, decimal(indicator.GetPoints())))
}

// gradeOf is the first grade whose lowest score a total, in hundredths, reaches: the last one has 0.
func gradeOf(grades []*assessmentv1.Grade, total int64) *assessmentv1.Grade {
	for _, g := range grades {
		if g.GetMinScore() <= Of(total) {
			return g
		}
	}
	return grades[len(grades)-1]
}

// Score scores one unit by a scheme; figure finds the figure of a measure.
func Score(
	scheme *assessmentv1.Scheme, round, unit string, figure func(measure string) *typev1.Figure,
) *assessmentv1.Score {
	score := &assessmentv1.Score{Round: round, Unit: unit}
	var total int64
	for _, indicator := range scheme.GetIndicators() {
		found := figure(indicator.GetMeasure())
		part := given(indicator, found)
		total += part
		score.Items = append(score.Items, &assessmentv1.ScoreItem{
			Indicator: indicator.GetId(), Title: indicator.GetTitle(),
			Points: Of(part), FullPoints: indicator.GetPoints(), Figure: found,
		})
	}
	grade := gradeOf(scheme.GetGrades(), total)
	score.Total, score.Grade, score.GradeTitle = Of(total), grade.GetId(), grade.GetTitle()
	return score
}

// decimal is the number that a double was written as: 0.6 is three fifths.
func decimal(x float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', -1, 64))
	if !ok {
		return new(big.Rat) // unreachable: the proto's rules allow finite numbers only
	}
	return r
}

// hundredths rounds to whole hundredths, half up.
func hundredths(x *big.Rat) int64 {
	doubled := new(big.Rat).Mul(x, big.NewRat(200, 1))
	doubled.Add(doubled, big.NewRat(1, 1))
	return new(big.Int).Div(doubled.Num(), new(big.Int).Mul(doubled.Denom(), big.NewInt(2))).Int64()
}

// Of are the points that so many hundredths are.
func Of(hundredths int64) float64 { return float64(hundredths) / 100 }
