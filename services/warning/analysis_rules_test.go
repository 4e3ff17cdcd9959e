package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const analysing = "warning.analyse_periods"

// analysed are the periods that a unit has analysed, the newest first.
func analysed(t *testing.T, s *suitetest.Suite, root, unit string) (periods []string) {
	t.Helper()
	listed, err := warningv1.NewAnalysisServiceClient(s.As(access.Administrator, root)).ListAnalyses(t.Context(),
		&warningv1.ListAnalysesRequest{Unit: unit, PageSize: 1000})
	require.NoError(t, err)
	for _, a := range listed.GetAnalyses() {
		if a.GetUnit() == unit {
			periods = append(periods, a.GetPeriod())
		}
	}
	return periods
}

// advanceTo moves the clock to a day, never further at once than a machine is out of use without being asked.
func advanceTo(t *testing.T, s *suitetest.Suite, year int, month time.Month, day int) {
	t.Helper()
	for to := time.Date(year, month, day, 1, 0, 0, 0, time.UTC); s.Clock.Now().Before(to); {
		s.Clock.Advance(min(to.Sub(s.Clock.Now()), 30*24*time.Hour))
		s.RunJob("warning.follow_moves")
	}
}

func TestC12_C15_CentreAgenciesAndTownshipsAnalyseTheirParts(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const agency = "units/education"
	_, err := networkv1.NewUnitServiceClient(s.As("handler", suitetest.City)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "education", Unit: &networkv1.Unit{
			Parent: suitetest.City, Level: typev1.Level_LEVEL_CITY, Title: "教育局", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
		},
	})
	require.NoError(t, err)
	as(s, "clerk", township).tip(t, village, "ethics", 2)
	advanceTo(t, s, 2026, time.December, 1)
	s.RunJob(analysing)
	for unit, want := range map[string][]string{
		suitetest.City: {"2026-11", "2026-10", "2026-Q3"}, agency: {"2026-11"}, township: {"2026-Q3"}, county: nil, village: nil,
	} {
		assert.Equal(t, want, analysed(t, s, suitetest.City, unit), unit)
	}
	advanceTo(t, s, 2027, time.February, 3) // in an outage of two months
	for range 2 {
		s.RunJob(analysing)
		assert.Equal(t, []string{"2027-01", "2026-12", "2026-11", "2026-Q4", "2026-10", "2026-Q3"}, analysed(t, s, suitetest.City, suitetest.City),
			"what was missed is made up, and no more")
		assert.Equal(t, []string{"2026-Q4", "2026-Q3"}, analysed(t, s, suitetest.City, township))
	}
	own, err := as(s, "clerk", township).analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: "analyses/340503001.2026-Q4"})
	require.NoError(t, err)
	assert.EqualValues(t, 2, own.GetTips())
}

func TestC12_H3_TheHealthCentreAnalysesMonthsAndQuarters(t *testing.T) {
	t.Parallel()
	const health = "units/health"
	s := suitetest.Of(t, "h", health)
	s.RunJob(analysing)
	assert.Equal(t, []string{"2026-10", "2026-Q3"}, analysed(t, s, health, health))
	_, err := warningv1.NewAnalysisServiceClient(s.As("duty_reporter", health)).RunAnalysis(t.Context(),
		&warningv1.RunAnalysisRequest{Unit: health, Period: "2026-H2"})
	require.NoError(t, err, "on demand")
}

// Tips about the city itself, which it can't warn, and about a unit of no finding level count all the same.
func TestC12_EveryTipIsInACountOfTheAnalysis(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, suitetest.City, "ethics", 4)
	clerk.tip(t, village, "ethics", 2)
	clerk.tip(t, county, "work_style", 1)
	_, err := clerk.tips.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: &networkv1.TipContent{
		Unit: village, SubjectArea: "ethics", Channel: "web", Title: "反映", Body: "收支没有公开", Urgent: true,
	}})
	require.NoError(t, err)
	analysis := city.run(t, "2026-Q4")
	var tips int64
	for _, c := range analysis.GetCounts() {
		tips += c.GetTips()
	}
	assert.EqualValues(t, 8, analysis.GetTips())
	assert.Equal(t, analysis.GetTips(), tips)
	require.EqualValues(t, 1, analysis.GetFindings())
	assert.Equal(t, township, city.found(t, analysis)[0].GetCount().GetUnit())
	require.Len(t, analysis.GetMonths(), 12)
	assert.Equal(t, "2026-01", analysis.GetMonths()[0].GetMonth())
	assert.EqualValues(t, 8, analysis.GetMonths()[10].GetReceived())
	assert.EqualValues(t, 1, analysis.GetMonths()[10].GetUrgent())
	assert.Equal(t, "letter", analysis.GetChannels()[0].GetId())
	assert.EqualValues(t, 7, analysis.GetChannels()[0].GetTips())
	require.Len(t, analysis.GetSourceRoles(), 1)
	assert.EqualValues(t, 8, analysis.GetSourceRoles()[0].GetTips())
}

// A reviewer approves warnings and reads no tips.
func TestC12_WhoMayNotReadTipsIsToldNoSmallNumbers(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, reviewer := as(s, "handler", suitetest.City), as(s, "reviewer", suitetest.City)
	as(s, "clerk", township).tip(t, village, "ethics", 3)
	as(s, "clerk", other).tip(t, other, "work_style", 2)
	whole := city.run(t, "2026-11")
	require.Len(t, whole.GetCounts(), 2)
	assert.EqualValues(t, 2, whole.GetCounts()[1].GetTips())
	read, err := reviewer.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: whole.GetName()})
	require.NoError(t, err)
	for _, sum := range []int64{
		read.GetTips(), read.GetMonths()[11].GetReceived(), read.GetChannels()[0].GetTips(), read.GetSourceRoles()[0].GetTips(),
	} {
		assert.Zero(t, sum, "five would tell that the other unit has two")
	}
	assert.EqualValues(t, 3, reviewer.found(t, read)[0].GetCount().GetTips())
	assert.EqualValues(t, 3, read.GetCounts()[0].GetMonths()[11])
	assert.Equal(t, other, read.GetCounts()[1].GetUnit(), "that there is something is told")
	assert.Zero(t, read.GetCounts()[1].GetTips())
	assert.Zero(t, read.GetCounts()[1].GetMonths()[11])
	assert.Zero(t, read.GetLeastTold()-3)
}

func TestC12_TheTipsBehindACountAreListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	as(s, "clerk", township).tip(t, village, "ethics", 2)
	as(s, "clerk", "units/340503003").tip(t, township, "ethics", 1)
	as(s, "clerk", other).tip(t, other, "ethics", 1)
	count := city.found(t, city.run(t, "2026-11"))[0].GetCount()
	filter := &networkv1.ListTipsRequest{
		Unit: suitetest.City, AboutUnit: count.GetUnit(), AboutBelow: true, SubjectArea: count.GetSubjectArea(), Period: "2026-11",
	}
	behind, err := city.tips.ListTips(t.Context(), filter)
	require.NoError(t, err)
	assert.Len(t, behind.GetTips(), int(count.GetTips()))
	_, err = as(s, "reviewer", suitetest.City).tips.ListTips(t.Context(), filter)
	require.Error(t, err)
	_, err = city.tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: suitetest.City, AboutBelow: true})
	suitetest.RequireFieldFaults(t, err, map[string]string{"about_unit": "REQUIRED"})
}

// Numbers of several months meet a criterion that those of one do not.
func TestC11_C12_ACriterionLooksBackOnMonths(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "administrator", suitetest.City), as(s, "clerk", township)
	scheme, err := city.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.WarningLevels[1].Criterion = "2026-11-02", "within[2] >= 4 && tips > 0"
	_, err = city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	clerk.tip(t, village, "ethics", 2)
	assert.Zero(t, city.run(t, "2026-11").GetFindings())
	advanceTo(t, s, 2026, time.December, 2)
	clerk.tip(t, village, "ethics", 2)
	findings := city.found(t, city.run(t, "2026-12"))
	require.Len(t, findings, 1)
	assert.Equal(t, "yellow", findings[0].GetWarningLevel())
	advanceTo(t, s, 2027, time.January, 2)
	assert.Zero(t, city.run(t, "2027-01").GetFindings())
}

// The offices of T and V analyse as their schemes say, and what a section or department is told of counts for it.
func TestC12_T6_SectionsAndDepartmentsAreAnalysed(t *testing.T) {
	t.Parallel()
	for profile, of := range map[string]struct{ root, unit, role, area string }{
		"t": {commerce, finance, "leading_group_office", "finance"},
		"v": {school, "units/school_teaching", "discipline_office", "fees"},
	} {
		s := suitetest.Of(t, profile, of.root)
		office := as(s, of.role, of.root)
		for range 2 {
			_, err := office.tips.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
				Unit: of.root, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: &networkv1.TipContent{
					Unit: of.unit, SubjectArea: of.area, Channel: "letter", Title: "收费公示", Body: "两处窗口没有公示收费标准。",
				},
			})
			require.NoError(t, err)
		}
		advanceTo(t, s, 2026, time.December, 1)
		s.RunJob(analysing)
		analysis, err := office.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{
			Name: "analyses/" + of.root[len("units/"):] + ".2026-11",
		})
		require.NoError(t, err)
		require.Len(t, analysis.GetCounts(), 1)
		assert.Equal(t, of.unit, analysis.GetCounts()[0].GetUnit())
		assert.EqualValues(t, 2, analysis.GetCounts()[0].GetTips())
		assert.EqualValues(t, 1, analysis.GetFindings())
		assert.Nil(t, analysed(t, s, of.root, of.unit), "it analyses nothing by itself")
	}
}
