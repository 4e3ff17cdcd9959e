package risk_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// regrade grades a risk point anew.
func (o office) regrade(
	t *testing.T, point *riskv1.RiskPoint, owner string, frequency, importance, harm int32,
) (*riskv1.RiskPoint, error) {
	t.Helper()
	return o.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "权力项目增加",
		Regrade: &riskv1.Regrade{
			Points: map[string]int32{"frequency": frequency, "importance": importance, "harm": harm}, OwnerPosition: owner,
		},
	})
}

// grades are the risk points of a unit in force on a day, by name, with their grades.
func (o office) grades(t *testing.T, unit, day string) map[string]string {
	t.Helper()
	list, err := o.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: unit, AsOf: day})
	require.NoError(t, err)
	grades := map[string]string{}
	for _, point := range list.GetRiskPoints() {
		grades[point.GetName()] = point.GetGrade()
	}
	return grades
}

func TestT3_GradeCatalogueAsOfAnyDate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	first := reviewer.approve(t, clerk.submit(t, clerk.point(t, riskPoint(township, 5, 5, 5))))
	second := clerk.submit(t, clerk.point(t, riskPoint(township, 1, 1, 1)))
	s.Clock.Advance(24 * time.Hour)
	second = reviewer.approve(t, second)
	first.Points, first.OwnerPosition = riskPoint("", 2, 3, 3).GetPoints(), ""
	changed := clerk.submit(t, clerk.update(t, first))
	assert.Equal(t, "b", changed.GetGrade())
	s.Clock.Advance(24 * time.Hour)
	reviewer.approve(t, changed)
	s.Clock.Advance(24 * time.Hour)
	reviewer.approve(t, clerk.propose(t, second, end))

	for day, want := range map[string]map[string]string{
		"2026-11-01": {},
		"2026-11-02": {first.GetName(): "a"},
		"2026-11-03": {first.GetName(): "a", second.GetName(): "c"},
		"2026-11-04": {first.GetName(): "b", second.GetName(): "c"},
		"2026-11-05": {first.GetName(): "b"},
	} {
		assert.Equal(t, want, clerk.grades(t, township, day), day)
		assert.Equal(t, want, reviewer.grades(t, county, day), day)
		assert.Empty(t, clerk.grades(t, village, day))
	}
	_, err := clerk.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: township, AsOf: "2026-11-06"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"as_of": "FUTURE"})

	t.Run("by grade", func(t *testing.T) {
		t.Parallel()
		list, err := clerk.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
			Unit: township, AsOf: "2026-11-04", Grades: []string{"b"},
		})
		require.NoError(t, err)
		require.Len(t, list.GetRiskPoints(), 1)
		assert.Equal(t, first.GetName(), list.GetRiskPoints()[0].GetName())
		_, err = clerk.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
			Unit: township, AsOf: "2026-11-04", Grades: []string{"z"},
		})
		suitetest.RequireFieldFaults(t, err, map[string]string{"grades": "UNKNOWN_TERM"})
	})
	t.Run("its grades are read, the newest first", func(t *testing.T) {
		t.Parallel()
		versions, err := clerk.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: first.GetName()})
		require.NoError(t, err)
		require.Len(t, versions.GetRiskPoints(), 2)
		for i, want := range []string{"b 2026-11-04", "a 2026-11-02"} {
			version := versions.GetRiskPoints()[i]
			assert.Equal(t, want, version.GetGrade()+" "+version.GetStanding().GetEffectiveOn())
		}
		_, err = as(s, "clerk", other).points.ListRiskPointVersions(t.Context(),
			&riskv1.ListRiskPointVersionsRequest{Name: first.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	})
}

func TestT3_RegradedWithReasonAndHistory(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	asked := riskPoint(markets, 2, 2, 2)
	asked.Category = "decision"
	point := section.submit(t, section.point(t, asked))
	_, err := leading.regrade(t, point, "", 5, 5, 5)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_IN_FORCE")
	point = leading.approveTwice(t, point)
	s.Clock.Advance(24 * time.Hour)

	_, err = leading.regrade(t, point, "", 2, 2, 2)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOTHING_CHANGED")
	_, err = leading.regrade(t, point, "", 6, 5, 5)
	suitetest.RequireFieldFaults(t, err, map[string]string{`regrade.points["frequency"]`: "POINTS_RANGE"})
	_, err = leading.regrade(t, point, "", 5, 5, 5)
	suitetest.RequireFieldFaults(t, err, map[string]string{"regrade.owner_position": "WRONG_RANK"})
	_, err = as(s, "legal_office", commerce).regrade(t, point, "", 2, 2, 3)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	_, err = section.regrade(t, point, "", 5, 5, 5)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = leading.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Regrade: &riskv1.Regrade{Points: point.GetPoints()},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"reason": "REQUIRED"})

	head := leading.post(t, commerce, "局长", "head")
	regraded, err := leading.regrade(t, point, head, 5, 5, 5)
	require.NoError(t, err)
	assert.Equal(t, "a 2 2026-11-03 权力项目增加", regraded.GetGrade()+" "+pointStanding(regraded))
	assert.Equal(t, head, regraded.GetOwner().GetPosition())
	assert.NotEqual(t, point.GetStanding().GetContentSha256(), regraded.GetStanding().GetContentSha256())
	assert.Equal(t, map[string]string{point.GetName(): "c"}, section.grades(t, markets, "2026-11-02"))
	assert.Equal(t, map[string]string{point.GetName(): "a"}, section.grades(t, markets, "2026-11-03"))
	versions, err := section.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: point.GetName()})
	require.NoError(t, err)
	require.Len(t, versions.GetRiskPoints(), 2)
	review := versions.GetRiskPoints()[0].GetStanding().GetReviews()[0]
	assert.Equal(t, commerce+" meeting 权力项目增加", review.GetUnit()+" "+review.GetStage()+" "+review.GetReason())

	inbox := networkv1.NewInboxServiceClient(s.As("section", markets))
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		told, err := inbox.ListMessages(context.Background(), &networkv1.ListMessagesRequest{
			Unit: markets, Kinds: []string{"inbox.risk_point_regraded", "inbox.risk_point_regraded_lacking"},
		})
		require.NoError(t, err)
		require.Len(t, told.GetMessages(), 1)
		assert.Equal(t, "“对条件不符的申请予以许可”由C级调整为A级，按新的等级还缺防控形式（干部选用交流、公开承诺、岗位责任、首问首办负责、限时办结、"+
			"考核评议、廉政档案、其他 2 种），请制定防控措施：权力项目增加", told.GetMessages()[0].GetTitle())
	}, time.Minute, 50*time.Millisecond)
}

// pointStanding is the version in force of a risk point, its first day and its reason.
func pointStanding(point *riskv1.RiskPoint) string {
	return standing(&riskv1.PowerItem{Standing: point.GetStanding()})
}

func TestT5_OwnerHasTheRankOfTheGrade(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	sectionHead := section.post(t, markets, "股长", "section_head")
	head, err := leading.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: commerce, Title: "局长", Rank: "head", Tier: "leading",
		Holders: []*riskv1.PositionHolder{{Person: "甲", From: "2024-01-01"}},
	}})
	require.NoError(t, err)
	elsewhere := as(s, "section", "units/commerce_trade").post(t, "units/commerce_trade", "股长", "head")

	asked := riskPoint(markets, 5, 5, 5)
	asked.Category = "decision"
	for owner, rule := range map[string]string{
		sectionHead: "WRONG_RANK", elsewhere: "NOT_FOUND", "positions/markets-none": "NOT_FOUND",
	} {
		asked.OwnerPosition = owner
		_, err = section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
		suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": rule})
	}
	asked.OwnerPosition = ""
	point := section.point(t, asked)
	_, err = section.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_INCOMPLETE")
	assert.Equal(t, "owner_position", suitetest.FieldViolations(t, err)[0].GetField())
	point.OwnerPosition = head.GetName()
	point = section.submit(t, section.update(t, point))
	assert.Nil(t, point.GetOwner())
	point = leading.approveTwice(t, point)
	assert.Equal(t, head.GetName()+" 局长 甲",
		point.GetOwner().GetPosition()+" "+point.GetOwner().GetTitle()+" "+point.GetOwner().GetPerson())

	t.Run("what a post owns is listed", func(t *testing.T) {
		t.Parallel()
		list, err := leading.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
			Unit: commerce, OwnerPosition: head.GetName(), AsOf: "2026-11-02",
		})
		require.NoError(t, err)
		assert.Len(t, list.GetRiskPoints(), 1)
		list, err = leading.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, OwnerPosition: sectionHead})
		require.NoError(t, err)
		assert.Empty(t, list.GetRiskPoints())
		_, err = section.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
			Unit: markets, OwnerPosition: elsewhere, Position: elsewhere, PowerItem: "powerItems/markets-none",
		})
		suitetest.RequireFieldFaults(t, err, map[string]string{
			"owner_position": "NOT_FOUND", "position": "NOT_FOUND", "power_item": "NOT_FOUND",
		})
	})
}

// A criterion goes by the tier of the position that the risk point lies with (T2).
func TestJ3_T2_AGradeGoesByTheTierOfThePosition(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, admin := as(s, "section", markets), as(s, "administrator", commerce)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	for _, factor := range scheme.GetFactors() {
		factor.Weight = 0
	}
	scheme.Grading = &riskv1.Scheme_Criteria{Criteria: &riskv1.CriteriaGrading{
		Criteria: []string{"tier == 'leading' && points.harm > 3", "tier != ''"},
	}}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	for tier, grade := range map[string]string{"leading": "a", "key": "b", "": "c"} {
		position, err := section.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: markets, Title: "岗位", Rank: "staff", Tier: tier},
		})
		require.NoError(t, err)
		asked := riskPoint(markets, 1, 1, 4)
		asked.Category, asked.Position = "decision", position.GetName()
		assert.Equal(t, grade, section.point(t, asked).GetGrade(), tier)
	}
}

func TestJ2_APowerHasAtMostSoManyRiskPoints(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	asked := riskPoint(township, 1, 1, 1)
	asked.PowerItem = clerk.power(t, clerk.licensing(t, township)).GetName()
	point := clerk.point(t, asked)
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `INSERT INTO risk.risk_points (region, key, unit_path, create_time, body)
		SELECT region, key || n, unit_path, create_time, body FROM risk.risk_points, generate_series(1, 498) AS n`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	clerk.point(t, asked)
	_, err = clerk.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_RISK_POINTS")
	point.Description = "逾期办理"
	clerk.update(t, point)
}

// A leader answers for the risks of their own post, of which no head of a section does; a post elsewhere is called so (T5).
func TestT5_ALeadersOwnRiskIsOwnedByALeader(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	head := office.post(t, commerce, "局长", "head")
	deputy := office.post(t, commerce, "副局长", "deputy")
	chief := as(s, "section", markets).post(t, markets, "股长", "section_head")
	asked := riskPoint(commerce, 1, 1, 1)
	asked.Category, asked.Position, asked.OwnerPosition = "decision", head, chief
	_, err := office.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "OTHER_UNIT"})
	asked.OwnerPosition = head
	point := office.point(t, asked)
	assert.Equal(t, "c", point.GetGrade())
	office.submit(t, point)

	asked.OwnerPosition = office.post(t, commerce, "科员", "staff")
	_, err = office.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "WRONG_RANK"})
	asked.OwnerPosition = deputy
	office.post(t, commerce, "办公室主任", "section_head")
	office.point(t, asked) // it lies with a leader
	asked.Position, asked.Regime = "", "行政许可制度"
	_, err = office.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.owner_position": "WRONG_RANK"})
}
