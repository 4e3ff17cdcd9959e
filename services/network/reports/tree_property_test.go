package reports_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
)

// quarterOfChanges is a county founded for a quarter in which its townships and villages change on some days, while tips come.
type quarterOfChanges struct {
	*land

	id     string
	county string
	towns  []string
	// villages by their township, sent by the unit concerned
	villages map[string][]string
	sent     map[string]int64
	// who acts for what has ended
	successor map[string]string
	made      int
}

func (q *quarterOfChanges) next(prefix string) string {
	q.made++
	return fmt.Sprintf("%s_%s%d", q.id, prefix, q.made)
}

func (q *quarterOfChanges) foundTown(t *testing.T) {
	t.Helper()
	name := q.create(t, q.next("t"), town, q.county)
	q.towns = append(q.towns, name)
	q.foundVillage(t, name)
}

func (q *quarterOfChanges) foundVillage(t *testing.T, in string) {
	t.Helper()
	q.villages[in] = append(q.villages[in], q.create(t, q.next("v"), group, in))
}

func (q *quarterOfChanges) send(t *testing.T, about, recipient string) {
	t.Helper()
	q.tip(t, about, recipient)
	q.sent[about]++
}

// leave forgets a township that ended.
func (q *quarterOfChanges) leave(name, successor string) {
	q.successor[name] = successor
	for i, other := range q.towns {
		if other == name {
			q.towns = append(q.towns[:i], q.towns[i+1:]...)
			break
		}
	}
	delete(q.villages, name)
}

// change makes one change of the tree. A unit can't end on the day it was founded on.
func (q *quarterOfChanges) change(t *testing.T, kind string, from, to string) {
	t.Helper()
	reason := "区划调整"
	switch {
	case kind == "found":
		q.foundTown(t)
	case kind == "move" && from != to && len(q.villages[from]) > 0:
		village := q.villages[from][0]
		_, err := q.tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: village, Parent: to, Reason: reason})
		require.NoError(t, err)
		q.villages[from], q.villages[to] = q.villages[from][1:], append(q.villages[to], village)
	case kind == "merge" && from != to:
		_, err := q.tree.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
			Into: to, Units: []*networkv1.MergedUnit{{Name: from}}, Reason: reason,
		})
		require.NoError(t, err)
		q.villages[to] = append(q.villages[to], q.villages[from]...)
		q.leave(from, to)
	case kind == "split" && len(q.villages[from]) > 1:
		var parts []*networkv1.SplitPart
		villages := q.villages[from]
		for i, share := range [][]string{villages[:1], villages[1:]} {
			id := q.next("p")
			parts = append(parts, &networkv1.SplitPart{
				UnitId: id, Unit: unitOfLevel(fmt.Sprintf("新设%s%d", id, i), town, ""), Children: share,
			})
			q.towns, q.villages["units/"+id] = append(q.towns, "units/"+id), slices.Clone(share)
		}
		_, err := q.tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{Name: from, Reason: reason, Parts: parts})
		require.NoError(t, err)
		q.leave(from, "units/"+parts[0].GetUnitId())
	}
	q.changed(t, nil)
}

// monthOf is the report of a township for the month.
func (q *quarterOfChanges) monthOf(unit string) string {
	return "reports/" + unit[len("units/"):] + ".monthly." + clock.Today(q.Clock).String()[:7]
}

// report has a township send its report for the month, or be spared it, where the window is open and it has not.
func (q *quarterOfChanges) report(t *testing.T, kind, unit string) {
	t.Helper()
	client := networkv1.NewReportServiceClient(q.As("clerk", unit))
	found, err := client.GetReport(t.Context(), &networkv1.GetReportRequest{Name: q.monthOf(unit)})
	if err != nil || found.GetSubmitTime() != nil || found.GetExempted() || found.GetCloseOn() < clock.Today(q.Clock).String() {
		return
	}
	if kind == "send" {
		submit(t, client, found.GetName())
		return
	}
	_, err = newClerk(t, q.Suite, unit).grant(t, found.GetPeriod(), "")
	require.NoError(t, err)
}

// told is a report as it tells of its days, if it is to: as it was sent, or as it would be now.
func (q *quarterOfChanges) told(t *testing.T, name, unit string) *networkv1.Report {
	t.Helper()
	report := opened(t, networkv1.NewReportServiceClient(q.As("clerk", unit)), name)
	switch {
	case report.GetSubmitTime() != nil:
		return report
	case report.GetExempted():
		return nil
	}
	return q.computed(t, unit, name)
}

// advance goes on by a day, and notes the month.
func (l *land) advance(months *[]string) {
	l.day(1)
	if month := clock.Today(l.Clock).String()[:7]; month != (*months)[len(*months)-1] {
		*months = append(*months, month)
	}
}

// reported adds up what all reports of the county's townships collected, by unit concerned.
func (q *quarterOfChanges) reported(t *testing.T, months []string) map[string]int64 {
	t.Helper()
	sums := map[string]int64{}
	for _, month := range months {
		for _, name := range listOwed(t, q.Suite, q.county, month) {
			unit := "units/" + name[len("reports/"):len(name)-len(".monthly."+month)]
			for _, row := range q.told(t, name, q.actingFor(unit)).GetTables()["tips_by_area"].GetRows() {
				if n := int64(row.GetCells()["collected"].GetNumber()); n > 0 {
					sums[row.GetCells()["unit"].GetText()] += n
				}
			}
		}
	}
	return sums
}

// actingFor is the unit that acts for another today.
func (q *quarterOfChanges) actingFor(unit string) string {
	for q.successor[unit] != "" {
		unit = q.successor[unit]
	}
	return unit
}

// counted is what CountTips counts in the county, by unit concerned.
func (q *quarterOfChanges) counted(t *testing.T, periods []string) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	client := networkv1.NewTipServiceClient(q.As("handler", networktest.City))
	for _, period := range periods {
		answer, err := client.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: q.county, Period: period})
		require.NoError(t, err)
		for _, c := range answer.GetCounts() {
			counts[c.GetUnit()] += c.GetReceived()
		}
	}
	return counts
}

// step is one of what happens in a county.
type step struct {
	kind     string
	days     int
	from, to int
}

// stepsOf draws what happens, of some kinds and with some days between.
func stepsOf(days []int, kinds ...string) *rapid.Generator[[]step] {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
		return step{
			rapid.SampledFrom(append(kinds, "tip", "tip", "tip", "found", "move", "merge", "split")).Draw(rt, "kind"),
			rapid.SampledFrom(days).Draw(rt, "days"),
			rapid.IntRange(0, 9).Draw(rt, "from"), rapid.IntRange(0, 9).Draw(rt, "to"),
		}
	}), 12, 20)
}

// do takes a step.
func (q *quarterOfChanges) do(t *testing.T, s step, months *[]string) {
	t.Helper()
	for range s.days {
		q.advance(months)
	}
	from, to := q.towns[s.from%len(q.towns)], q.towns[s.to%len(q.towns)]
	switch s.kind {
	case "tip":
		q.send(t, from, from)
		for _, village := range q.villages[to] {
			q.send(t, village, village)
			q.send(t, village, "")
		}
	case "send", "waive":
		q.report(t, s.kind, from)
	case "merge", "split":
		q.advance(months) // what ends was founded before this day
		q.send(t, from, from)
		q.change(t, s.kind, from, to)
	default:
		q.change(t, s.kind, from, to)
	}
}

// liveThrough founds a county, lives through steps in it and then until all is told, and checks that each tip is told of once.
func (l *land) liveThrough(t *testing.T, id string, steps []step, untilTold func(months *[]string)) {
	t.Helper()
	q := &quarterOfChanges{
		land: l, id: id, villages: map[string][]string{}, sent: map[string]int64{}, successor: map[string]string{},
	}
	q.county = "units/" + q.id
	_, err := l.units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: q.id, Unit: unitOfLevel("新设县"+q.id, typev1.Level_LEVEL_COUNTY, networktest.City),
	})
	require.NoError(t, err)
	for range 3 {
		q.foundTown(t)
	}
	months := []string{clock.Today(l.Clock).String()[:7]}
	l.advance(&months)
	for _, s := range steps {
		q.do(t, s, &months)
	}
	untilTold(&months)
	require.Equal(t, q.sent, q.reported(t, months), id)
	require.Equal(t, q.sent, q.counted(t, months), id)
}

// TestC10_EveryTipIsInOneReportHoweverTheTreeChanges lives through months in which townships are founded, merged and split and
// villages move, before and after tips of the same day: each tip is in one report. A draw lives for months, so that there are few.
func TestC10_EveryTipIsInOneReportHoweverTheTreeChanges(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	steps := stepsOf([]int{0, 0, 1, 4})
	for draw := range 5 {
		l.liveThrough(t, fmt.Sprintf("d%d", draw), steps.Example(draw), func(*[]string) {
			end(t, l.Suite, clock.Today(l.Clock).String()[:7])
			l.RunJob(reports.OpenReportsJob)
		})
	}
}

// TestC10_H6_EveryTipIsInOneReportWhereTheyGoUpEarly lives through the same where reports go up, or are waived, from the 10th to
// the 15th of their own month: what they leave over is in the next report, also of a township that has ended since.
func TestC10_H6_EveryTipIsInOneReportWhereTheyGoUpEarly(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	networktest.NewScheme(t, l.Suite, func(c *networkv1.Scheme) {
		c.Schedules[0].Window = &typev1.Window{OpenMonth: 1, OpenDay: 10, CloseMonth: 1, CloseDay: 15}
	})
	steps := stepsOf([]int{0, 0, 0, 1}, "send", "send", "waive")
	toDay := func(day string, months *[]string) {
		for ok := true; ok; ok = clock.Today(l.Clock).String()[8:] != day {
			l.advance(months)
		}
	}
	for draw := range 5 {
		toDay("09", &[]string{""})
		l.liveThrough(t, fmt.Sprintf("e%d", draw), steps.Example(draw), func(months *[]string) {
			toDay("01", months)
			toDay("11", months)
		})
	}
}
