package warning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// october is the last month of a past.
var october = time.Date(2026, time.October, 10, 0, 0, 0, 0, time.UTC)

// past puts tips about a unit into the months up to one, so many a month.
func past(t *testing.T, s *suitetest.Suite, unit, area string, last time.Time, counts ...int) {
	t.Helper()
	tables, err := database.Open(t.Context(), s.Database, "network")
	require.NoError(t, err)
	defer tables.Close()
	_, err = tables.Exec(t.Context(), `
		INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then, subject_area,
		                  urgent, state, receive_time, receipt_hash, body)
		SELECT u.region, k.key, u.path, u.path, $1::text, u.path, u.path, $2::text, false, 'TIP_STATE_RECEIVED',
		       $4::timestamptz - make_interval(months => cardinality($3::int[]) - c.month::int), convert_to(k.key, 'UTF8'), '{}'
		FROM units u, unnest($3::int[]) WITH ORDINALITY AS c (tips, month), generate_series(1, c.tips) n,
		     LATERAL (SELECT md5(concat_ws(' ', $1::text, $2::text, $4::timestamptz, c.month, n)) AS key) k
		WHERE u.unit_id = $1::text`, resource.ID(unit), area, counts, last)
	require.NoError(t, err)
}

// steady is a past of two years with one tip a month, and so many in the last.
func steady(last int) []int {
	counts := slices.Repeat([]int{1}, 24)
	counts[23] = last
	return counts
}

// rising is a past of two years in which tips become more and more.
func rising() []int {
	counts := make([]int, 24)
	for i := range counts {
		counts[i] = i / 6
	}
	return counts
}

// stir has one township with a jump, another that rises, an area in which all townships of the county jump a little, and many
// series in which nothing happens.
func stir(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	past(t, s, township, "collective_funds", october, steady(9)...)
	past(t, s, other, "work_style", october, rising()...)
	for _, unit := range []string{township, other, "units/340503003"} {
		past(t, s, unit, "ethics", october, steady(4)...)
	}
	for i := range 40 {
		past(t, s, other, fmt.Sprintf("quiet_%d", i), october, steady(1)...)
	}
	past(t, s, other, "project_approval", october, 3) // too few to say anything
}

func (o office) listed(t *testing.T, req *warningv1.ListFindingsRequest) []*warningv1.Finding {
	t.Helper()
	listed, err := o.findings.ListFindings(t.Context(), req)
	require.NoError(t, err)
	return listed.GetFindings()
}

func TestX4_C12_WhatEmergesTendsAndSpreadsIsFound(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	city := as(s, "handler", suitetest.City)
	assert.Empty(t, city.run(t, "2026-10").GetClasses(), "what comes late is waited for")
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	analysis, err := city.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: "analyses/340500.2026-10"})
	require.NoError(t, err)
	require.Len(t, analysis.GetClasses(), 3)
	for _, c := range analysis.GetClasses() {
		assert.Positive(t, c.GetTested(), c.GetFindingClass())
		assert.Positive(t, c.GetTooSparse(), c.GetFindingClass())
	}

	of := func(class string) []*warningv1.Finding {
		return city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, FindingClasses: []string{class}})
	}
	emerging := of("emerging")
	require.Len(t, emerging, 1)
	jump := emerging[0]
	assert.Equal(t, township, jump.GetCount().GetUnit())
	assert.Equal(t, "collective_funds", jump.GetCount().GetSubjectArea())
	assert.InDelta(t, 9, jump.GetTest().GetStatistic(), 0)
	assert.Greater(t, jump.GetTest().GetStatistic(), jump.GetTest().GetBound())
	assert.LessOrEqual(t, jump.GetTest().GetPValue(), jump.GetTest().GetThreshold())
	assert.Contains(t, jump.GetExplanation().GetZh(), "沙塘路街道“集体资金资产”方面 2026-10 收到 9 件，高于按以往情况推算的上限 1.0 件")
	assert.Contains(t, jump.GetExplanation().GetEn(), "tips in 2026-10 number 9, above the bound of 1.0")
	tending := of("tending")
	require.Len(t, tending, 1)
	assert.Equal(t, other, tending[0].GetCount().GetUnit())
	assert.Positive(t, tending[0].GetTest().GetTau())
	assert.EqualValues(t, 24, tending[0].GetTest().GetMonths())
	prevalent := of("prevalent")
	require.Len(t, prevalent, 2, "of the county and of the city")
	for _, f := range prevalent {
		assert.Equal(t, "ethics", f.GetCount().GetSubjectArea())
		assert.EqualValues(t, 12, f.GetCount().GetTips(), "all below together")
		assert.InDelta(t, 3, f.GetTest().GetStatistic(), 0)
	}

	t.Run("lists go by unit, area, class, level and period", func(t *testing.T) {
		t.Parallel()
		all := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, Period: "2026-10"})
		for name, req := range map[string]*warningv1.ListFindingsRequest{
			"about": {AboutUnit: township}, "area": {SubjectArea: "ethics"}, "level": {WarningLevels: []string{"yellow"}},
		} {
			req.Unit, req.Period = suitetest.City, "2026-10"
			want := 0
			for _, f := range all {
				if req.GetAboutUnit() == f.GetCount().GetUnit() || req.GetSubjectArea() == f.GetCount().GetSubjectArea() ||
					slices.Contains(req.GetWarningLevels(), f.GetWarningLevel()) {
					want++
				}
			}
			assert.Positive(t, want, name)
			assert.Len(t, city.listed(t, req), want, name)
		}
		assert.Empty(t, city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, Period: "2026-09"}))
		_, err := city.findings.ListFindings(t.Context(), &warningv1.ListFindingsRequest{
			Unit: suitetest.City, FindingClasses: []string{"rare"}, WarningLevels: []string{"purple"},
		})
		suitetest.RequireFieldFaults(t, err, map[string]string{"finding_classes": "UNKNOWN_TERM", "warning_levels": "UNKNOWN_TERM"})
		one := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, PageSize: 1})
		require.Len(t, one, 1)
	})
	t.Run("who reaches the unit that found it reads it", func(t *testing.T) {
		t.Parallel()
		_, err := as(s, "handler", county).findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: jump.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = as(s, "informant", village).findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: jump.GetName()})
		require.Error(t, err)
	})
	t.Run("who may not read tips is told of no few", func(t *testing.T) {
		t.Parallel()
		told, err := as(s, "reviewer", suitetest.City).findings.GetFinding(t.Context(),
			&warningv1.GetFindingRequest{Name: jump.GetName()})
		require.NoError(t, err)
		assert.InDelta(t, 9, told.GetTest().GetStatistic(), 0)
		assert.Zero(t, told.GetTest().GetBound(), "which is below three")
		assert.Zero(t, told.GetCount().GetPrevious())
		assert.NotContains(t, told.GetExplanation().GetZh(), "1.0 件")
		assert.NotContains(t, told.GetExplanation().GetEn(), "about 1")
	})
	t.Run("the ladder meets what emerges", func(t *testing.T) {
		t.Parallel()
		onLadder := city.listed(t, &warningv1.ListFindingsRequest{
			Unit: suitetest.City, Period: "2026-10", AboutUnit: township, WarningLevels: []string{"blue"},
		})
		require.Len(t, onLadder, 1, "four tips that do not emerge by themselves")
		assert.Equal(t, "ethics", onLadder[0].GetCount().GetSubjectArea())
	})
}

// A unit and an area are not found again in the days of silence of their class, and after these they are.
func TestX4_C12_TheSameIsNotRaisedTwice(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	city := as(s, "handler", suitetest.City)
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	for i, want := range []struct {
		month         string
		tips          int
		found, silent int32
	}{{"2026-11", 30, 0, 1}, {"2026-12", 90, 1, 0}} {
		month := october.AddDate(0, i+1, 0)
		past(t, s, township, "collective_funds", month, want.tips)
		advanceTo(t, s, month.Year(), month.Month()+1, 6)
		s.RunJob(analysing)
		analysis, err := city.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: "analyses/340500." + want.month})
		require.NoError(t, err)
		emerging := analysis.GetClasses()[0]
		assert.Equal(t, want.found, emerging.GetFound(), want.month)
		assert.Equal(t, want.silent, emerging.GetSilent(), want.month)
	}
}

// Nobody is above the topmost unit who would warn it.
func TestX4_C15_NoClassIsFoundOfTheTopmostUnitItself(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	past(t, s, suitetest.City, "collective_funds", october, steady(9)...)
	past(t, s, suitetest.City, "work_style", october, rising()...)
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	city := as(s, "handler", suitetest.City)
	found := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, FindingClasses: []string{"emerging", "tending"}})
	assert.Len(t, found, 2)
	for _, f := range found {
		assert.NotEqual(t, suitetest.City, f.GetCount().GetUnit(), f.GetFindingClass())
	}
}

// What came in late is counted once it is known, and what has led to a warning stays though it is found no more.
func TestX4_T7_AFindingThatWasWarnedOfStays(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	city := as(s, "handler", suitetest.City)
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	jump := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, FindingClasses: []string{"emerging"}})[0]
	req := notice("yellow")
	req.Finding = jump.GetName()
	w := city.issue(t, req)
	assert.Equal(t, jump.GetName(), w.GetFinding())
	assert.Empty(t, w.GetFirstWarning())
	past(t, s, township, "collective_funds", october.AddDate(0, 0, -1), slices.Repeat([]int{9}, 23)...)
	again := city.run(t, "2026-10")
	assert.Zero(t, again.GetClasses()[0].GetFound(), "the past was as high")
	kept := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, FindingClasses: []string{"emerging"}})
	require.Len(t, kept, 1)
	assert.Equal(t, jump.GetName(), kept[0].GetName())

	prevalent := city.listed(t, &warningv1.ListFindingsRequest{
		Unit: suitetest.City, FindingClasses: []string{"prevalent"}, AboutUnit: county,
	})
	require.Len(t, prevalent, 1)
	for _, unit := range []string{township, other} { // of what spreads below a unit, each of these may be warned
		req := notice("blue")
		req.Unit, req.Finding = unit, prevalent[0].GetName()
		city.issue(t, req)
	}
	req = notice("blue")
	req.Unit, req.SupervisingUnit, req.Finding = stranger, suitetest.City, prevalent[0].GetName()
	_, err := city.warnings.IssueWarning(t.Context(), req)
	suitetest.RequireFieldFaults(t, err, map[string]string{"finding": "OTHER_UNIT"})
}

func TestX4_C11_ALadderNamesClassesOfFindings(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	city := as(s, "administrator", suitetest.City)
	advanceTo(t, s, 2026, time.November, 6)
	scheme, err := city.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.WarningLevels[2].Criterion = "2026-11-06", "findings.emergent && tips > 0"
	_, err = city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{"scheme.warning_levels[2].criterion": "EXPRESSION"})
	scheme.WarningLevels[2].Criterion = "findings.emerging && tips > 0"
	scheme.FindingClasses[0].Method, scheme.FindingClasses[1].Months = "C9", 6
	scheme.FindingClasses[1].Level = 0.1
	scheme.AnalysisRules[0].FindingClasses, scheme.AnalysisRules[2].FindingClasses = []string{"rare"}, []string{"emerging"}
	_, err = city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.finding_classes[0].method": "DETECTION_METHOD", "scheme.finding_classes[1].months": "DETECTION_MONTHS",
		"scheme.finding_classes[1].level": "SPREAD_ONLY", "scheme.analysis_rules[0].finding_classes[0]": "UNKNOWN_TERM",
		"scheme.analysis_rules[2].finding_classes": "MONTHS_ONLY",
	})
	scheme.FindingClasses[0].Method, scheme.FindingClasses[1].Months = "C2", 24
	scheme.FindingClasses[1].Level = 0
	scheme.AnalysisRules[0].FindingClasses, scheme.AnalysisRules[2].FindingClasses = nil, nil
	_, err = city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	city.run(t, "2026-10")
	orange := city.listed(t, &warningv1.ListFindingsRequest{Unit: suitetest.City, WarningLevels: []string{"orange"}})
	require.Len(t, orange, 1)
	assert.Equal(t, "collective_funds", orange[0].GetCount().GetSubjectArea())
}

// The centres of H and V find by the classes of their schemes.
func TestX4_H9_CentresFindByTheirOwnSchemes(t *testing.T) {
	t.Parallel()
	for profile, of := range map[string]struct{ root, unit, role, area string }{
		"h": {"units/health", "units/health", "duty_reporter", "drugs"},
		"v": {school, "units/school_teaching", "discipline_office", "fees"},
	} {
		s := suitetest.Of(t, profile, of.root)
		unit := of.unit
		if unit == of.root {
			unit = "units/health_point"
			_, err := networkv1.NewUnitServiceClient(s.As("administrator", of.root)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: "health_point", Unit: &networkv1.Unit{
					Parent: of.root, Level: typev1.Level_LEVEL_COUNTY, Title: "监测点", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
				},
			})
			require.NoError(t, err)
		}
		past(t, s, unit, of.area, october, steady(9)...)
		advanceTo(t, s, 2026, time.November, 6)
		s.RunJob(analysing)
		centre := as(s, of.role, of.root)
		found := centre.listed(t, &warningv1.ListFindingsRequest{Unit: of.root, FindingClasses: []string{"emerging"}})
		require.Len(t, found, 1, profile)
		assert.Equal(t, unit, found[0].GetCount().GetUnit())
	}
}
