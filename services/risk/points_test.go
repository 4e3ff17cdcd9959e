package risk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ2_RiskPointsAreLinkedToTheRegister(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	item := clerk.power(t, clerk.licensing(t, township))
	foreign := as(s, "clerk", other).power(t, as(s, "clerk", other).licensing(t, other))
	below := clerk.power(t, clerk.licensing(t, village))

	asked := riskPoint(township, 2, 4, 3)
	asked.PowerItem, asked.Step, asked.Position = item.GetName(), "decide", item.GetPositions()[1]
	point := clerk.point(t, asked)
	assert.Equal(t, "decide", point.GetStep())
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_DRAFT, point.GetState())
	cancelled := clerk.power(t, clerk.licensing(t, township))
	_, err := clerk.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: cancelled.GetName()})
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		spoil func(*riskv1.RiskPoint)
		want  map[string]string
	}{
		"terms of no scheme": {
			func(p *riskv1.RiskPoint) {
				p.Category, p.SearchMethods, p.ControlStage = "luck", []string{"self", "dice"}, "afterwards"
				p.SearchAspects, p.Causes = []string{"weather"}, []string{"fate"}
				p.SearchSources = []*riskv1.SearchSource{{Source: "rumour"}}
			},
			map[string]string{
				"risk_point.category": "UNKNOWN_TERM", "risk_point.search_methods[1]": "UNKNOWN_TERM",
				"risk_point.control_stage": "UNKNOWN_TERM", "risk_point.search_aspects[0]": "UNKNOWN_TERM",
				"risk_point.causes[0]": "UNKNOWN_TERM", "risk_point.search_sources[0].source": "UNKNOWN_TERM",
			},
		},
		"one way of search twice": {
			func(p *riskv1.RiskPoint) { p.SearchMethods = []string{"self", "leader", "self"} },
			map[string]string{"risk_point.search_methods[2]": "DUPLICATE"},
		},
		"no way of search": {
			func(p *riskv1.RiskPoint) { p.SearchMethods = nil },
			map[string]string{"risk_point.search_methods": "REPEATED_MIN_ITEMS"},
		},
		"a step without a power": {
			func(p *riskv1.RiskPoint) { p.PowerItem = "" }, map[string]string{"risk_point.power_item": "REQUIRED"},
		},
		"a step of no workflow": {
			func(p *riskv1.RiskPoint) { p.Step = "archive" }, map[string]string{"risk_point.step": "UNKNOWN_STEP"},
		},
		"a power that does not exist": {
			func(p *riskv1.RiskPoint) { p.PowerItem = "powerItems/340503-none" },
			map[string]string{"risk_point.power_item": "NOT_FOUND"},
		},
		"a power out of reach": {
			func(p *riskv1.RiskPoint) { p.PowerItem = foreign.GetName() },
			map[string]string{"risk_point.power_item": "NOT_FOUND"},
		},
		"a power of another unit": {
			func(p *riskv1.RiskPoint) { p.PowerItem = below.GetName() },
			map[string]string{"risk_point.power_item": "OTHER_UNIT"},
		},
		"a power that is cancelled": {
			func(p *riskv1.RiskPoint) { p.PowerItem = cancelled.GetName() },
			map[string]string{"risk_point.power_item": "POWER_ENDED"},
		},
		"a position of another unit": {
			func(p *riskv1.RiskPoint) { p.Position = below.GetPositions()[0] },
			map[string]string{"risk_point.position": "OTHER_UNIT"},
		},
		"a position out of reach": {
			func(p *riskv1.RiskPoint) { p.Position = foreign.GetPositions()[0] },
			map[string]string{"risk_point.position": "NOT_FOUND"},
		},
		"neither power nor position nor regime": {
			func(p *riskv1.RiskPoint) { p.PowerItem, p.Step, p.Position, p.Regime = "", "", "", "" },
			map[string]string{"risk_point.power_item": "ONE_REQUIRED"},
		},
		"points for other factors, with all else": {
			func(p *riskv1.RiskPoint) {
				p.Category, p.Step, p.Points = "luck", "archive", map[string]int32{"frequency": 6, "harm": 1, "luck": 1}
			},
			map[string]string{
				"risk_point.category": "UNKNOWN_TERM", "risk_point.step": "UNKNOWN_STEP", "risk_point.points": "POINTS_MISSING",
				`risk_point.points["frequency"]`: "POINTS_RANGE", `risk_point.points["luck"]`: "UNKNOWN_TERM",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad, ok := proto.Clone(asked).(*riskv1.RiskPoint)
			require.True(t, ok)
			tc.spoil(bad)
			_, err := clerk.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
			bad.Name = point.GetName()
			_, err = clerk.points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{
				RiskPoint: bad, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
			})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
}

func TestT2_RiskPointsAreFoundInSeveralWaysAndSources(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section := as(s, "section", markets)
	asked := &riskv1.RiskPoint{
		Unit: markets, Category: "decision", Regime: "专项资金管理办法", Description: "资金分配不公开", ControlStage: "missing_regime",
		SearchAspects: []string{"openness", "discretion"}, SearchMethods: []string{"self", "public", "collective"},
		SearchSources: []*riskv1.SearchSource{
			{Source: "audit", Reference: "审〔2026〕1号"}, {Source: "audit", Reference: "审〔2026〕2号"}, {Source: "questionnaire"},
		},
		Points: map[string]int32{"frequency": 5, "importance": 5, "harm": 5},
	}
	point := section.point(t, asked)
	want := proto.CloneOf(asked)
	want.Name, want.Score, want.Grade, want.SchemeVersion = point.GetName(), 100, "a", "schemes/t@2026-01-01"
	want.State, want.CreateTime, want.Etag = point.GetState(), point.GetCreateTime(), point.GetEtag()
	want.Standing = point.GetStanding()
	assert.Equal(t, text(want), text(point))

	asked.SearchSources[1].Reference = "审〔2026〕1号"
	_, err := section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.search_sources[1]": "DUPLICATE"})
}

func TestJ3_GradeFollowsScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	for _, tc := range []struct {
		frequency, importance, harm int32
		score                       float64
		grade                       string
	}{
		{1, 1, 1, 20, "c"},
		{2, 2, 3, 48, "c"},
		{1, 2, 4, 50, "b"},
		{3, 4, 4, 74, "b"},
		{5, 5, 5, 100, "a"},
	} {
		point := clerk.point(t, riskPoint(township, tc.frequency, tc.importance, tc.harm))
		assert.InDelta(t, tc.score, point.GetScore(), 0)
		assert.Equal(t, tc.grade, point.GetGrade())
		assert.Equal(t, "schemes/c@2026-01-01", point.GetSchemeVersion())
	}
}

func TestJ3_GradeChangesWithTheSchemeOfTheDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, admin := as(s, "clerk", township), as(s, "administrator", suitetest.City)
	point := clerk.point(t, riskPoint(township, 2, 2, 3))
	require.Equal(t, "c", point.GetGrade())

	scheme, err := clerk.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: township})
	require.NoError(t, err)
	stricter := scheme
	stricter.EffectiveFrom, stricter.GetWeighted().MinScores[1] = "2026-12-01", 40
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: stricter})
	require.NoError(t, err)

	_, err = clerk.points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{RiskPoint: riskPoint(township, 2, 2, 3)})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.name": "REQUIRED"})
	point = clerk.update(t, point)
	assert.Equal(t, "schemes/c@2026-01-01 c", point.GetSchemeVersion()+" "+point.GetGrade(),
		"before its first day it does not count")
	s.Clock.Advance(30 * 24 * time.Hour)
	stored, err := clerk.points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "c", stored.GetGrade(), "nothing changes by itself")
	point = clerk.update(t, point)
	assert.Equal(t, "schemes/c@2026-12-01 b", point.GetSchemeVersion()+" "+point.GetGrade())

	t.Run("T3 a scheme whose grades have gaps is refused", func(t *testing.T) {
		t.Parallel()
		stricter.EffectiveFrom, stricter.Factors[0].Weight = "2027-01-01", 0
		stricter.GetWeighted().MinScores = []float64{75, 40, 5}
		_, err := admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: stricter})
		suitetest.RequireFieldFaults(t, err, map[string]string{
			"scheme.weighted.min_scores[2]": "GRADES_ORDER", "scheme.factors[0].weight": "WEIGHT_ZERO",
			"scheme.weighted.min_scores[0]": "GRADE_UNREACHABLE",
		})
	})
	t.Run("versions are listed", func(t *testing.T) {
		t.Parallel()
		list, err := clerk.schemes.ListSchemes(t.Context(), &riskv1.ListSchemesRequest{})
		require.NoError(t, err)
		assert.Len(t, list.GetSchemes(), 2)
	})
	t.Run("before the first version no scheme holds", func(t *testing.T) {
		t.Parallel()
		_, err := clerk.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{
			Unit: township, AsOf: "2025-12-31",
		})
		suitetest.RequireRefused(t, err, codes.NotFound, "NO_SCHEME")
	})
}

func TestJ3_GradesFollowFromATableOrFromCriteria(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	table := schemeFor(t, s, "table", village, "duty")
	table.Factors = []*riskv1.Factor{
		{Id: "frequency", Title: table.GetTitle(), MaxPoints: 2}, {Id: "harm", Title: table.GetTitle(), MaxPoints: 3},
	}
	table.Grading = &riskv1.Scheme_Matrix{Matrix: &riskv1.MatrixGrading{
		RowFactor: "frequency", ColumnFactor: "harm",
		Rows: []*riskv1.MatrixRow{{Grades: []string{"c", "c", "b"}}, {Grades: []string{"c", "b", "a"}}},
	}}
	require.NoError(t, store(t, s, table, false))
	criteria := schemeFor(t, s, "criteria", township, "duty")
	criteria.Causes = []*riskv1.Term{{Id: "discretion", Title: criteria.GetTitle()}}
	for _, factor := range criteria.GetFactors() {
		factor.Weight = 0
	}
	byCriteria := &riskv1.CriteriaGrading{Criteria: []string{"points.harm == 5", "'discretion' in causes"}}
	criteria.Grading = &riskv1.Scheme_Criteria{Criteria: byCriteria}
	require.NoError(t, store(t, s, criteria, false))

	for grade, cells := range map[string][][2]int32{"a": {{2, 3}}, "b": {{1, 3}, {2, 2}}, "c": {{1, 1}, {1, 2}, {2, 1}}} {
		for _, cell := range cells {
			asked := riskPoint(village, 0, 0, 0)
			asked.Points = map[string]int32{"frequency": cell[0], "harm": cell[1]}
			assert.Equal(t, grade, clerk.point(t, asked).GetGrade(), cell)
		}
	}
	asked := riskPoint(township, 1, 1, 4)
	assert.Equal(t, "c", clerk.point(t, asked).GetGrade())
	asked.Causes = []string{"discretion"}
	point := clerk.point(t, asked)
	assert.Equal(t, "b", point.GetGrade())
	assert.Zero(t, point.GetScore())
	point.Points["harm"] = 5
	assert.Equal(t, "a", clerk.update(t, point).GetGrade())

	for criterion, want := range map[string]struct{ rule, said string }{
		"points.luck > 3":                    {"EXPRESSION", "不是有效的表达式：用到了没有的一项（CEL：no such key: luck）。"},
		"points.harm":                        {"EXPRESSION", "不是有效的表达式：结果须为真或假（CEL：gives int, not true or false）。"},
		"1 / (points.harm - 1) > 0":          {"EXPRESSION", "不是有效的表达式：除数为零（CEL：division by zero）。"},
		strings.Repeat(" ", 497) + "true":    {"STRING_MAX_LEN", "最多 500 个字。"},
		"size(causes[0]) > 0 || dyn(points)": {"EXPRESSION", "不是有效的表达式：用到了没有的一项（CEL：index out of bounds: 0）。"},
	} {
		t.Run(criterion, func(t *testing.T) {
			t.Parallel()
			bad := proto.CloneOf(criteria)
			bad.EffectiveFrom = "2027-01-01"
			bad.GetCriteria().Criteria[1] = criterion
			err := store(t, s, bad, false)
			suitetest.RequireFieldFaults(t, err, map[string]string{"scheme.criteria.criteria[1]": want.rule})
			assert.Equal(t, want.said, suitetest.FieldViolations(t, err)[0].GetDescription())
		})
	}
	t.Run("by no method", func(t *testing.T) {
		t.Parallel()
		bad := proto.CloneOf(criteria)
		bad.EffectiveFrom, bad.Grading = "2027-01-01", nil
		suitetest.RequireFieldFaults(t, store(t, s, bad, false), map[string]string{"scheme.grading": "REQUIRED"})
	})
}

func TestJ2_RiskPointsAreListedByCategory(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	duty, process := riskPoint(township, 1, 1, 1), riskPoint(township, 1, 1, 1)
	process.Category = "process"
	clerk.point(t, duty)
	want := clerk.point(t, process).GetName()
	list, err := clerk.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: township, Categories: []string{"process"},
	})
	require.NoError(t, err)
	require.Len(t, list.GetRiskPoints(), 1)
	assert.Equal(t, want, list.GetRiskPoints()[0].GetName())
	_, err = clerk.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: township, Categories: []string{"weather"}, Grades: []string{"z"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"categories": "UNKNOWN_TERM", "grades": "UNKNOWN_TERM"})
}
