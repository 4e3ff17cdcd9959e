package analyses

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
)

func TestAnalysisFitsIntoOneResponse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	o := &outcome{analysis: &warningv1.Analysis{}}
	a := o.analysis
	for i := range 40000 {
		c := &warningv1.AreaCount{Unit: "units/" + long, SubjectArea: long, Tips: int64(i), Previous: 1 << 40, Urgent: int64(i)}
		a.Counts = append(a.Counts, c)
		o.findings = append(o.findings, &warningv1.Finding{Count: c, WarningLevel: "blue", Criterion: long})
	}
	truncate(o)
	assert.Less(t, proto.Size(a), server.MaxMessage)
	assert.Equal(t, 40000, len(a.GetCounts())+int(a.GetCountsLeftOut()))
	assert.Len(t, o.findings, int(a.GetFindings()))
	assert.Equal(t, 40000, len(o.findings)+int(a.GetFindingsLeftOut()))
	assert.EqualValues(t, 0, o.findings[0].GetCount().GetTips(), "findings come with the gravest first")
	for _, c := range a.GetCounts() {
		assert.GreaterOrEqual(t, c.GetTips(), int64(a.GetCountsLeftOut()))
	}
	small := &warningv1.Analysis{Counts: a.GetCounts()[:2]}
	truncate(&outcome{analysis: small, findings: o.findings[:2]})
	assert.Len(t, small.GetCounts(), 2)
	assert.Zero(t, small.GetCountsLeftOut()+small.GetFindingsLeftOut())
}
