package findings

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// MayReadTips tells whether the caller is one of those who learn from tips themselves what small numbers would tell of them.
func MayReadTips(ctx context.Context, d access.Directory) (bool, error) {
	return access.Holds(ctx, d, "network.tips.read")
}

// IsSmall says whether a number tells of tips, and of fewer than the least told.
func IsSmall(least, n int64) bool { return n > 0 && n < least }

// LeaveOut leaves numbers out.
func LeaveOut(numbers []*int64) {
	for _, n := range numbers {
		*n = 0
	}
}

// SmallNumbers are the numbers of a count in a period that are left out for who may not read tips: those that tell of fewer than
// the least told, and months from which these could be reckoned, as what the whole period has more than its other months.
func SmallNumbers(least int64, c *warningv1.AreaCount, period calendar.Period) (small []*int64) {
	for _, n := range []*int64{&c.Tips, &c.Previous, &c.Urgent} {
		if IsSmall(least, *n) {
			small = append(small, n)
		}
	}
	months := monthsIn(period)
	end := len(c.GetMonths())
	for ; end >= months; end -= months {
		small = append(small, smallMonths(least, c.Months[end-months:end])...)
	}
	return append(small, smallMonths(least, c.Months[:end])...)
}

// smallMonths are the small numbers of the months of a period and, where they could be reckoned from the others, the smallest of
// these.
func smallMonths(least int64, months []int64) (small []*int64) {
	var others []*int64
	hidden := int64(0)
	for i := range months {
		switch n := &months[i]; {
		case IsSmall(least, *n):
			small, hidden = append(small, n), hidden+*n
		case *n > 0:
			others = append(others, n)
		}
	}
	if len(small) > 0 && (len(small) == 1 || hidden < least) && len(others) > 0 {
		small = append(small, Least(others))
	}
	return small
}

// Least is the least of some numbers, the first of several.
func Least(numbers []*int64) *int64 {
	least := numbers[0]
	for _, n := range numbers[1:] {
		if *n < *least {
			least = n
		}
	}
	return least
}

// monthsIn is how many months a period has, which lies within a year.
func monthsIn(p calendar.Period) int { return int(p.Last().Month()-p.First().Month()) + 1 }

// floor leaves out of a finding what tells of few tips. How many units exceed and how months compare tells of no tip.
func floor(f *warningv1.Finding) {
	least := int64(f.GetLeastTold())
	if period, err := calendar.ParsePeriod(f.GetPeriod()); err == nil {
		LeaveOut(SmallNumbers(least, f.GetCount(), period))
	} else {
		f.Count = &warningv1.AreaCount{Unit: f.GetCount().GetUnit(), SubjectArea: f.GetCount().GetSubjectArea()}
	}
	t := f.GetTest()
	if t.GetKind() != warningv1.FindingTestKind_FINDING_TEST_KIND_JUMP {
		return
	}
	for _, n := range []*float64{&t.Statistic, &t.Expected, &t.Bound} {
		if *n < float64(least) {
			*n = 0
		}
	}
}
