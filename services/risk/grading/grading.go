// Package grading grades risk points by the scheme of a body (J3, T3).
package grading

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// CheckPoints wants points for every factor of the scheme, each from 1 to its highest, and for nothing else.
func CheckPoints(faults *fault.Fields, rules *riskv1.Scheme, points map[string]int32) {
	const field = "risk_point.points"
	for _, factor := range rules.GetFactors() {
		given, ok := points[factor.GetId()]
		switch {
		case !ok:
			faults.Add(field, words.PointsMissing(factor.GetId()))
		case given < 1 || given > factor.GetMaxPoints():
			faults.Add(fmt.Sprintf("%s[%q]", field, factor.GetId()),
				words.PointsRange(factor.GetId(), strconv.Itoa(int(factor.GetMaxPoints()))))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(points)) {
		schemes.CheckKnown(faults, fmt.Sprintf("%s[%q]", field, id), id, rules.GetFactors())
	}
}

// Grade scores a risk point's points, which have been checked, by a scheme (J3, T3).
func Grade(rules *riskv1.Scheme, point *riskv1.RiskPoint) error {
	point.Score = score(rules, func(f *riskv1.Factor) int32 { return point.GetPoints()[f.GetId()] })
	point.SchemeVersion = schemes.Version(rules)
	for _, band := range rules.GetGrades() {
		if band.GetMinScore() <= point.GetScore() {
			point.Grade = band.GetId()
			return nil
		}
	}
	return fault.Precondition(words.NoGrade(strconv.FormatFloat(point.GetScore(), 'f', -1, 64)))
}

// highestScore is the score where every factor has its highest points.
func highestScore(s *riskv1.Scheme) float64 { return score(s, (*riskv1.Factor).GetMaxPoints) }

// score is the weighted sum of the points, rounded to 2 decimals, halves up.
func score(s *riskv1.Scheme, points func(*riskv1.Factor) int32) float64 {
	var sum float64
	for _, factor := range s.GetFactors() {
		sum += float64(points(factor)) * factor.GetWeight()
	}
	// Weights are decimals to whoever set them: the inner rounding drops what binary fractions added, so that 3 × 0.335
	// gives 1.01 as it does by hand.
	return math.Round(math.Round(sum*1e6)/1e4) / 100
}

// CheckGrades wants the bands to fall to 0, so that every score has a grade, and the gravest to be one that points can reach.
func CheckGrades(faults *fault.Fields, s *riskv1.Scheme) {
	grades := s.GetGrades()
	for i, grade := range grades {
		falls := i == 0 || grade.GetMinScore() < grades[i-1].GetMinScore()
		ends := i < len(grades)-1 || grade.GetMinScore() == 0
		if !falls || !ends {
			faults.Add(fmt.Sprintf("scheme.grades[%d].min_score", i), words.GradesOrder())
		}
	}
	if highest := highestScore(s); len(grades) > 0 && grades[0].GetMinScore() > highest {
		faults.Add("scheme.grades[0].min_score", words.GradeUnreachable(strconv.FormatFloat(highest, 'f', -1, 64)))
	}
}
