package analyses

import (
	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// defaultLeastTold is the fewest tips that a number tells where the scheme does not say, as of source roles (ADR 043).
const defaultLeastTold = 3

// told is an analysis as it is told to a caller: whole to who may read tips, and to others without small numbers nor those that
// these could be reckoned from.
func told(analysis *warningv1.Analysis, mayRead bool) (*warningv1.Analysis, error) {
	if mayRead || analysis == nil {
		return analysis, nil
	}
	period, err := calendar.ParsePeriod(analysis.GetPeriod())
	if err != nil {
		return nil, err
	}
	a, _ := proto.Clone(analysis).(*warningv1.Analysis)
	least := int64(a.GetLeastTold())
	s := newSuppression(least, a, period)
	for _, f := range a.GetFaults() {
		findings.LeaveOut(findings.SmallNumbers(least, f.GetCount(), period))
	}
	findings.LeaveOut(s.numbers())
	return a, nil
}
