package analyses

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// maxCountsBytes is how many bytes of counts an analysis may hold, so that it fits into one answer; of a whole country there
// may be more.
const maxCountsBytes = 1 << 20

// maxFindings is how many findings an analysis makes at most, more than anybody looks through.
const maxFindings = 10_000

// maxFaults is how many faults of criteria an analysis names: they are much alike.
const maxFaults = 1000

// truncate leaves out of an analysis what is more than an answer holds: the counts with the fewest tips, and faults beyond the
// first. Of findings, those that are least grave. It says how many it left out.
func truncate(o *outcome) {
	a := o.analysis
	named := min(len(a.GetFaults()), maxFaults)
	a.Faults, a.FaultsLeftOut = a.Faults[:named], int32(len(a.Faults)-named)
	kept := min(len(o.findings), maxFindings)
	a.Findings, a.FindingsLeftOut = int32(kept), int32(len(o.findings)-kept)
	o.findings = o.findings[:kept]
	if countFitting(a.GetCounts(), maxCountsBytes) == len(a.GetCounts()) {
		return
	}
	slices.SortStableFunc(a.Counts, func(x, y *warningv1.AreaCount) int { return cmp.Compare(y.GetTips(), x.GetTips()) })
	kept = countFitting(a.GetCounts(), maxCountsBytes)
	a.Counts, a.CountsLeftOut = a.Counts[:kept], int32(len(a.Counts)-kept)
	slices.SortFunc(a.Counts, compareCounts)
}

// countFitting is how many messages of a list take no more than so many bytes together.
func countFitting[M proto.Message](list []M, bytes int) int {
	const frame = 4 // tag and length of each
	for i, m := range list {
		if bytes -= proto.Size(m) + frame; bytes < 0 {
			return i
		}
	}
	return len(list)
}
