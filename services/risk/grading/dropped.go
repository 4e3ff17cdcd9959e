package grading

import (
	"context"
	"slices"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// SchemesOn reads, by the unit that has it, every scheme that holds on a day, for what goes by grades. A risk point keeps a grade
// that a later version has dropped until it is graded anew, and what was asked of that grade is asked until then: each scheme
// has, after its own grades, those that it has dropped, as they were last, and its rules ask of them what they asked then (T3,
// T5, T9, T10, T18). Nothing is graded by these.
func SchemesOn(ctx context.Context, from db.DBTX, on calendar.Date) (map[string]*riskv1.Scheme, error) {
	byUnit, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, from, on)
	if err != nil {
		return nil, err
	}
	all, err := schemes.All[*riskv1.Scheme](ctx, from)
	for _, stored := range slices.Backward(all) { // by date, so that the last one that had a grade comes first
		was := stored.Scheme
		is := byUnit[was.GetUnit()]
		if is.GetName() == was.GetName() && was.GetEffectiveFrom() < is.GetEffectiveFrom() {
			keepDropped(is, was)
		}
	}
	return byUnit, err
}

// keepDropped has a scheme keep the grades of an earlier version that it has not, and what its rules asked of them.
func keepDropped(is, was *riskv1.Scheme) {
	for _, grade := range was.GetGrades() {
		if _, has := schemes.Find(is.GetGrades(), grade.GetId()); has {
			continue
		}
		is.Grades = append(is.Grades, grade)
		keepAsked(is.GetCommitments(), was.GetCommitments(), grade.GetId())
		keepAsked(is.GetLeaderDuties(), was.GetLeaderDuties(), grade.GetId())
		keepAsked(is.GetRotations(), was.GetRotations(), grade.GetId())
	}
}

// asking is a rule that asks something of positions.
type asking interface {
	GetId() string
	GetPositions() *riskv1.PositionSelector
}

// keepAsked has rules ask of a grade what they asked before. One that names no grades asks of all.
func keepAsked[R asking](rules, before []R, grade string) {
	for _, rule := range rules {
		asks := rule.GetPositions()
		was, _ := schemes.Find(before, rule.GetId())
		if len(asks.GetGrades()) > 0 && slices.Contains(was.GetPositions().GetGrades(), grade) {
			asks.Grades = append(asks.Grades, grade)
		}
	}
}
