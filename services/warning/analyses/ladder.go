package analyses

import (
	"cmp"
	"context"
	"maps"
	"slices"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// climb is one holding of counts against a ladder.
type climb struct {
	scheme   *warningv1.Scheme
	ladder   criteria.Ladder
	analysis *warningv1.Analysis
	period   calendar.Period
	// units are those that something may be found about, in order.
	units []string
	// found are the classes that were found of a unit and area or, without area, of any of its areas.
	found  func(*warningv1.AreaCount) map[string]bool
	before findings.Before
	of     func(unit string) *typev1.Circumstances
}

// onLadder holds the counts of units that something may be found about against the ladder, and these units as a whole. It asks
// for what the criteria name and nobody has said yet; where it can't, it fails: nothing is found by half of what is known.
func (s *Server) onLadder(ctx context.Context, c *climb, asked *circumstances.Asked) ([]*warningv1.Finding, error) {
	areas, wholes := c.areas(), c.wholes()
	for _, one := range []struct {
		counts   []*warningv1.AreaCount
		criteria []criteria.Criterion
	}{{areas, c.ladder.Area}, {wholes, c.ladder.Unit}} {
		if err := asked.About(ctx, unitsOf(one.counts), criteria.NeedsOf(one.criteria)); err != nil {
			return nil, err
		}
	}
	silence := most(c.scheme.GetWarningLevels(), (*warningv1.WarningLevel).GetSilenceDays)
	var err error
	if c.before, err = findings.FoundBefore(ctx, s.store, c.analysis.GetUnit(), c.period, silence); err != nil {
		return nil, err
	}
	c.of = asked.Of
	return c.findAll(areas, wholes), nil
}

// findAll are the findings, the gravest first.
func (c *climb) findAll(areas, wholes []*warningv1.AreaCount) []*warningv1.Finding {
	found := append(c.find(c.ladder.Area, areas), c.find(c.ladder.Unit, wholes)...)
	slices.SortStableFunc(found, func(a, b *warningv1.Finding) int {
		return cmp.Compare(c.gravity(b.GetWarningLevel()), c.gravity(a.GetWarningLevel()))
	})
	return found
}

// gravity is where a level stands on the ladder.
func (c *climb) gravity(level string) int {
	return slices.IndexFunc(c.scheme.GetWarningLevels(), func(l *warningv1.WarningLevel) bool { return l.GetId() == level })
}

// areas are the counts by unit and area, those with the most tips first.
func (c *climb) areas() []*warningv1.AreaCount {
	counts := slices.DeleteFunc(slices.Clone(c.analysis.GetCounts()), func(count *warningv1.AreaCount) bool {
		_, may := slices.BinarySearch(c.units, count.GetUnit())
		return !may
	})
	return byTips(counts)
}

// wholes are the counts of units over all areas, also of those about which no tip is; none where no criterion asks for them.
func (c *climb) wholes() []*warningv1.AreaCount {
	if len(c.ladder.Unit) == 0 {
		return nil
	}
	sums := make(map[string]*warningv1.AreaCount, len(c.units))
	counts := make([]*warningv1.AreaCount, len(c.units))
	for i, unit := range c.units {
		counts[i] = &warningv1.AreaCount{Unit: unit, Months: make([]int64, windowMonths)}
		sums[unit] = counts[i]
	}
	for _, count := range c.analysis.GetCounts() {
		if sum := sums[count.GetUnit()]; sum != nil {
			addCount(sum, count)
		}
	}
	return byTips(counts)
}

func byTips(counts []*warningv1.AreaCount) []*warningv1.AreaCount {
	slices.SortStableFunc(counts, func(a, b *warningv1.AreaCount) int { return cmp.Compare(b.GetTips(), a.GetTips()) })
	return counts
}

func unitsOf(counts []*warningv1.AreaCount) []string {
	units := map[string]bool{}
	for _, count := range counts {
		units[count.GetUnit()] = true
	}
	return slices.Sorted(maps.Keys(units))
}

// find holds counts against criteria, of which the gravest comes first: each gives one finding at most, of the gravest level it
// meets, unless that is silent. Of one level those with the most tips come first. A criterion that fails for a count is noted,
// and keeps nothing else back.
func (c *climb) find(list []criteria.Criterion, rest []*warningv1.AreaCount) (found []*warningv1.Finding) {
	for _, criterion := range list {
		var left []*warningv1.AreaCount
		for _, count := range rest {
			met, err := criterion.Met(count, c.found(count), c.of(count.GetUnit()))
			if err != nil {
				c.analysis.Faults = append(c.analysis.Faults, &warningv1.CriterionFault{
					WarningLevel: criterion.WarningLevel.GetId(), Criterion: criterion.Text, Count: count, Cause: err.Error(),
				})
			}
			if !met {
				left = append(left, count)
				continue
			}
			f := &warningv1.Finding{Count: count, WarningLevel: criterion.WarningLevel.GetId(), Criterion: criterion.Text}
			if c.before.SilentOn(c.scheme.GetWarningLevels(), f, c.period) {
				c.analysis.Silent++
				continue
			}
			f.WithoutTips = count.GetSubjectArea() == "" && c.metWithoutTips(criterion, count.GetUnit())
			found = append(found, f)
		}
		rest = left
	}
	return found
}

// metWithoutTips tells whether a unit as a whole would meet a criterion if no tip were about it.
func (c *climb) metWithoutTips(criterion criteria.Criterion, unit string) bool {
	none := &warningv1.AreaCount{Months: make([]int64, windowMonths)}
	met, err := criterion.Met(none, c.found(none), c.of(unit))
	return err == nil && met
}
