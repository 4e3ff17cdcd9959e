package reports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	town  = typev1.Level_LEVEL_TOWNSHIP
	group = typev1.Level_LEVEL_VILLAGE
)

// land is a city whose townships change while tips come, all by the roles of the profile.
type land struct {
	*suitetest.Suite

	tree  networkv1.TreeServiceClient
	units networkv1.UnitServiceClient
	sends networkv1.TipServiceClient
}

func newLand(t *testing.T) *land {
	t.Helper()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	keeper := s.As("handler", networktest.City)
	return &land{
		s, networkv1.NewTreeServiceClient(keeper), networkv1.NewUnitServiceClient(keeper),
		networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)),
	}
}

// day goes to a day, as the suite does: what is owed is opened each day.
func (l *land) day(days int) {
	for range days {
		l.Clock.Advance(24 * time.Hour)
		l.RunJob(reports.OpenReportsJob)
	}
}

func unitOfLevel(title string, level typev1.Level, parent string) *networkv1.Unit {
	kind := networkv1.UnitKind_UNIT_KIND_REPORTING_POINT
	if level == group {
		kind = networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT
	}
	return &networkv1.Unit{Title: title, Kind: kind, Level: level, Parent: parent}
}

func (l *land) create(t *testing.T, id string, level typev1.Level, parent string) string {
	t.Helper()
	_, err := l.units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: unitOfLevel("新设"+id, level, parent)})
	require.NoError(t, err)
	return "units/" + id
}

// changed has a change of the tree come into force: directories forget what they remember.
func (l *land) changed(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
	l.Clock.Advance(6 * time.Second)
}

// tip is sent about a unit to a recipient, by the rules where none is given.
func (l *land) tip(t *testing.T, about, recipient string) {
	t.Helper()
	content := networktest.ValidTip()
	content.Unit = about
	_, err := l.sends.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: recipient})
	require.NoError(t, err)
}

// computed computes a report as the unit that acts for it.
func (l *land) computed(t *testing.T, acting, name string) *networkv1.Report {
	t.Helper()
	report, err := networkv1.NewReportServiceClient(l.As("clerk", acting)).ComputeReport(t.Context(),
		&networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err, name)
	return report
}

func collected(report *networkv1.Report) int64 {
	return networktest.Sum(report, "tips_by_area", "collected")
}

func TestC10_PartsOfASplitOweTheRestOfThePeriod(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	l.day(4) // 6 November
	const other = "units/340503001004"
	l.tip(t, networktest.Village, "")
	l.tip(t, other, other)
	l.day(2)
	listed, err := l.units.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: networktest.Township, PageSize: 1000})
	require.NoError(t, err)
	east, west := &networkv1.SplitPart{UnitId: "z_a", Children: []string{networktest.Village}}, &networkv1.SplitPart{UnitId: "z_b"}
	for _, u := range listed.GetUnits() {
		if u.GetParent() == networktest.Township && u.GetName() != networktest.Village {
			west.Children = append(west.Children, u.GetName())
		}
	}
	east.Unit, west.Unit = unitOfLevel("东镇", town, ""), unitOfLevel("西镇", town, "")
	_, err = l.tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Reason: "一分为二", Parts: []*networkv1.SplitPart{east, west},
	})
	l.changed(t, err)
	l.day(3)
	l.tip(t, networktest.Village, "")
	l.tip(t, other, other)
	end(t, l.Suite, "2026-11")
	whole := l.computed(t, "units/z_a", november)
	assert.Equal(t, []any{"2026-11-01", "2026-11-08", int64(2)},
		[]any{whole.GetCoverFrom(), whole.GetCoverTo(), collected(whole)}, "it ended on the 8th, and had that day")
	for _, part := range []string{"z_a", "z_b"} {
		report := l.computed(t, "units/"+part, "reports/"+part+".monthly.2026-11")
		assert.Equal(t, []any{"2026-11-08", "2026-11-30", int64(1)},
			[]any{report.GetCoverFrom(), report.GetCoverTo(), collected(report)}, part)
	}
}

func TestC10_AUnitFoundedInMidPeriodOwesTheRestOfIt(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	l.day(8) // 10 November
	newTown := l.create(t, "newtown", town, networktest.County)
	agency := unitOfLevel("新设局", typev1.Level_LEVEL_CITY, networktest.City)
	agency.Kind = networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
	_, err := l.units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "bureau", Unit: agency})
	require.NoError(t, err)
	l.day(1)
	l.tip(t, newTown, newTown)
	l.tip(t, "units/bureau", "units/bureau")
	name := map[string]string{newTown: "reports/newtown.monthly.2026-11", "units/bureau": "reports/bureau.quarterly.2026-Q4"}
	for unit, report := range name {
		assert.Equal(t, []string{"2026-11-11 report_opened " + report}, of(told(t, l.Suite, unit), report))
	}
	end(t, l.Suite, "2026-Q4")
	for unit, last := range map[string]string{newTown: "2026-11-30", "units/bureau": "2026-12-31"} {
		report := l.computed(t, unit, name[unit])
		assert.Equal(t, []any{"2026-11-10", last, int64(1)},
			[]any{report.GetCoverFrom(), report.GetCoverTo(), collected(report)}, unit)
	}
}

// What came to a unit on the day that it is merged, moved or disbanded on is in its report or in that of the unit it came under.
func TestC10_TheDayOfAChangeIsInOneReport(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	const merged, into = "units/340503002", "units/340503003"
	newTown := l.create(t, "newtown", town, networktest.County)
	village := l.create(t, "newvillage", group, networktest.Township)
	last := l.create(t, "lasttown", town, networktest.County)
	l.day(8)
	for _, unit := range []string{merged, merged, village, last} {
		l.tip(t, unit, unit)
	}
	mergeRows(t, l.Suite, merged, into, "")
	_, err := l.tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: village, Parent: newTown, Reason: "区划调整"})
	require.NoError(t, err)
	_, err = l.tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: last, Reason: "撤销"})
	l.changed(t, err)
	end(t, l.Suite, "2026-11")
	l.RunJob(reports.OpenReportsJob)
	for name, want := range map[string]struct {
		acting string
		tips   int64
	}{
		"340503002": {into, 2}, "340503003": {into, 0}, "newtown": {newTown, 1}, "340503001": {networktest.Township, 0},
		"lasttown": {networktest.County, 1},
	} {
		assert.Equal(t, want.tips, collected(l.computed(t, want.acting, "reports/"+name+".monthly.2026-11")), name)
	}
}

// What comes to be asked by a change of the unit or by a new version of the scheme owes the period it is in; a version that asks
// no more keeps what is open.
func TestC10_WhoComesToBeAskedOwesThePeriod(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	l.day(3)
	networktest.NewScheme(t, l.Suite, func(c *networkv1.Scheme) {
		c.Schedules[0].UnitLevels = append(c.Schedules[0].UnitLevels, typev1.Level_LEVEL_COUNTY)
	})
	l.RunJob(reports.OpenReportsJob)
	assert.Contains(t, listOwed(t, l.Suite, networktest.County, "2026-11"), "reports/340503.monthly.2026-11")
	assert.NotContains(t, listOwed(t, l.Suite, networktest.County, "2026-10"), "reports/340503.monthly.2026-10")
}

// After weeks without the suite each report is told of once, whatever fell due meanwhile, and each unit above of what is late.
func TestC10_H6_AfterAnOutageOfWeeksEachReportIsToldOfOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t, suitetest.StartAt(suitetest.Start.Add(-24*time.Hour))) // 1 November
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(70 * 24 * time.Hour) // 10 January
	for range 3 {
		s.RunJob(reports.RemindReportsJob)
		s.RunJob(reports.OpenReportsJob)
	}
	var about []string
	for _, m := range told(t, s, networktest.Township) {
		about = append(about, m[len("2027-01-10 "):])
	}
	assert.ElementsMatch(t, []string{
		"report_late reports/340503001.monthly.2026-10", "report_late reports/340503001.monthly.2026-11",
		"report_late reports/340503001.monthly.2026-12",
	}, about, "January's is open, and nothing of it is due yet")
	assert.Len(t, filter(told(t, s, networktest.County), func(line string) bool { return line != "" }), 3, "one for each month")
	for _, month := range []string{"2026-12", "2027-01"} {
		assert.Contains(t, listOwed(t, s, networktest.Township, month), "reports/340503001.monthly."+month)
	}
}
