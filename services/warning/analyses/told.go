package analyses

import (
	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// defaultLeastTold is the fewest tips that a number tells where the scheme does not say, as of source roles (ADR 043).
const defaultLeastTold = 3

// told is an analysis as it is told to a caller: whole to who may read tips, and to others without small numbers.
func told(analysis *warningv1.Analysis, mayRead bool) *warningv1.Analysis {
	if mayRead || analysis == nil {
		return analysis
	}
	a, _ := proto.Clone(analysis).(*warningv1.Analysis)
	least := int64(a.GetLeastTold())
	findings.Floor(least, &a.Tips)
	for _, c := range a.GetCounts() {
		findings.FloorCount(least, c)
	}
	for _, f := range a.GetFaults() {
		findings.FloorCount(least, f.GetCount())
	}
	for _, m := range a.GetMonths() {
		findings.Floor(least, &m.Received, &m.Returned, &m.Urgent, &m.Unfounded)
	}
	for _, t := range append(a.GetChannels(), a.GetSourceRoles()...) {
		findings.Floor(least, &t.Tips)
	}
	return a
}
