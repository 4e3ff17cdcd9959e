package analyses

import (
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

const (
	jump   = warningv1.FindingTestKind_FINDING_TEST_KIND_JUMP
	trend  = warningv1.FindingTestKind_FINDING_TEST_KIND_TREND
	spread = warningv1.FindingTestKind_FINDING_TEST_KIND_SPREAD
)

// detector tests a class over the series of an analysis (X4).
type detector struct {
	class      *warningv1.FindingClass
	sums       *sums
	mayBeFound func(unit string) bool
	tested     []tested
	summary    *warningv1.ClassSum
}

// tested is what was tested: a series, or the units below one in an area.
type tested struct {
	count   *warningv1.AreaCount
	numbers *warningv1.FindingTest
	jump    detection.Jump
}

// detect tests a class over the counts of units that something may be found about; what spreads is found of whatever lies below a
// unit, also below the topmost.
func detect(
	class *warningv1.FindingClass, sums *sums, p *places, mayBeFound func(unit string) bool,
) (found []*warningv1.Finding, sum *warningv1.ClassSum, err error) {
	d := &detector{class: class, sums: sums, mayBeFound: mayBeFound, summary: &warningv1.ClassSum{FindingClass: class.GetId()}}
	if class.GetKind() == trend {
		err = d.testTrends()
	} else {
		err = d.testJumps()
	}
	if err != nil {
		return nil, nil, err
	}
	if class.GetKind() == spread {
		d.gather(p)
	}
	return d.found(), d.summary, nil
}

// eachSeries calls for each series that holds enough tips to be tested.
func (d *detector) eachSeries(test func(*warningv1.AreaCount, []float64) bool) {
	for _, count := range d.sums.list() {
		if !d.mayBeFound(count.GetUnit()) {
			continue
		}
		counts, tips := d.sums.series(count, int(d.class.GetMonths()))
		switch {
		case tips < int64(d.class.GetLeastTips()):
			d.summary.TooSparse++
		case !test(count, counts):
			d.summary.TooShort++
		}
	}
}

func (d *detector) add(count *warningv1.AreaCount, numbers *warningv1.FindingTest, j detection.Jump) {
	numbers.Kind, numbers.Method, numbers.Parameters = d.class.GetKind(), d.class.GetMethod(), d.class.GetParameters()
	d.tested = append(d.tested, tested{count, numbers, j})
}

func (d *detector) testTrends() error {
	m, err := detection.NewMannKendall(d.class.GetParameters())
	d.eachSeries(func(count *warningv1.AreaCount, counts []float64) bool {
		trend, ok := m.Test(counts)
		if ok {
			d.add(count, &warningv1.FindingTest{
				Months: int32(len(counts)), Statistic: trend.S, Tau: trend.Tau, PValue: trend.PValue,
			}, detection.Jump{})
		}
		return ok
	})
	return err
}

func (d *detector) testJumps() error {
	m, err := detection.New(d.class.GetMethod(), d.class.GetParameters())
	if err != nil {
		return err
	}
	d.eachSeries(func(count *warningv1.AreaCount, counts []float64) bool {
		j, ok := detection.FindJump(m, counts)
		if ok {
			d.add(count, &warningv1.FindingTest{Months: int32(len(counts))}, j)
		}
		return ok
	})
	jumps := make([]detection.Jump, len(d.tested))
	for i, t := range d.tested {
		jumps[i] = t.jump
	}
	detection.CompareJumps(jumps)
	for i, j := range jumps {
		n := d.tested[i].numbers
		d.tested[i].jump, n.Statistic, n.Expected, n.Dispersion, n.PValue = j, j.Count, j.Mean, j.Dispersion, j.PValue
		if j.Said() {
			n.Bound = j.UpperBound
		}
	}
	return nil
}

// gather makes of the tests of units one of each unit above them, by area.
func (d *detector) gather(p *places) {
	below, order := map[areaKey][]tested{}, []areaKey(nil)
	for _, t := range d.tested {
		for _, above := range p.above[t.count.GetUnit()] {
			key := areaKey{above, t.count.GetSubjectArea()}
			if below[key] == nil {
				order = append(order, key)
			}
			below[key] = append(below[key], t)
		}
	}
	d.tested = nil
	for _, key := range order {
		units := below[key]
		if len(units) < int(d.class.GetLeastUnits()) {
			d.summary.TooSparse++
			continue
		}
		pValues, count := make([]float64, len(units)), &warningv1.AreaCount{
			Unit: key.unit, SubjectArea: key.area, Months: make([]int64, windowMonths),
		}
		for i, unit := range units {
			pValues[i] = unit.numbers.GetPValue()
			addCount(count, unit.count)
		}
		s := detection.TestSpread(pValues, d.class.GetLevel())
		d.add(count, &warningv1.FindingTest{
			Months: units[0].numbers.GetMonths(), Statistic: float64(s.Exceeding), Units: int32(s.Units),
			Expected: s.Level * float64(s.Units), PValue: s.PValue,
		}, detection.Jump{})
	}
}

func addCount(to, from *warningv1.AreaCount) {
	to.Tips += from.GetTips()
	to.Previous += from.GetPrevious()
	to.Urgent += from.GetUrgent()
	for i, tips := range lastYear(from.GetMonths()) {
		to.Months[i] += tips
	}
}

// found are the findings: what Benjamini and Hochberg let through, of jumps those above the bound of their method.
func (d *detector) found() (found []*warningv1.Finding) {
	pValues := make([]float64, len(d.tested))
	for i, t := range d.tested {
		pValues[i] = t.numbers.GetPValue()
	}
	threshold := detection.Discover(pValues, d.class.GetFalseDiscoveryRate())
	d.summary.Tested = int32(len(d.tested))
	for _, t := range d.tested {
		if t.numbers.GetPValue() > threshold || d.class.GetKind() == jump && !t.jump.Emerges(threshold) {
			continue
		}
		t.numbers.Threshold, t.numbers.Tested = threshold, d.summary.GetTested()
		found = append(found, &warningv1.Finding{
			Count: t.count, FindingClass: d.class.GetId(), FindingClassTitle: d.class.GetTitle(), Test: t.numbers,
		})
	}
	return found
}

// classesDue are the classes that the rules of a scheme name for a unit and whose late entries are in.
func classesDue(
	scheme *warningv1.Scheme, unit *networkv1.Unit, period calendar.Period, today calendar.Date,
) (due []*warningv1.FindingClass) {
	if period.Kind() != calendar.Month {
		return nil
	}
	for _, class := range scheme.GetFindingClasses() {
		if slices.ContainsFunc(scheme.GetAnalysisRules(), func(r *warningv1.AnalysisRule) bool {
			return slices.Contains(r.GetFindingClasses(), class.GetId()) && covers(r, unit) && !today.Before(dueOn(period, r))
		}) {
			due = append(due, class)
		}
	}
	return due
}

// covers tells whether a rule is meant for a unit.
func covers(r *warningv1.AnalysisRule, unit *networkv1.Unit) bool {
	return oneOf(r.GetLevels(), unit.GetLevel()) && oneOf(r.GetUnitKinds(), unit.GetKind()) &&
		oneOf(r.GetUnitSorts(), unit.GetSort())
}

// oneOf tells whether a value is in a list, of which an empty one holds all.
func oneOf[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// dueOn is the day from which a rule has a period analysed.
func dueOn(period calendar.Period, r *warningv1.AnalysisRule) calendar.Date {
	return period.Next().First().AddDays(int(r.GetLateDays()))
}

// most is the highest of a number that each class or level has, such as the months it looks back on; 0 where there is none.
func most[T any](list []T, number func(T) int32) (highest int) {
	for _, one := range list {
		highest = max(highest, int(number(one)))
	}
	return highest
}

// foundHere are the classes found of each unit and area, and of each unit in any area, as criteria of the ladder read them.
func foundHere(scheme *warningv1.Scheme, found []*warningv1.Finding) func(*warningv1.AreaCount) map[string]bool {
	by := map[areaKey]map[string]bool{}
	none := map[string]bool{}
	for _, class := range scheme.GetFindingClasses() {
		none[class.GetId()] = false
	}
	for _, f := range found {
		for _, area := range []string{f.GetCount().GetSubjectArea(), ""} {
			key := areaKey{f.GetCount().GetUnit(), area}
			if by[key] == nil {
				by[key] = maps.Clone(none)
			}
			by[key][f.GetFindingClass()] = true
		}
	}
	return func(c *warningv1.AreaCount) map[string]bool {
		if here := by[areaKey{c.GetUnit(), c.GetSubjectArea()}]; here != nil {
			return here
		}
		return none
	}
}
