package findings

import (
	"context"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// MayReadTips tells whether the caller is one of those who learn from tips themselves what small numbers would tell of them.
func MayReadTips(ctx context.Context, d access.Directory) (bool, error) {
	return access.Holds(ctx, d, "network.tips.read")
}

// Floor leaves numbers out that are below the least told.
func Floor(least int64, numbers ...*int64) {
	for _, n := range numbers {
		if *n < least {
			*n = 0
		}
	}
}

// FloorCount leaves such numbers out of a count.
func FloorCount(least int64, c *warningv1.AreaCount) {
	Floor(least, &c.Tips, &c.Previous, &c.Urgent)
	for i := range c.GetMonths() {
		Floor(least, &c.Months[i])
	}
}

// floor leaves out of a finding what tells of few tips. How many units exceed and how months compare tells of no tip.
func floor(f *warningv1.Finding) {
	least := int64(f.GetLeastTold())
	FloorCount(least, f.GetCount())
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
