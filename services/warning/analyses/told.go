package analyses

import (
	"context"

	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// defaultLeastTold is the fewest tips that a number tells where the scheme does not say, as of source roles (ADR 043).
const defaultLeastTold = 3

// mayReadTips tells whether the caller is one of those who learn from tips themselves what small numbers would tell of them.
func mayReadTips(ctx context.Context, d access.Directory) (bool, error) {
	return access.Holds(ctx, d, "network.tips.read")
}

// told is an analysis as it is told to a caller: whole to who may read tips, and to others without small numbers.
func told(analysis *warningv1.Analysis, mayRead bool) *warningv1.Analysis {
	if mayRead || analysis == nil {
		return analysis
	}
	a, _ := proto.Clone(analysis).(*warningv1.Analysis)
	least := int64(a.GetLeastTold())
	floor := func(numbers ...*int64) {
		for _, n := range numbers {
			if *n < least {
				*n = 0
			}
		}
	}
	floorCount := func(c *warningv1.AreaCount) {
		floor(&c.Tips, &c.Previous, &c.Urgent)
		for i := range c.GetMonths() {
			floor(&c.Months[i])
		}
	}
	floor(&a.Tips)
	for _, c := range a.GetCounts() {
		floorCount(c)
	}
	for _, f := range a.GetFindings() {
		floorCount(f.GetCount())
	}
	for _, f := range a.GetFaults() {
		floorCount(f.GetCount())
	}
	for _, m := range a.GetMonths() {
		floor(&m.Received, &m.Returned, &m.Urgent, &m.Unfounded)
	}
	for _, t := range append(a.GetChannels(), a.GetSourceRoles()...) {
		floor(&t.Tips)
	}
	return a
}
