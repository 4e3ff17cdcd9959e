package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

func TestC12_AnalysisFindsProminentProblems(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 3)
	clerk.tip(t, village, "ethics", 1)
	as(s, "clerk", other).tip(t, other, "ethics", 2)

	first := city.run(t, "2026-11")
	assert.Equal(t, "analyses/340500.2026-11", first.GetName())
	assert.Equal(t, "schemes/c@2026-01-01", first.GetSchemeVersion())
	assert.EqualValues(t, 6, first.GetTips())
	require.Len(t, first.GetCounts(), 3)
	assert.Equal(t, township, first.GetCounts()[0].GetUnit(), "tips about a village count for its township")
	require.EqualValues(t, 1, first.GetFindings())
	before := city.found(t, first)[0]
	assert.Equal(t, "blue", before.GetWarningLevel())
	assert.Equal(t, "沙塘路街道“集体资金资产”方面 2026-11 收到 3 件，达到蓝色预警的条件。", before.GetExplanation().GetZh())
	assert.Contains(t, before.GetExplanation().GetEn(), "tips in 2026-11 number 3, which meets the criterion of Blue warning")

	clerk.tip(t, village, "collective_funds", 2)
	again := city.run(t, "2026-11")
	after := city.found(t, again)
	require.Len(t, after, 1)
	assert.Equal(t, "yellow", after[0].GetWarningLevel(), "running again replaces it")
	assert.Equal(t, before.GetName(), after[0].GetName(), "under its name")
	got, err := city.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: first.GetName()})
	require.NoError(t, err)
	assert.Truef(t, proto.Equal(again, got), "%v", got)

	s.Clock.Advance(30 * 24 * time.Hour)
	next := city.run(t, "2026-12")
	assert.EqualValues(t, 0, next.GetTips())
	assert.EqualValues(t, 5, next.GetCounts()[0].GetPrevious(), "the period before is counted beside")
	assert.Zero(t, next.GetFindings())

	t.Run("the list is short and the newest comes first", func(t *testing.T) {
		t.Parallel()
		list, err := city.analyses.ListAnalyses(t.Context(), &warningv1.ListAnalysesRequest{Unit: suitetest.City, PageSize: 1})
		require.NoError(t, err)
		require.Len(t, list.GetAnalyses(), 1)
		assert.Equal(t, "2026-12", list.GetAnalyses()[0].GetPeriod())
		assert.Empty(t, list.GetAnalyses()[0].GetCounts())
		list, err = city.analyses.ListAnalyses(t.Context(), &warningv1.ListAnalysesRequest{
			Unit: suitetest.City, PageSize: 1, PageToken: list.GetNextPageToken(),
		})
		require.NoError(t, err)
		require.Len(t, list.GetAnalyses(), 1)
		assert.Equal(t, "2026-11", list.GetAnalyses()[0].GetPeriod())
	})
	t.Run("one out of reach looks like none", func(t *testing.T) {
		t.Parallel()
		below := as(s, "handler", county)
		for _, name := range []string{first.GetName(), "analyses/340500.2020-01", "analyses/nonsense"} {
			_, err := below.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: name})
			suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		}
	})
	t.Run("a period that has not begun is refused", func(t *testing.T) {
		t.Parallel()
		_, err := city.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: suitetest.City, Period: "2027"})
		suitetest.RequireFieldFaults(t, err, map[string]string{"period": "FUTURE"})
	})
}

// Of five urgent tips one waits, one is sent back, one is being handled, one is found unfounded, one says the same as another: every
// count tells the same of them.
func TestC12_C10_AllCountsFollowOneRule(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob("network.open_reports")
	conn := s.As("clerk", township)
	clerk, reports := networkv1.NewTipServiceClient(conn), networkv1.NewReportServiceClient(conn)
	content := networktest.ValidTip()
	content.Urgent = true
	for range 5 {
		networktest.SubmitTip(t, s, other, content)
	}
	listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: township})
	require.NoError(t, err)
	name := func(i int) string { return listed.GetTips()[i].GetName() }
	_, err = clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{Name: name(1), Criteria: []string{"factual"}, Reason: "请补充。"})
	require.NoError(t, err)
	for _, i := range []int{2, 3} {
		_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name(i), CriteriaMet: networktest.Criteria})
		require.NoError(t, err)
	}
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name(3), Outcome: "unfounded", Reason: "查无此事。"})
	require.NoError(t, err)
	_, err = clerk.LinkDuplicate(t.Context(), &networkv1.LinkDuplicateRequest{Name: name(4), Original: name(2), Reason: "同一件事。"})
	require.NoError(t, err)

	want := []int64{4, 1, 1, 2, 1} // received, returned, closed, urgent, unfounded
	counted, err := clerk.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: township, Period: "2026-11"})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	c := counted.GetCounts()[0]
	assert.Equal(t, want, []int64{c.GetReceived(), c.GetReturned(), c.GetClosed(), c.GetUrgent(), c.GetUnfounded()})
	rolled, err := networkv1.NewRollUpServiceClient(conn).GetRollUp(t.Context(),
		&networkv1.GetRollUpRequest{Unit: township, FromPeriod: "2026-11"})
	require.NoError(t, err)
	cell := rolled.GetCells()[0]
	assert.Equal(t, want, []int64{
		cell.GetReceived(), cell.GetReturned(), cell.GetClosed(), cell.GetUrgent(), cell.GetUnfounded(),
	})
	report, err := reports.ComputeReport(t.Context(),
		&networkv1.ComputeReportRequest{Name: "reports/340503001.monthly.2026-11"})
	require.NoError(t, err)
	var table []int64
	for _, column := range []string{"received", "returned", "closed", "urgent", "unfounded"} {
		table = append(table, networktest.Sum(report, "tips_by_area", column))
	}
	assert.Equal(t, want, table)
	analysis := as(s, "handler", suitetest.City).run(t, "2026-11")
	assert.EqualValues(t, 2, analysis.GetTips())
	require.Len(t, analysis.GetCounts(), 1)
	assert.Equal(t, []int64{2, 2}, []int64{analysis.GetCounts()[0].GetTips(), analysis.GetCounts()[0].GetUrgent()})
}

// What was said of a unit, before or after its end, counts for its successor: each tip is in a count.
func TestC12_TipsAboutAnEndedUnitCountForItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, sender := as(s, "handler", suitetest.City), as(s, "clerk", "units/340503003")
	sender.tip(t, township, "collective_funds", 2)
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	sender.tip(t, township, "collective_funds", 1)
	sender.tip(t, other, "collective_funds", 1)

	analysis := city.run(t, "2026-11")
	assert.EqualValues(t, 4, analysis.GetTips())
	require.Len(t, analysis.GetCounts(), 1)
	assert.Equal(t, other, analysis.GetCounts()[0].GetUnit())
	assert.EqualValues(t, 4, analysis.GetCounts()[0].GetTips())
}

// An agency, and the park beside it, stands at the level of the city itself, which makes no findings about itself.
func TestC12_TipsAboutACityAgencyAreFound(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := s.As("handler", suitetest.City)
	city, units := on(conn), networkv1.NewUnitServiceClient(conn)
	const agency, branch = "units/education", "units/education_branch"
	for _, u := range []*networkv1.Unit{
		{Name: agency, Parent: suitetest.City, Level: typev1.Level_LEVEL_CITY},
		{Name: branch, Parent: agency, Level: typev1.Level_LEVEL_VILLAGE},
	} {
		id := u.GetName()[len("units/"):]
		u.Name, u.Title, u.Kind = "", "教育局", networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
		_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err)
	}
	sender := as(s, "clerk", township)
	sender.tip(t, agency, "project_approval", 3)
	sender.tip(t, branch, "project_approval", 2)
	sender.tip(t, suitetest.City, "project_approval", 5)

	analysis := city.run(t, "2026-11")
	assert.EqualValues(t, 10, analysis.GetTips())
	require.EqualValues(t, 1, analysis.GetFindings())
	finding := city.found(t, analysis)[0]
	assert.Equal(t, agency, finding.GetCount().GetUnit())
	assert.EqualValues(t, 5, finding.GetCount().GetTips())
	req := notice(finding.GetWarningLevel())
	req.Unit, req.SupervisingUnit, req.Finding = agency, suitetest.City, finding.GetName()
	assert.Equal(t, agency, city.issue(t, req).GetUnit())
}

func TestC11_ACriterionThatFailsForACountKeepsNothingElseBack(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "administrator", suitetest.City), as(s, "clerk", township)
	scheme, err := city.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	const divides, overflows = "tips >= 3 && tips / (tips - urgent) >= 2", "tips >= 3 && tips * 4611686018427387904 > 0"
	scheme.WarningLevels[1].Criterion, scheme.WarningLevels[2].Criterion = divides, overflows
	_, err = city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	for range 3 {
		_, err := clerk.tips.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: &networkv1.TipContent{
			Unit: village, SubjectArea: "ethics", Channel: "letter", Title: "反映", Body: "收支没有公开", Urgent: true,
		}})
		require.NoError(t, err)
	}
	clerk.tip(t, village, "collective_funds", 3)
	clerk.tip(t, village, "work_style", 1)

	analysis := city.run(t, "2026-11")
	levels := map[string]string{}
	for _, f := range city.found(t, analysis) {
		levels[f.GetCount().GetSubjectArea()] = f.GetWarningLevel()
	}
	assert.Equal(t, map[string]string{"ethics": "blue", "collective_funds": "blue"}, levels, "milder levels are met all the same")
	var faults [][]string
	for _, f := range analysis.GetFaults() {
		faults = append(faults, []string{f.GetWarningLevel(), f.GetCriterion(), f.GetCount().GetSubjectArea(), f.GetCause()})
		assert.Equal(t, township, f.GetCount().GetUnit())
	}
	assert.ElementsMatch(t, [][]string{
		{"orange", overflows, "ethics", "integer overflow"},
		{"orange", overflows, "collective_funds", "integer overflow"},
		{"yellow", divides, "ethics", "division by zero"},
	}, faults)
	listed, err := city.analyses.ListAnalyses(t.Context(), &warningv1.ListAnalysesRequest{Unit: suitetest.City})
	require.NoError(t, err)
	assert.Empty(t, listed.GetAnalyses()[0].GetFaults())
}

func TestC12_MonthIsAnalysedByJob(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "administrator", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 3)
	s.Clock.Advance(29 * 24 * time.Hour) // 1 December

	// A new scheme has the job run at once instead of at its next turn.
	_, err := city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: threeColours("2026-12-01")})
	require.NoError(t, err)
	for _, want := range []struct {
		name string
		tips int64
	}{{"analyses/340500.2026-11", 3}, {"analyses/340503.2026-11", 3}} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			got, err := city.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: want.name})
			if assert.NoError(c, err) {
				assert.Equal(c, want.tips, got.GetTips())
				assert.EqualValues(c, 1, got.GetFindings())
			}
		}, 20*time.Second, 20*time.Millisecond, want.name)
	}
}

func TestC12_MonthAnalysedEarlyIsAnalysedAgainOnceItIsOver(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "administrator", suitetest.City), as(s, "clerk", township)
	over := time.Date(2026, time.November, 30, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	s.Clock.Advance(over.Add(-time.Microsecond).Sub(s.Clock.Now()))
	clerk.tip(t, village, "collective_funds", 3)
	early, tables := city.run(t, "2026-11"), openStore(t, s)
	clerk.tip(t, village, "collective_funds", 1)
	s.Clock.Advance(time.Microsecond)

	_, err := city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: threeColours("2026-12-01")})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := city.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: early.GetName()})
		if assert.NoError(c, err) {
			assert.EqualValues(c, 4, got.GetTips())
			assert.Equal(c, over, got.GetRunTime().AsTime())
		}
		left, err := db.New(tables).PeriodsToAnalyse(t.Context(), db.PeriodsToAnalyseParams{
			UnitIds: []string{"340500"}, Periods: []string{"2026-11"}, Overs: []time.Time{over}, NextOvers: []time.Time{over.AddDate(0, 1, 0)},
			Newest: over,
		})
		if assert.NoError(c, err) {
			assert.Empty(c, left, "not once more")
		}
	}, 20*time.Second, 20*time.Millisecond)
}

func TestC12_H8_ReturnedAndUnfoundedTipsDoNotCount(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 4)
	list, err := city.tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: suitetest.City})
	require.NoError(t, err)
	_, err = city.tips.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: list.GetTips()[0].GetName(), Criteria: []string{"specific"}, Reason: "没有说明是哪一笔",
	})
	require.NoError(t, err)
	assert.Equal(t, "blue", city.found(t, city.run(t, "2026-11"))[0].GetWarningLevel(), "three are left")

	_, err = city.tips.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: list.GetTips()[1].GetName(), CriteriaMet: networktest.Criteria,
	})
	require.NoError(t, err)
	_, err = city.tips.CloseTip(t.Context(), &networkv1.CloseTipRequest{
		Name: list.GetTips()[1].GetName(), Outcome: "unfounded", Reason: "已核实",
	})
	require.NoError(t, err)
	again := city.run(t, "2026-11")
	assert.EqualValues(t, 2, again.GetTips())
	assert.EqualValues(t, 2, again.GetCounts()[0].GetTips())
	assert.Zero(t, again.GetFindings())
	assert.Empty(t, city.found(t, again), "what is found no more is gone")
	s.Clock.Advance(30 * 24 * time.Hour)
	assert.EqualValues(t, 2, city.run(t, "2026-12").GetCounts()[0].GetPrevious())
}

// threeColours is the county's own ladder, by the state of a risk (T6).
func threeColours(from string) *warningv1.Scheme {
	warningLevel := func(id, zh, criterion string) *warningv1.WarningLevel {
		return &warningv1.WarningLevel{
			Id: id, Title: &typev1.Text{Zh: zh}, Criterion: criterion,
			Forms: []*warningv1.Form{{
				Id: "notice", Title: &typev1.Text{Zh: "通知书"}, Notice: &typev1.Text{Zh: "{unit}：{title}", En: "{unit}: {title}"},
				Steps: []*warningv1.Step{{
					Id: "acknowledge", Title: &typev1.Text{Zh: "签收"}, Kind: warningv1.StepKind_STEP_KIND_ACKNOWLEDGE,
					By: warningv1.StepParty_STEP_PARTY_ADDRESSEE,
				}},
			}},
		}
	}
	return &warningv1.Scheme{
		Name: "schemes/t6", Unit: county, EffectiveFrom: from, Title: &typev1.Text{Zh: "三色预警"},
		FindingLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP},
		AnalysisRules: []*warningv1.AnalysisRule{{
			PeriodKind: typev1.PeriodKind_PERIOD_KIND_MONTH, Levels: []typev1.Level{typev1.Level_LEVEL_COUNTY},
		}},
		WarningLevels: []*warningv1.WarningLevel{
			warningLevel("green", "绿色", ""), warningLevel("yellow", "黄色", "tips > 0"), warningLevel("red", "红色", ""),
		},
	}
}

func TestT6_LadderComesFromTheScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "administrator", suitetest.City)
	_, err := city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: threeColours("2026-11-01")})
	require.NoError(t, err)

	t.Run("the nearest scheme holds", func(t *testing.T) {
		t.Parallel()
		for unit, want := range map[string]string{village: "schemes/t6", stranger: "schemes/c"} {
			got, err := city.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: unit})
			require.NoError(t, err)
			assert.Equal(t, want, got.GetName())
		}
		warning := city.issue(t, notice("green"))
		assert.Equal(t, "绿色", warning.GetWarningLevelTitle().GetZh())
		assert.Equal(t, "沙塘路街道：集体资金", warning.GetNotice().GetBody().GetZh())
	})
	t.Run("a criterion that does not compile is named", func(t *testing.T) {
		t.Parallel()
		bad := threeColours("2026-11-02")
		bad.WarningLevels[1].Criterion = "tipps > 0"
		_, err := city.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: bad})
		suitetest.RequireFieldFaults(t, err, map[string]string{"scheme.warning_levels[1].criterion": "EXPRESSION"})
	})
	t.Run("every version is listed", func(t *testing.T) {
		t.Parallel()
		list, err := city.schemes.ListSchemes(t.Context(), &warningv1.ListSchemesRequest{})
		require.NoError(t, err)
		assert.Len(t, list.GetSchemes(), 2)
	})
}
