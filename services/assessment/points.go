package assessment

import (
	"math/big"
	"strconv"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Points are counted in whole hundredths and shares as fractions, so that a score is exactly what an office gets that
// computes it by hand from the scheme's decimals; binary fractions would round some halves down.

// points are the hundredths of a point that an indicator gives for a figure.
func points(indicator *assessmentv1.Indicator, figure *typev1.Figure) int64 {
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
		if g.GetMinScore() <= pointsOf(total) {
			return g
		}
	}
	return grades[len(grades)-1]
}

// figureOf finds the figure of a measure.
type figureOf func(measure string) *typev1.Figure

// unitScore is the score of one unit, and its total in hundredths.
type unitScore struct {
	*assessmentv1.Score

	hundredths int64
}

// scoreUnit scores one unit by a scheme.
func scoreUnit(scheme *assessmentv1.Scheme, round, unit string, figure figureOf) unitScore {
	score := &assessmentv1.Score{Round: round, Unit: unit}
	var total int64
	for _, indicator := range scheme.GetIndicators() {
		found := figure(indicator.GetMeasure())
		given := points(indicator, found)
		total += given
		score.Items = append(score.Items, &assessmentv1.ScoreItem{
			Indicator: indicator.GetId(), Title: indicator.GetTitle(),
			Points: pointsOf(given), FullPoints: indicator.GetPoints(), Figure: found,
		})
	}
	grade := gradeOf(scheme.GetGrades(), total)
	score.Total, score.Grade, score.GradeTitle = pointsOf(total), grade.GetId(), grade.GetTitle()
	return unitScore{Score: score, hundredths: total}
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

func pointsOf(hundredths int64) float64 { return float64(hundredths) / 100 }

// twoDecimals tells whether a number has at most two decimals.
func twoDecimals(x float64) bool { return new(big.Rat).Mul(decimal(x), big.NewRat(100, 1)).IsInt() }
