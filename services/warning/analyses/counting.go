package analyses

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
)

// analyse counts the tips of a period that are handled in a unit's subtree or are about what lies below it on the system line,
// and holds the counts against its ladder (C12, C15). Its time is that before counting: what comes in meanwhile may be left out.
func (s *Server) analyse(ctx context.Context, unit *networkv1.Unit, period calendar.Period) (*warningv1.Analysis, error) {
	scheme, start := &warningv1.Scheme{}, s.store.Clock.Now()
	if err := schemes.Effective(ctx, s.store, access.PathIDs(unit), clock.Today(s.store.Clock), scheme); err != nil {
		return nil, err
	}
	places, err := s.countingUnits(ctx, unit, scheme.GetFindingLevels())
	if err != nil {
		return nil, err
	}
	now, err := s.listCounts(ctx, unit, period)
	if err != nil {
		return nil, err
	}
	before, err := s.listCounts(ctx, unit, period.Previous())
	if err != nil {
		return nil, err
	}
	if err := s.placeEnded(ctx, places, slices.Concat(now, before)); err != nil {
		return nil, err
	}
	analysis := &warningv1.Analysis{
		Name: analysisName(unit, period), Unit: unit.GetName(), Period: period.String(), SchemeVersion: schemes.Version(scheme),
		Counts: sumByUnitAndArea(places, now, before), RunTime: timestamppb.New(start),
	}
	for _, c := range now {
		analysis.Tips += countedTips(c)
	}
	if err := findFindings(scheme, analysis); err != nil {
		return nil, err
	}
	truncate(analysis)
	return analysis, nil
}

// listCounts are the tips of a period that a unit counts, however many pages they take.
func (s *Server) listCounts(ctx context.Context, unit *networkv1.Unit, period calendar.Period) ([]*networkv1.TipCount, error) {
	var counts []*networkv1.TipCount
	req := &networkv1.CountTipsRequest{Unit: unit.GetName(), Period: period.String(), AlongSystemLine: true}
	for {
		resp, err := s.tips.CountTips(ctx, req)
		if err != nil {
			return nil, err
		}
		counts = append(counts, resp.GetCounts()...)
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return counts, nil
		}
	}
}

// listSize is how many units are asked for at once, the most that network gives.
const listSize = 1000

// countingUnits tells for every unit below another on either line the unit that its tips count for: the nearest at one of the
// levels, itself or above it, but never the one that analyses, since nobody warns themselves.
func (s *Server) countingUnits(ctx context.Context, analysing *networkv1.Unit, levels []typev1.Level) (map[string]string, error) {
	places := map[string]string{}
	system, err := s.directory.SystemBelow(ctx, analysing.GetName())
	if err != nil {
		return nil, err
	}
	for _, u := range append([]*networkv1.Unit{analysing}, system...) {
		if _, known := places[u.GetName()]; known {
			continue
		}
		if err := s.placeSubtree(ctx, places, u, levels); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(places, func(_, counts string) bool { return counts == analysing.GetName() })
	return places, nil
}

// placeSubtree tells for every unit of a subtree which unit its tips count for. Listing the subtree takes a call for a thousand
// units, where looking up the units that tips are about would take a call each.
func (s *Server) placeSubtree(
	ctx context.Context, places map[string]string, top *networkv1.Unit, levels []typev1.Level,
) error {
	req := &networkv1.ListUnitsRequest{Unit: top.GetName(), PageSize: listSize}
	for {
		resp, err := s.units.ListUnits(ctx, req)
		if err != nil {
			return err
		}
		assignCountingUnits(places, resp.GetUnits(), levels)
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}

// assignCountingUnits adds units to those that are placed: at the nearest of them at one of the levels. Those with none are left
// out. Units come in tree order, those above before those below, so that a whole country need not be held at once.
func assignCountingUnits(places map[string]string, units []*networkv1.Unit, levels []typev1.Level) {
	for _, u := range units {
		if slices.Contains(levels, u.GetLevel()) {
			places[u.GetName()] = u.GetName()
		} else {
			placeBelow(places, u)
		}
	}
}

// placeBelow has a unit count for what the nearest above it does, if any.
func placeBelow(places map[string]string, u *networkv1.Unit) {
	for _, above := range slices.Backward(u.GetAncestors()) {
		if at, ok := places[above]; ok {
			places[u.GetName()] = at
			return
		}
	}
}

// placeEnded tells for every unit that has ended and that tips are about which unit they count for: what its successor's do.
func (s *Server) placeEnded(ctx context.Context, places map[string]string, counts []*networkv1.TipCount) error {
	asked := map[string]bool{}
	for _, c := range counts {
		name := c.GetUnit()
		if _, placed := places[name]; placed || asked[name] {
			continue
		}
		asked[name] = true
		ended, err := s.directory.Ended(ctx, name)
		switch {
		case fault.IsNotFound(err):
		case err != nil:
			return err
		default:
			placeBelow(places, ended)
		}
	}
	return nil
}

// countedTips counts the tips that give cause for a warning: neither those sent back for falling short of quality nor those
// found unfounded.
func countedTips(c *networkv1.TipCount) int64 {
	return c.GetReceived() - c.GetReturned() - c.GetUnfounded()
}

// sumByUnitAndArea adds up the tips of two periods by place and subject area, in that order.
func sumByUnitAndArea(places map[string]string, now, before []*networkv1.TipCount) []*warningv1.AreaCount {
	type key struct{ unit, area string }
	sums := map[key]*warningv1.AreaCount{}
	at := func(c *networkv1.TipCount) *warningv1.AreaCount {
		place, ok := places[c.GetUnit()]
		if !ok {
			return &warningv1.AreaCount{} // about no unit that findings are made about
		}
		k := key{place, c.GetSubjectArea()}
		if sums[k] == nil {
			sums[k] = &warningv1.AreaCount{Unit: place, SubjectArea: c.GetSubjectArea()}
		}
		return sums[k]
	}
	for _, c := range now {
		count := at(c)
		count.Tips += countedTips(c)
		count.Urgent += c.GetUrgent()
	}
	for _, c := range before {
		at(c).Previous += countedTips(c)
	}
	list := make([]*warningv1.AreaCount, 0, len(sums))
	for _, count := range sums {
		list = append(list, count)
	}
	slices.SortFunc(list, compareCounts)
	return list
}

// compareCounts compares counts by unit and subject area.
func compareCounts(a, b *warningv1.AreaCount) int {
	return cmp.Or(cmp.Compare(a.GetUnit(), b.GetUnit()), cmp.Compare(a.GetSubjectArea(), b.GetSubjectArea()))
}

// findFindings holds the counts of an analysis against the ladder: each gives one finding at most, of the gravest warning level
// it meets. The gravest come first, and of one warning level those with the most tips. A criterion that fails for a count is
// noted, and keeps nothing else back.
func findFindings(scheme *warningv1.Scheme, analysis *warningv1.Analysis) error {
	ladder, err := criteria.Compile(scheme)
	if err != nil {
		return err
	}
	rest := slices.Clone(analysis.GetCounts())
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
