package risk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	hospitalGroup = "units/hospitals"
	firstHospital = "units/hospitals_first"
	pharmacy      = "units/hospitals_first_pharmacy"
)

// hospitals is the invented group, which no line of code knows: grades from a matrix, three stages of review, a year that begins in
// July.
type hospitals struct {
	*suitetest.Suite

	clerk, auditor, group office
	buyer, dean           *riskv1.Position
}

func newHospitals(t *testing.T) hospitals {
	t.Helper()
	s := suitetest.Of(t, "hospitals", hospitalGroup)
	h := hospitals{
		Suite: s, clerk: as(s, "integrity_clerk", pharmacy), auditor: as(s, "hospital_auditor", firstHospital),
		group: as(s, "ethics_committee", hospitalGroup),
	}
	above := as(s, "integrity_clerk", firstHospital)
	h.dean = above.held(t, firstHospital, "院长", "dean", "甲", "2024-07-01")
	bought, err := h.clerk.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: pharmacy, Title: "药品采购主管", Rank: "chief", Tier: "supply",
		Holders: []*riskv1.PositionHolder{{Person: "乙", From: "2023-11-20"}},
	}})
	require.NoError(t, err)
	h.buyer = bought
	return h
}

// kickback is a risk point of the pharmacy by its likelihood and its impact, owned by a position, in force.
func (h hospitals) kickback(t *testing.T, likelihood, impact int32, owner string) *riskv1.RiskPoint {
	t.Helper()
	point := h.clerk.propose(t, h.clerk.point(t, &riskv1.RiskPoint{
		Unit: pharmacy, Category: "kickback", SearchMethods: []string{"walkthrough"}, Causes: []string{"single_supplier"},
		Regime: "药品采购制度", Description: "收受供应商回扣", Position: h.buyer.GetName(), OwnerPosition: owner,
		Points: map[string]int32{"likelihood": likelihood, "impact": impact},
	}), enter)
	return h.group.approve(t, h.auditor.approveTwice(t, point))
}

func TestJ1_J2_J3_J4_AHospitalGroupRegistersItsRisksByItsOwnRules(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	power := h.clerk.submitPower(t, h.clerk.power(t, &riskv1.PowerItem{
		Unit: pharmacy, Kind: "purchase", Title: "药品采购", LegalBasis: "《集团采购办法》", Positions: []string{h.buyer.GetName()},
		Steps: []*riskv1.Step{{Id: "order", Title: "下单", Position: h.buyer.GetName(), DecisionPoint: true}},
	}), enter)
	power = h.group.approvePower(t, h.auditor.approvePower(t, power))
	assert.EqualValues(t, 1, power.GetStanding().GetVersion())

	extreme := h.kickback(t, 3, 5, h.dean.GetName())
	assert.Equal(t, "extreme", extreme.GetGrade())
	assert.Equal(t, "negligible", h.kickback(t, 1, 2, "").GetGrade())
	gaps, err := h.clerk.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: pharmacy})
	require.NoError(t, err)
	require.Len(t, gaps.GetGaps(), 1)
	assert.Equal(t, []string{"two_persons", "declaration"}, gaps.GetGaps()[0].GetMissingForms())
	pool, err := pgxpool.New(t.Context(), h.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	var set, open int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT done, open FROM risk.count_register(ARRAY[$1], $2)
		WHERE counted = 'CAMPAIGN_COUNT_CONTROLS_SET'`, strings.TrimPrefix(pharmacy, "units/"), h.Clock.Now()).Scan(&set, &open))
	assert.Equal(t, "1 1", fmt.Sprint(set, open), "as listed: a risk point of the lowest grade lacks nothing")
	control := h.clerk.plan(t, &riskv1.Control{
		Unit: pharmacy, RiskPoint: extreme.GetName(), Form: "declaration", Measure: "采购人员申报利益关系",
		OwnerPosition: h.buyer.GetName(), DueOn: "2026-11-30",
	})
	attach(t, h.Suite, "integrity_clerk", pharmacy, control.GetName())
	h.clerk.completeControl(t, control)
	_, err = h.auditor.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: control.GetName()})
	require.NoError(t, err)
}

func TestJ6_T4_AHospitalGroupPublishesWithinTheHouse(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	above := as(h.Suite, "integrity_clerk", firstHospital)
	register := above.publicise(t, above.freeze(t, "register", "第一医院风险登记册", ""), "intranet")
	assert.Equal(t, "2027-01-02", register.GetPublicUntil().GetDue(), "two months")
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(register, point))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	sent, err := h.clerk.comments.SubmitComment(t.Context(), objectTo(register, point))
	require.NoError(t, err)
	assert.Equal(t, "2026-11-22", sent.GetDueOn(), "20 days")
	answering := as(h.Suite, "hospital_auditor", firstHospital)
	answered, err := answering.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: answering.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "已换供应商",
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_UPHELD, answered.GetState())
	regraded, err := h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "异议成立", Regrade: &riskv1.Regrade{
			Points: map[string]int32{"likelihood": 3, "impact": 3}, OwnerPosition: h.buyer.GetName(),
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "moderate", regraded.GetGrade(), "by the last stage of the review")
}

// A group that asks for controls publishes no risk point without one.
func TestT22_AHospitalGroupPublishesNoRiskWithoutControls(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	scheme, err := h.group.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	for _, kind := range scheme.GetPublicationKinds() {
		if kind.GetId() == "register" {
			kind.ShowsControls, kind.ControlsRequired = true, true
		}
	}
	_, err = h.group.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	h.Clock.Advance(day)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	clerk := as(h.Suite, "integrity_clerk", firstHospital)
	register := clerk.freeze(t, "register", "第一医院风险登记册", "")
	assert.Equal(t, []string{point.GetName()}, register.GetUncontrolledEntries())
	_, err = clerk.publications.PublicisePublication(t.Context(), &riskv1.PublicisePublicationRequest{
		Name: register.GetName(), Places: []string{"intranet"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POINTS_UNCONTROLLED")
	require.ErrorContains(t, err, "（"+point.GetDescription()+"）")
	require.NotContains(t, err.Error(), "riskPoints/")
	h.clerk.plan(t, &riskv1.Control{
		Unit: pharmacy, RiskPoint: point.GetName(), Form: "declaration", Measure: "采购人员申报利益关系",
		OwnerPosition: h.buyer.GetName(), DueOn: "2026-11-30",
	})
	register = clerk.publicise(t, clerk.freeze(t, "register", "第一医院风险登记册", ""), "intranet")
	assert.Empty(t, register.GetUncontrolledEntries())
}

func TestT5_T10_T18_T19_T20_AHospitalGroupGoesThroughItsOwnYear(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	for _, job := range []string{"commitments", "rotations", "duties", "openness_items"} {
		h.RunJob("risk.open_" + job)
	}
	promised := h.group.commitments(t, &riskv1.ListCommitmentsRequest{})
	require.Len(t, promised, 1, "of who supplies, not of the dean")
	assert.Equal(t, h.buyer.GetName()+" 2027-01-02", promised[0].GetPosition()+" "+promised[0].GetDueOn())
	_, err := h.clerk.pledges.SignCommitment(t.Context(), signOf(promised[0]))
	require.NoError(t, err)
	management := as(h.Suite, "hospital_management", firstHospital)
	signed, err := management.pledges.CountersignCommitment(t.Context(), countersignOf(promised[0], h.dean))
	require.NoError(t, err)
	assert.Equal(t, "甲", signed.GetCounterSignature().GetSigner().GetPerson())

	due := h.group.rotated(t, &riskv1.ListRotationsRequest{})
	require.Len(t, due, 1)
	assert.Equal(t, "乙 buyers 2026-11-20", due[0].GetHolderDue().GetIncumbent().GetPerson()+" "+due[0].GetHolderDue().GetRule()+" "+
		due[0].GetDueOn())
	_, err = h.clerk.rotations.DeferRotation(t.Context(), &riskv1.DeferRotationRequest{
		Name: due[0].GetName(), Until: "2027-02-20", Reason: "集中采购未完",
	})
	require.NoError(t, err)
	_, err = h.auditor.rotations.ApproveDeferral(t.Context(), &riskv1.ApproveDeferralRequest{Name: due[0].GetName(), Reason: "同意"})
	require.NoError(t, err)

	duties := h.group.listControls(t, &riskv1.ListControlsRequest{Duties: []string{"declaration"}})
	require.Len(t, duties, 1)
	assert.Equal(t, "2026-07-01 2027-06-30 2026-12-31", duties[0].GetPeriodFrom()+" "+duties[0].GetPeriodUntil()+" "+duties[0].GetDueOn(),
		"the year begins in July")

	items := h.group.items(t, &riskv1.ListOpennessItemsRequest{})
	require.Len(t, items, 2, "one for each hospital")
	assert.Equal(t, "2026-11-01 2027-02-28 2027-01-01", items[0].GetPeriodFrom()+" "+items[0].GetPeriodUntil()+" "+items[0].GetDueOn())
	above := as(h.Suite, "integrity_clerk", firstHospital)
	prices := above.publicise(t, above.text(t, "prices", "价格公开"), "hall", "app")
	_, err = above.openness.CompleteOpennessItem(t.Context(), opening(items[0], prices))
	require.NoError(t, err)

	sent, err := anybody(h.Suite).SubmitComment(t.Context(), commentOn(pharmacy, "取药等候过久"))
	require.NoError(t, err)
	assert.Equal(t, "2026-12-02", sent.GetDueOn(), "a month")
	comment := h.clerk.onlyComment(t)
	_, err = h.clerk.comments.AnswerComment(t.Context(), answerTo(comment, "app"))
	require.NoError(t, err)
}

// The auditor of a hospital passes the stages before the last; that one waits for the group, also of what a hospital itself hands in.
func TestT12_J4_TheGroupHearsOfWhatAwaitsIt(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	power := h.clerk.submitPower(t, h.clerk.power(t, &riskv1.PowerItem{
		Unit: pharmacy, Kind: "purchase", Title: "药品采购", LegalBasis: "《集团采购办法》", Positions: []string{h.buyer.GetName()},
		Steps: []*riskv1.Step{{Id: "order", Title: "下单", Position: h.buyer.GetName(), DecisionPoint: true}},
	}), enter)
	assert.Equal(t, firstHospital, power.GetStanding().GetReviewingUnit())
	outranked := as(h.Suite, "ethics_committee", firstHospital)
	passed := h.auditor.approvePower(t, power)
	assert.Equal(t, hospitalGroup, passed.GetStanding().GetReviewingUnit())
	assert.Equal(t, []string{"第一医院药学部报审“药品采购”，请于 2026-11-22 前进行集团审核。"}, said(t, h.Suite, "ethics_committee", hospitalGroup, power.GetName(), 1))
	assert.Equal(t, []string{"第一医院药学部报审“药品采购”，请于 2026-11-22 前进行医院审核。"}, said(t, h.Suite, "hospital_auditor", firstHospital, power.GetName(), 1))
	_, err := outranked.powers.ApprovePowerItem(t.Context(), &riskv1.ApprovePowerItemRequest{
		Name: power.GetName(), ContentSha256: passed.GetStanding().GetContentSha256(),
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "REVIEWED_ABOVE")
	mine := func(o office) int {
		listed, err := o.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: o.unit, AwaitsMyReview: true})
		require.NoError(t, err)
		return len(listed.GetPowerItems())
	}
	assert.Equal(t, []int{0, 1}, []int{mine(outranked), mine(h.group)}, "what is listed is what may be passed")
	assert.Empty(t, h.group.approvePower(t, passed).GetStanding().GetReviewingUnit())

	point := h.clerk.propose(t, h.clerk.point(t, &riskv1.RiskPoint{
		Unit: pharmacy, Category: "kickback", SearchMethods: []string{"walkthrough"}, Causes: []string{"single_supplier"},
		Regime: "药品采购制度", Description: "收受供应商回扣", Position: h.buyer.GetName(), OwnerPosition: h.dean.GetName(),
		Points: map[string]int32{"likelihood": 3, "impact": 5},
	}), enter)
	point = h.auditor.approveTwice(t, point)
	assert.Equal(t, []string{"第一医院药学部报审“收受供应商回扣”，请于 2026-11-22 前进行集团终审。"}, said(t, h.Suite, "ethics_committee", hospitalGroup, point.GetName(), 1))
	assert.Len(t, said(t, h.Suite, "hospital_auditor", firstHospital, point.GetName(), 2), 2)
}

// What the dean answers for is checked by the group, which hears that it is done.
func TestT8_WhoMayCheckAControlHearsThatItIsDone(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	plan := func(owner string) *riskv1.Control {
		return h.clerk.plan(t, &riskv1.Control{
			Unit: pharmacy, RiskPoint: point.GetName(), Form: "two_persons", Measure: "双人复核采购单", OwnerPosition: owner, DueOn: "2026-11-30",
		})
	}
	deans, buyers := plan(h.dean.GetName()), h.clerk.completeControl(t, plan(h.buyer.GetName()))
	assert.Equal(t, []string{
		"第一医院药学部的防控措施“双人复核采购单（风险点：收受供应商回扣）”由本单位“院长”岗位负责，请于 2026-11-30 前完成。",
	}, said(t, h.Suite, "hospital_auditor", firstHospital, deans.GetName(), 1))
	deans = h.clerk.completeControl(t, deans)
	assert.Len(t, said(t, h.Suite, "ethics_committee", hospitalGroup, deans.GetName(), 1), 1)
	assert.Len(t, said(t, h.Suite, "hospital_auditor", firstHospital, buyers.GetName(), 1), 1)
	require.Eventually(t, func() bool {
		return len(said(t, h.Suite, "hospital_auditor", firstHospital, deans.GetName(), 0)) == 0
	}, time.Minute, 50*time.Millisecond, "it is asked no more, and nothing of checking it")
	assert.Empty(t, said(t, h.Suite, "ethics_committee", hospitalGroup, buyers.GetName(), 0))
	_, err := h.auditor.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: deans.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_CONTROL")
	_, err = h.group.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: deans.GetName()})
	require.NoError(t, err)
}

// The group alone passes the last stage: it hears of a grade that was dropped, and the hospital, which may not grade anew, does not.
func TestT3_WhoMayGradeAnewHearsOfADroppedGrade(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	scheme, err := h.group.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	for _, grade := range scheme.GetGrades() {
		if grade.GetId() == point.GetGrade() {
			grade.Id = "utmost"
		}
	}
	for _, row := range scheme.GetMatrix().GetRows() {
		for i, grade := range row.GetGrades() {
			if grade == point.GetGrade() {
				row.Grades[i] = "utmost"
			}
		}
	}
	_, err = h.group.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	h.Clock.Advance(wholeDay)
	h.RunJob("risk.find_misgraded")
	require.Equal(t, []string{point.GetName()}, h.group.misgraded(t, dropped))
	require.Eventually(t, func() bool {
		told := said(t, h.Suite, "ethics_committee", hospitalGroup, point.GetName(), 1)
		return strings.Contains(told[len(told)-1], "方案取消了等级")
	}, time.Minute, 50*time.Millisecond)
	assert.NotContains(t, strings.Join(said(t, h.Suite, "hospital_auditor", firstHospital, point.GetName(), 2), ""), "取消了等级")
}
