package scoring

import (
	"math/big"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// CheckIndicator wants points of two decimals, or the rounded points could exceed the full ones, and full points above the share
// that gives none.
func CheckIndicator(faults *fault.Fields, field string, indicator *assessmentv1.Indicator) {
	if !new(big.Rat).Mul(decimal(indicator.GetPoints()), big.NewRat(100, 1)).IsInt() {
		faults.Add(field+".points", words.TwoDecimals())
	}
	if indicator.GetFullAt() <= indicator.GetZeroAt() {
		faults.Add(field+".full_at", words.FullAboveZero())
	}
}

// CheckGrades wants each grade to begin below the one before it, and the last at 0, so that every score has a grade.
func CheckGrades(faults *fault.Fields, field string, grades []*assessmentv1.Grade) {
	falls := len(grades) > 0 && grades[len(grades)-1].GetMinScore() == 0
	for i := 1; i < len(grades); i++ {
		falls = falls && grades[i].GetMinScore() < grades[i-1].GetMinScore()
	}
	if !falls {
		faults.Add(field, words.GradesOrder())
	}
}
