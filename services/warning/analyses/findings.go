package analyses

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
)

// analyse adds up the series of a period's tips that are handled in a unit's subtree or are about what lies below it on the
// system line, and holds the counts against its ladder (C12, C15). Its time is that before reading: what comes in meanwhile may
// be left out.
func (s *Server) analyse(ctx context.Context, unit *networkv1.Unit, period calendar.Period) (*warningv1.Analysis, error) {
	scheme, start := &warningv1.Scheme{}, s.store.Clock.Now()
	if err := schemes.Effective(ctx, s.store, access.PathIDs(unit), clock.Today(s.store.Clock), scheme); err != nil {
		return nil, err
	}
	places, err := s.placesBelow(ctx, unit, scheme.GetFindingLevels())
	if err != nil {
		return nil, err
	}
	sums, err := s.readSeries(ctx, unit.GetName(), period, places)
	if err != nil {
		return nil, err
	}
	roles, err := s.readRoles(ctx, unit.GetName(), period)
	if err != nil {
		return nil, err
	}
	analysis := &warningv1.Analysis{
		Name: analysisName(unit, period), Unit: unit.GetName(), Period: period.String(), SchemeVersion: schemes.Version(scheme),
		Counts: sums.list(), Months: sums.months, Channels: termSums(sums.channels), SourceRoles: roles, Tips: sums.tips,
		LeastTold: cmp.Or(scheme.GetLeastTold(), defaultLeastTold), RunTime: timestamppb.New(start),
	}
	if err := findFindings(scheme, analysis, func(other string) bool {
		return places.levelled[other] && other != unit.GetName() // nobody warns themselves
	}); err != nil {
		return nil, err
	}
	truncate(analysis)
	return analysis, nil
}

// findFindings holds the counts of units that may be warned against the ladder: each gives one finding at most, of the gravest
// warning level it meets. The gravest come first, and of one warning level those with the most tips. A criterion that fails for a
// count is noted, and keeps nothing else back.
func findFindings(
	scheme *warningv1.Scheme, analysis *warningv1.Analysis, mayBeWarned func(unit string) bool,
) error {
	ladder, err := criteria.Compile(scheme)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(analysis.GetCounts()), func(c *warningv1.AreaCount) bool {
		return !mayBeWarned(c.GetUnit())
	})
	slices.SortStableFunc(rest, func(a, b *warningv1.AreaCount) int { return cmp.Compare(b.GetTips(), a.GetTips()) })
	for _, c := range ladder {
		var left []*warningv1.AreaCount
		for _, count := range rest {
			met, err := c.Met(count)
			if err != nil {
				analysis.Faults = append(analysis.Faults, &warningv1.CriterionFault{
					WarningLevel: c.WarningLevel.GetId(), Criterion: c.WarningLevel.GetCriterion(), Count: count,
					Cause: err.Error(),
				})
			}
			if !met {
				left = append(left, count)
				continue
			}
			analysis.Findings = append(analysis.Findings, &warningv1.Finding{
				Id: resource.ID(count.GetUnit()) + "-" + count.GetSubjectArea(), Count: count,
				WarningLevel: c.WarningLevel.GetId(), Criterion: c.WarningLevel.GetCriterion(),
			})
		}
		rest = left
	}
	return nil
}
