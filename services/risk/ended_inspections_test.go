package risk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/reporttables"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// inspectedBureau is a bureau whose sections end while they inspect themselves.
type inspectedBureau struct {
	commerceBureau

	head   string
	made   int
	points []string          // their descriptions
	alive  []string          // sections
	next   map[string]string // who acts for a section that has ended
	filled map[string]bool   // reports that were computed
}

// newInspectedBureau is one in the spring, before its inspections open on 20 May.
func newInspectedBureau(t *testing.T) *inspectedBureau {
	t.Helper()
	b := &inspectedBureau{commerceBureau: newCommerceBureau(t), next: map[string]string{}, filled: map[string]bool{}}
	b.Clock.Advance(193 * day) // 14 May
	b.head = b.office.post(t, commerce, "局长", "head")
	for range 4 {
		b.found(t)
	}
	b.Clock.Advance(day) // no unit ends on the day it was founded on
	return b
}

func (b *inspectedBureau) id() string { b.made++; return fmt.Sprintf("inspected_%d", b.made) }

func section(title string) *networkv1.Unit {
	return &networkv1.Unit{
		Title: title, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY,
		Parent: commerce, Sort: "section",
	}
}

func (b *inspectedBureau) found(t *testing.T) {
	t.Helper()
	id := b.id()
	_, err := networkv1.NewUnitServiceClient(b.As("leading_group_office", commerce)).CreateUnit(t.Context(),
		&networkv1.CreateUnitRequest{UnitId: id, Unit: section("新设股" + id)})
	require.NoError(t, err)
	b.alive = append(b.alive, "units/"+id)
}

// enter has a section come to have a risk point in force of grade A.
func (b *inspectedBureau) enter(t *testing.T, unit string) {
	t.Helper()
	point := riskPoint(unit, 5, 5, 5)
	point.Category, point.OwnerPosition, point.Description = "decision", b.head, fmt.Sprintf("风险%d", len(b.points))
	of := as(b.Suite, "section", unit)
	b.office.approveTwice(t, of.submit(t, of.point(t, point)))
	b.points = append(b.points, point.GetDescription())
}

// end has a section end the way that is asked for, in another or in a new one.
func (b *inspectedBureau) end(t *testing.T, kind string, unit, into int) {
	t.Helper()
	name, to := b.alive[unit%len(b.alive)], b.alive[into%len(b.alive)]
	if name == to || len(b.alive) < 3 {
		return
	}
	tree := networkv1.NewTreeServiceClient(b.As("leading_group_office", commerce))
	var err error
	switch kind {
	case "merge":
		b.merge(t, name, to)
	case "disband":
		to = commerce
		_, err = tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: name, Reason: "撤销"})
	case "split":
		var parts []*networkv1.SplitPart
		for range 2 {
			id := b.id()
			parts = append(parts, &networkv1.SplitPart{UnitId: id, Unit: section("分设股" + id)})
			b.alive = append(b.alive, "units/"+id)
		}
		to = "units/" + parts[0].GetUnitId()
		_, err = tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{Name: name, Reason: "拆分", Parts: parts})
	}
	require.NoError(t, err)
	b.next[name] = to
	for i, u := range b.alive {
		if u == name {
			b.alive = append(b.alive[:i], b.alive[i+1:]...)
			break
		}
	}
	b.RunJob("risk.follow_moves")
}

func (b *inspectedBureau) actingFor(unit string) string {
	for b.next[unit] != "" {
		unit = b.next[unit]
	}
	return unit
}

// owed are the inspections of grade A of the half-year that are owed, by their names.
func (b *inspectedBureau) owed(t *testing.T) (names []string) {
	t.Helper()
	b.RunJob(reports.OpenReportsJob)
	listed, err := networkv1.NewReportServiceClient(b.As("leading_group_office", commerce)).ListReports(t.Context(),
		&networkv1.ListReportsRequest{Unit: commerce, Schedule: "inspection_a", Period: "2027-H1", PageSize: 100})
	require.NoError(t, err)
	for _, r := range listed.GetReports() {
		if !r.GetExempted() {
			names = append(names, r.GetName())
		}
	}
	return names
}

func (b *inspectedBureau) of(t *testing.T, report string) networkv1.ReportServiceClient {
	t.Helper()
	unit, _, _ := strings.Cut(strings.TrimPrefix(report, "reports/"), ".")
	acting, role := b.actingFor("units/"+unit), "section"
	if acting == commerce {
		role = "leading_group_office"
	}
	return networkv1.NewReportServiceClient(b.As(role, acting))
}

// shown counts in how many inspections each risk point stands. Those that were not computed yet are.
func (b *inspectedBureau) shown(t *testing.T) map[string]int {
	t.Helper()
	times := map[string]int{}
	for _, name := range b.owed(t) {
		own := b.of(t, name)
		if !b.filled[name] {
			_, err := own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
			require.NoError(t, err)
			b.filled[name] = true
		}
		report, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		require.NoError(t, err)
		for _, row := range report.GetTables()["catalogue"].GetRows() {
			times[row.GetCells()["description"].GetText()]++
		}
	}
	return times
}

// requireOnce checks that each risk point in force stands in one inspection, once risk has heard of all.
func (b *inspectedBureau) requireOnce(t *testing.T, what string) {
	t.Helper()
	want := map[string]int{}
	for _, point := range b.points {
		want[point] = 1
	}
	var got map[string]int
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		b.RunJob(reporttables.Job) // the journal tells of an event once nothing older is under way
		b.RunJob(reporttables.RefillJob)
		if got = b.shown(t); assert.ObjectsAreEqual(want, got) {
			return
		}
	}
	require.Equal(t, want, got, what)
}

// A unit that ended before its inspection opened owes none: its successor inspects what it took over (T9).
func TestT9_AUnitThatEndedBeforeItsInspectionOwesNone(t *testing.T) {
	t.Parallel()
	b := newInspectedBureau(t)
	ended, middle, last := b.alive[0], b.alive[1], b.alive[2]
	b.enter(t, ended)
	b.enter(t, middle)
	b.end(t, "merge", 0, 1)
	b.Clock.Advance(9 * day) // 24 May
	b.requireOnce(t, "one unit of both")
	reportOf := func(unit string) string {
		return "reports/" + strings.TrimPrefix(unit, "units/") + ".inspection_a.2027-H1"
	}
	office := networkv1.NewReportServiceClient(b.As("leading_group_office", commerce))
	_, err := office.GetReport(t.Context(), &networkv1.GetReportRequest{Name: reportOf(ended)})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, []string{reportOf(middle)}, b.owed(t))

	// A chain: what ended in the second is in the report of that, which the third sends, and not in the third's own.
	b.Clock.Advance(day)
	b.end(t, "merge", 0, 1)
	b.enter(t, last)
	b.requireOnce(t, "the report of the one that ended since stands")
	assert.ElementsMatch(t, []string{reportOf(middle), reportOf(last)}, b.owed(t))

	// Where a unit above exempts the ended one, the successor inspects it; where it takes that back, the ended one's report does.
	exceptions := networkv1.NewReportExceptionServiceClient(b.As("leading_group_office", commerce))
	granted, err := exceptions.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: middle, Schedule: "inspection_a", Period: "2027-H1", Waived: true, Reason: "已并入",
	}})
	require.NoError(t, err)
	b.requireOnce(t, "exempted")
	assert.Equal(t, []string{reportOf(last)}, b.owed(t))
	_, err = exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{Name: granted.GetName(), Reason: "须单独自查"})
	require.NoError(t, err)
	b.requireOnce(t, "asked after all")
}

// However sections end before and while inspections are open, the inspections together show the register: each risk point once.
func TestT9_EveryRiskPointIsInOneInspectionHoweverUnitsEnd(t *testing.T) {
	t.Parallel()
	type step struct {
		kind       string
		unit, into int
	}
	steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
		return step{
			rapid.SampledFrom([]string{"point", "point", "merge", "split", "disband", "found", "day", "look"}).Draw(rt, "kind"),
			rapid.IntRange(0, 9).Draw(rt, "unit"), rapid.IntRange(0, 9).Draw(rt, "into"),
		}
	}), 14, 14)
	for draw := range 4 {
		t.Run(fmt.Sprintf("draw_%d", draw), func(t *testing.T) {
			t.Parallel()
			b, taken := newInspectedBureau(t), steps.Example(draw)
			for i, s := range taken {
				switch s.kind {
				case "point":
					b.enter(t, b.alive[s.unit%len(b.alive)])
				case "found":
					b.found(t)
				case "look":
					b.requireOnceOpen(t)
				case "merge", "split", "disband":
					b.Clock.Advance(day)
					b.end(t, s.kind, s.unit, s.into)
				}
				if s.kind == "day" || i%3 == 0 {
					b.Clock.Advance(day)
				}
			}
			for clock.Today(b.Clock).String() < "2027-05-21" {
				b.Clock.Advance(day)
			}
			b.requireOnce(t, fmt.Sprint(taken))
		})
	}
}

// requireOnceOpen does so where the inspections are open.
func (b *inspectedBureau) requireOnceOpen(t *testing.T) {
	t.Helper()
	if clock.Today(b.Clock).String() >= "2027-05-20" {
		b.requireOnce(t, "while open")
	}
}
