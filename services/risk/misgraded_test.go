package risk_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/reporttables"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	dropped  = riskv1.RegradeCause_REGRADE_CAUSE_GRADE_DROPPED
	retiered = riskv1.RegradeCause_REGRADE_CAUSE_TIER_CHANGED
)

// misgraded are the risk points that are owed another grade for some causes.
func (o office) misgraded(t *testing.T, causes ...riskv1.RegradeCause) (names []string) {
	t.Helper()
	listed, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: o.unit, RegradeCauses: causes})
	require.NoError(t, err)
	for _, point := range listed.GetRiskPoints() {
		names = append(names, point.GetName())
	}
	return names
}

func (o office) gapOf(t *testing.T, point *riskv1.RiskPoint) *riskv1.ControlGap {
	t.Helper()
	listed, err := o.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: o.unit})
	require.NoError(t, err)
	for _, gap := range listed.GetGaps() {
		if gap.GetRiskPoint() == point.GetName() {
			return gap
		}
	}
	return nil
}

func TestT3_T8_ARiskPointOfADroppedGradeIsOwedAnother(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))))
	graver := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 3, 3, 3))))
	require.NotEqual(t, point.GetGrade(), graver.GetGrade())
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, reviewer.misgraded(t, dropped))
	assert.Nil(t, reviewer.gapOf(t, point))

	admin := as(s, access.Administrator, suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	last := scheme.GetGrades()[len(scheme.GetGrades())-1]
	require.Equal(t, point.GetGrade(), last.GetId())
	scheme.EffectiveFrom, last.Id = "2026-11-03", "low"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, reviewer.misgraded(t, dropped), "it is not in force yet")
	s.Clock.Advance(day)
	s.RunJob("risk.find_misgraded")
	s.RunJob("risk.find_misgraded")
	assert.Equal(t, []string{point.GetName()}, reviewer.misgraded(t, dropped), "the other grade stands")
	owed := clerk.get(t, point)
	assert.Equal(t, "2026-11-03 2026-11-17", owed.GetRegradeSince()+" "+owed.GetRegradeBy(), "ten working days")
	assert.True(t, reviewer.gapOf(t, point).GetGradeDropped(), "what controls it needs nothing tells")
	told := said(t, s, "clerk", township, point.GetName(), 2)
	says := told[len(told)-1]
	assert.Regexp(t, "^自 2026-11-03 起，方案取消了等级“.+”。.+的风险点“对条件不符的申请予以许可”现为该等级，应于 2026-11-17 前重新定级：", says)
	hears(t, s, "reviewer", county, point.GetName(), says)
	for range 16 {
		s.Clock.Advance(day)
		s.RunJob("risk.remind_regrades")
	}
	hears(t, s, "clerk", township, point.GetName(), "风险点“对条件不符的申请予以许可”的等级已不适用，应于 2026-11-17 前重新定级，现已逾期。")

	owed = clerk.get(t, point)
	owed.Description = "对条件不符的予以许可"
	clerk.update(t, owed)
	_, err = clerk.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Equal(t, []string{point.GetName()}, reviewer.misgraded(t, dropped), "what was written and dropped again makes no difference")
	regraded, err := reviewer.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "方案调整", Regrade: &riskv1.Regrade{Points: point.GetPoints()},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"low", "", "", ""},
		[]string{regraded.GetGrade(), regraded.GetRegradeSince(), regraded.GetRegradeBy(), regraded.GetRegradeRemindOn()})
	assert.Empty(t, reviewer.misgraded(t, dropped))
	assert.Nil(t, reviewer.gapOf(t, point))
}

func TestT3_AGradeThatComesBackIsOwedNoMore(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	first := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	second := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	points := []*riskv1.RiskPoint{reviewer.approve(t, first), reviewer.approve(t, second)}
	admin := as(s, access.Administrator, suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	last := scheme.GetGrades()[len(scheme.GetGrades())-1]
	was := last.GetId()
	for _, version := range [][2]string{{"2026-11-03", "low"}, {"2026-11-05", was}} {
		scheme.EffectiveFrom, last.Id = version[0], version[1]
		_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
		require.NoError(t, err)
	}
	s.Clock.Advance(day)
	s.RunJob("risk.find_misgraded")
	assert.Len(t, reviewer.misgraded(t, dropped), 2)
	sum := "本单位或者下级有 2 个风险点自 2026-11-03 起应当重新定级：由其单位重新报审，或者由审核单位调整等级，原因和期限见各风险点。"
	hears(t, s, "clerk", township, township, sum)
	hears(t, s, "reviewer", county, county, sum)
	s.Clock.Advance(2 * day)
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, reviewer.misgraded(t, dropped))
	assert.Empty(t, clerk.get(t, points[0]).GetRegradeRemindOn())
}

// What was asked of a grade is asked until its risk points are graded anew.
func TestT9_T10_WhatWasAskedOfADroppedGradeIsAskedStill(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	admin := as(b.Suite, access.Administrator, commerce)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.Grades[0].Id = "2026-11-03", "top"
	for _, rule := range scheme.GetRotations() {
		for i, grade := range rule.GetPositions().GetGrades() {
			if grade == b.point.GetGrade() {
				rule.Positions.Grades[i] = "top"
			}
		}
	}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	b.Clock.Advance(wholeDay)
	b.RunJob("risk.find_misgraded")
	require.Equal(t, []string{b.point.GetName()}, b.office.misgraded(t, dropped))

	assert.Equal(t, []string{"甲 grade_a 2026-12-01"}, b.office.due(t, "2026-12-01", 0), "the holder is to leave")
	b.RunJob("risk.open_rotations")
	assert.Equal(t, riskv1.RotationState_ROTATION_STATE_OPEN, b.office.rotated(t, &riskv1.ListRotationsRequest{})[0].GetState())
	b.RunJob(reports.OpenReportsJob)
	const name = "reports/commerce_markets.inspection_a.2026-H2"
	own := networkv1.NewReportServiceClient(b.As("section", markets))
	_, err = own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	assert.Eventually(t, func() bool {
		b.RunJob(reporttables.Job)
		report, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		return err == nil && len(report.GetTables()["catalogue"].GetRows()) == 1
	}, time.Minute, 10*time.Millisecond, "the risk point is inspected")
}

// Whoever comes below another scheme keeps grades that it may not have.
func TestT3_AGradeThatTheSchemeOfASuccessorHasNotIsOwedAnother(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))))
	admin := as(s, access.Administrator, suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: other})
	require.NoError(t, err)
	scheme.Name, scheme.Unit, scheme.EffectiveFrom = "schemes/other", other, "2026-11-02"
	scheme.Grades[len(scheme.GetGrades())-1].Id = "low"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, reviewer.misgraded(t, dropped), "its own scheme has it")
	_, err = networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: township}}, Into: other, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("risk.follow_moves")
	s.RunJob("risk.find_misgraded")
	assert.Equal(t, []string{point.GetName()}, reviewer.misgraded(t, dropped))
}

// tier gives a position another tier.
func (o office) tier(t *testing.T, position, tier string) {
	t.Helper()
	_, err := o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position:   &riskv1.Position{Name: position, Tier: tier},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"tier"}}, Reason: "岗位调整",
	})
	require.NoError(t, err)
}

// gradeByTier has a scheme grade by the tier of who a risk point lies with.
func gradeByTier(t *testing.T, s *suitetest.Suite) *riskv1.Scheme {
	t.Helper()
	admin := as(s, access.Administrator, commerce)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	for _, factor := range scheme.GetFactors() {
		factor.Weight = 0
	}
	scheme.Grading = &riskv1.Scheme_Criteria{Criteria: &riskv1.CriteriaGrading{
		Criteria: []string{"tier == 'leading' && points.harm > 3", "tier != '' && points.harm > 3"},
	}}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	return scheme
}

func TestT2_T3_AnotherTierByWhichItsGradeGoesOwesARiskPointAnother(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	gradeByTier(t, s)
	post, head := section.post(t, markets, "股长", "section_head"), above.post(t, commerce, "局长", "head")
	section.tier(t, post, "leading")
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.Position, asked.OwnerPosition = "decision", post, head
	point := above.approveTwice(t, section.submit(t, section.point(t, asked)))
	require.Equal(t, "a", point.GetGrade())
	asked.Points = map[string]int32{"frequency": 1, "importance": 1, "harm": 1}
	asked.OwnerPosition = post
	light := above.approveTwice(t, section.submit(t, section.point(t, asked)))
	require.Equal(t, "c", light.GetGrade())
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, above.misgraded(t, dropped, retiered))

	section.tier(t, post, "middle")
	s.RunJob("risk.find_misgraded")
	assert.Equal(t, []string{point.GetName()}, above.misgraded(t, dropped, retiered), "the other one is of its grade in any tier")
	assert.Empty(t, above.misgraded(t, dropped))
	const says = "市场运行股的风险点“对条件不符的申请予以许可”所在岗位的层次有变动，其等级“A级”应为“B级”，应于 2026-11-16 前重新定级：由其单位重新报审，或者由审核单位调整等级。"
	hears(t, s, "section", markets, point.GetName(), says)
	hears(t, s, "leading_group_office", commerce, point.GetName(), says)
	section.tier(t, post, "leading")
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, above.misgraded(t, retiered), "it fits again")

	written, elsewhere := section.get(t, point), section.post(t, markets, "副股长", "section_head")
	section.tier(t, elsewhere, "leading")
	written.Position = elsewhere
	section.update(t, written)
	section.tier(t, post, "middle")
	s.RunJob("risk.find_misgraded")
	assert.Equal(t, []string{point.GetName()}, above.misgraded(t, retiered), "it lies with another one only once that is in force")
	_, err := section.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: point.GetName()})
	require.NoError(t, err)
	regraded, err := above.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "岗位层次变动", Regrade: &riskv1.Regrade{
			Points: point.GetPoints(), OwnerPosition: above.post(t, commerce, "副局长", "deputy"),
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "b", regraded.GetGrade())
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, above.misgraded(t, retiered))
}

// A risk point of which nothing can be said holds up no other one, whichever position was given another tier first.
func TestT2_T3_ARiskPointThatFailsHoldsUpNoOtherOfAnotherTier(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	gradeByTier(t, s)
	head := above.post(t, commerce, "局长", "head")
	lie := func(title string) (string, *riskv1.RiskPoint) {
		post := section.post(t, markets, title, "section_head")
		section.tier(t, post, "leading")
		asked := riskPoint(markets, 5, 5, 5)
		asked.Category, asked.Position, asked.OwnerPosition = "decision", post, head
		return post, above.approveTwice(t, section.submit(t, section.point(t, asked)))
	}
	first, broken := lie("股长")
	second, point := lie("副股长")
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	of := func(version string) {
		_, err := pool.Exec(t.Context(), `UPDATE risk.risk_point_versions SET body = jsonb_set(body, '{schemeVersion}', to_jsonb($2::text))
			WHERE 'riskPoints/' || region || '-' || key = $1`, broken.GetName(), version)
		require.NoError(t, err)
	}
	of("schemes/none@2026-01-01")
	_, err = pool.Exec(t.Context(), `INSERT INTO risk.retiered_positions (position) SELECT $1 FROM generate_series(1, 100)`, first)
	require.NoError(t, err)
	section.tier(t, first, "middle")
	section.tier(t, second, "middle")
	require.Error(t, s.TryJob("risk.find_misgraded"))
	assert.Equal(t, []string{point.GetName()}, above.misgraded(t, retiered))
	of(broken.GetSchemeVersion())
	s.RunJob("risk.find_misgraded")
	assert.ElementsMatch(t, []string{broken.GetName(), point.GetName()}, above.misgraded(t, retiered), "it was not forgotten")
}

// What is owed already is reminded of as a later version of the scheme says, also where none had asked for reminders.
func TestT3_T8_RemindersThatASchemeAddsAreOfWhatIsOwedAlready(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	point := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1))))
	admin := as(s, access.Administrator, suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	list := scheme.GetJudging().GetReminders()
	scheme.Grades[len(scheme.GetGrades())-1].Id, scheme.Judging.Reminders, scheme.EffectiveFrom = "low", nil, "2026-11-03"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	scheme.Judging.Reminders, scheme.EffectiveFrom = list, "2026-11-04"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(day)
	s.RunJob("risk.find_misgraded")
	s.RunJob("risk.remind_regrades")
	owed := clerk.get(t, point)
	assert.Equal(t, "2026-11-17 ", owed.GetRegradeBy()+" "+owed.GetRegradeRemindOn())
	s.Clock.Advance(day)
	s.RunJob("risk.remind_regrades")
	assert.NotEmpty(t, clerk.get(t, point).GetRegradeRemindOn())
}

// A cause that takes the place of another one has the days of the scheme that it is found by, and none where that sets none.
func TestT3_AnotherCauseKeepsNoDayOfTheFirst(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above, admin := as(s, "section", markets), as(s, "leading_group_office", commerce), as(s, access.Administrator, commerce)
	scheme := gradeByTier(t, s)
	post := section.post(t, markets, "股长", "section_head")
	section.tier(t, post, "leading")
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.Position, asked.OwnerPosition = "decision", post, above.post(t, commerce, "局长", "head")
	point := above.approveTwice(t, section.submit(t, section.point(t, asked)))
	section.tier(t, post, "middle")
	s.RunJob("risk.find_misgraded")
	owed := section.get(t, point)
	require.Equal(t, "2026-11-16", owed.GetRegradeBy())
	require.NotEmpty(t, owed.GetRegradeRemindOn())
	scheme.EffectiveFrom, scheme.Grades[0].Id, scheme.Judging = "2026-11-03", "top", nil
	for _, rule := range scheme.GetRotations() {
		for i, grade := range rule.GetPositions().GetGrades() {
			if grade == point.GetGrade() {
				rule.Positions.Grades[i] = "top"
			}
		}
	}
	_, err := admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(wholeDay)
	s.RunJob("risk.find_misgraded")
	owed = section.get(t, point)
	assert.Equal(t, dropped, owed.GetRegradeCause())
	assert.Equal(t, []string{"2026-11-03", "", ""}, []string{owed.GetRegradeSince(), owed.GetRegradeBy(), owed.GetRegradeRemindOn()})
}
