package risk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ1_J2_T8_AUnitHearsOfWhatIsEnteredForItAbove(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	post := b.office.post(t, markets, "审批岗", "staff")
	assert.Equal(t, []string{"商务局三位一体机制建设领导小组办公室在本单位的登记册中设立了岗位“审批岗”。"},
		said(t, b.Suite, "section", markets, post, 1))
	item := b.office.licensing(t, markets)
	item.Kind = "approval"
	power := b.office.power(t, item)
	assert.Contains(t, said(t, b.Suite, "section", markets, power.GetName(), 1)[0], "录入了“临时占道许可”")
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category = "decision"
	point := b.office.point(t, asked)
	assert.Contains(t, said(t, b.Suite, "section", markets, point.GetName(), 1)[0], "录入了“"+point.GetDescription())

	against := b.against(b.inForce(t, 1, "execution"), "pledge")
	_, err := b.office.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: against})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	b.section.plan(t, against)
}

func TestT8_ASumBelowIsOneMessage(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	point := b.inForce(t, 1, "execution")
	const many = 135 // more than a transaction of the job takes
	for range many {
		b.section.plan(t, b.against(point, "pledge"))
	}
	b.Clock.Advance(30 * day)
	b.RunJob("risk.remind_controls")
	b.RunJob("risk.remind_controls")
	sum := fmt.Sprintf("下级有 %d 项防控措施或者领导职责没有按期落实，最早的应于 2026-11-20 前完成。", many)
	assert.Equal(t, []string{sum}, said(t, b.Suite, "leading_group_office", commerce, commerce, 1))
}

func TestT8_ALateRoundStaysLate(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	point := b.inForce(t, 1, "execution")
	control := b.section.plan(t, b.against(point, "pledge"))
	late := b.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "收费未入账"})
	require.Equal(t, "2026-11-20 2026-11-16", control.GetDueOn()+" "+late.GetDueOn())
	b.Clock.Advance(24 * day)
	b.section.completeControl(t, control)
	b.section.attach(t, late.GetName())
	b.section.correct(t, late.GetName())
	returned, err := b.office.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{
		Name: control.GetName(), Reason: "只签未做", DueOn: "2026-12-10",
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-20 2026-11-26", returned.GetChecks()[0].GetDueOn()+" "+returned.GetChecks()[0].GetDoneOn())
	_, err = b.office.found.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{
		Name: late.GetName(), Reason: "未全部入账", DueOn: "2026-12-01",
	})
	require.NoError(t, err)
	_, err = b.section.controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{Name: control.GetName(), Result: "已逐条落实"})
	require.NoError(t, err)
	_, err = b.section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: late.GetName(), Correction: "已补入账"})
	require.NoError(t, err)
	for period, want := range map[string][2]int64{"2026-11": {0, 1}, "2026-12": {1, 1}, "2026": {1, 2}} {
		counts, _ := figuresOf(t, b.Suite, markets, period, "controls", "deficiencies")
		assert.Equal(t, map[string][2]int64{"controls": want, "deficiencies": want}, counts, period)
	}
}

func TestT8_WhatIsDoneAboutARetiredPointIsNotDoneAnew(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	point := b.inForce(t, 1, "execution")
	control := b.section.plan(t, b.against(point, "pledge"))
	assert.Equal(t, point.GetDescription(), control.GetRiskPointTitle())
	b.section.completeControl(t, control)
	b.office.approveTwice(t, b.section.propose(t, b.section.get(t, point), riskv1.Proposal_PROPOSAL_END))
	_, err := b.office.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{
		Name: control.GetName(), Reason: "不足", DueOn: "2026-11-30",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POINT_RETIRED")
	_, err = b.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: control.GetName()})
	require.NoError(t, err)
}

func TestT16_ADeficiencyOfADroppedKindIsReturnedWithADay(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	found := b.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "收费未入账"})
	b.section.attach(t, found.GetName())
	b.section.correct(t, found.GetName())
	admin := as(b.Suite, "administrator", commerce)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	scheme.DeficiencyKinds = scheme.GetDeficiencyKinds()[:1]
	require.NotEqual(t, "off_book_funds", scheme.GetDeficiencyKinds()[0].GetId())
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	b.Clock.Advance(day)
	back := &riskv1.ReturnDeficiencyRequest{Name: found.GetName(), Reason: "未全部入账"}
	_, err = b.office.found.ReturnDeficiency(t.Context(), back)
	suitetest.RequireFieldFaults(t, err, map[string]string{"due_on": "REQUIRED"})
	back.DueOn = "2026-11-30"
	returned, err := b.office.found.ReturnDeficiency(t.Context(), back)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30", returned.GetDueOn())
	require.NoError(t, b.office.fileUpward(t, found.GetName(), "city_commission", "2026-11-03"), "as the scheme had it")
}

func TestT16_ACheckIsNotPutOffAndNotOfItself(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	own := c.of("quarterly")
	own.CheckedUnit = commerce
	_, err := c.group.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: own})
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetReason(), "CHECKS_ITSELF")
	inquiry := c.ask(t)
	check := c.verify(t, inquiry)
	c.Clock.Advance(20 * day)
	change := func(due string) error {
		_, err := c.group.checks.UpdateCheck(t.Context(), &riskv1.UpdateCheckRequest{
			Check: &riskv1.Check{Name: check.GetName(), DueOn: due}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"due_on"}},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, change("2026-12-31"), map[string]string{"check.due_on": "PUT_OFF"})
}

// The first hospital publicises; the group alone passes the last stage of review, and has all the time for it that it likes.
func TestJ6_T4_WhoReviewsGradesAnewWhatAUnitBetweenPublicised(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	scheme, err := h.group.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.Judging = "2026-11-03", nil
	_, err = h.group.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	h.Clock.Advance(day)
	clerk := as(h.Suite, "integrity_clerk", firstHospital)
	point := h.kickback(t, 1, 2, "")
	public := clerk.publicise(t, clerk.freeze(t, "register", "风险登记册", ""), "intranet")
	sent := func() string {
		answer, err := clerk.comments.SubmitComment(t.Context(), objectTo(public, point))
		require.NoError(t, err)
		return answer.GetReceipt()
	}
	receipt := sent()
	comment := h.auditor.onlyComment(t)
	uphold := &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "等级偏低",
		Regrade: &riskv1.Regrade{Points: map[string]int32{"likelihood": 3, "impact": 5}, OwnerPosition: h.dean.GetName()},
	}
	_, err = h.auditor.comments.AnswerComment(t.Context(), uphold)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "不成立",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	bare := &riskv1.AnswerCommentRequest{Name: comment.GetName(), Outcome: uphold.GetOutcome(), Answer: "异议成立"}
	_, err = h.auditor.comments.AnswerComment(t.Context(), bare)
	require.NoError(t, err)
	assert.Contains(t, said(t, h.Suite, "ethics_committee", hospitalGroup, public.GetName(), 1)[0], "由有权审核的单位办理：异议成立")
	_, err = h.group.comments.AnswerComment(t.Context(), uphold)
	require.NoError(t, err)
	seen := follow(t, anybody(h.Suite), receipt)
	assert.Equal(t, "异议成立 extreme", seen.GetAnswer()+" "+seen.GetRegradedTo())
	_, err = h.group.comments.AnswerComment(t.Context(), uphold)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REGRADED_BEFORE")

	receipt = sent()
	list, err := h.group.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
		Unit: firstHospital, States: []riskv1.CommentState{riskv1.CommentState_COMMENT_STATE_RECEIVED},
	})
	require.NoError(t, err)
	uphold.Name, uphold.RegradeVersion = list.GetComments()[0].GetName(), 2
	uphold.Regrade = &riskv1.Regrade{Points: map[string]int32{"likelihood": 2, "impact": 1}}
	_, err = h.group.comments.AnswerComment(t.Context(), uphold)
	require.NoError(t, err)
	seen = follow(t, anybody(h.Suite), receipt)
	assert.Equal(t, "等级偏低 negligible", seen.GetAnswer()+" "+seen.GetRegradedTo())
	assert.Len(t, said(t, h.Suite, "hospital_auditor", firstHospital, public.GetName(), 3), 3, "who was to answer hears of it")
}

func TestJ6_T20_CommentsAreRefusedByWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	asked := objectTo(publication, point)
	asked.Entry = ""
	_, err := anybody(h.Suite).SubmitComment(t.Context(), asked)
	suitetest.RequireFieldFaults(t, err, map[string]string{"entry": "REQUIRED"})
	_, err = anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	_, err = h.leaders.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "成立",
		Regrade: &riskv1.Regrade{Points: point.GetPoints()},
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	require.NotContains(t, err.Error(), "无")
}

func TestJ3_CriteriaThatNothingLeadsToAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	criteria := schemeFor(t, s, "criteria", township, "duty")
	for _, factor := range criteria.GetFactors() {
		factor.Weight = 0
	}
	stored := func(first, second string) error {
		criteria.Grading = &riskv1.Scheme_Criteria{Criteria: &riskv1.CriteriaGrading{Criteria: []string{first, second}}}
		return store(t, s, criteria, false)
	}
	suitetest.RequireFieldFaults(t, stored("points.harm >= 3", "points.harm >= 3"),
		map[string]string{"scheme.criteria.criteria[1]": "SAME_CRITERION"})
	suitetest.RequireFieldFaults(t, stored("points.harm >= 9", "points.harm >= 3"),
		map[string]string{"scheme.criteria.criteria[0]": "GRADE_NEVER_MET"})
	suitetest.RequireFieldFaults(t, stored("points.harm >= 3", "points.harm >= 1"),
		map[string]string{"scheme.criteria.criteria": "GRADE_NEVER_MET"})
	require.NoError(t, stored("points.harm >= 4", "points.harm >= 2"))
}

func TestT20_ACommentIsOfADayOnWhichASchemeHeld(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	medium := scheme.GetCommentMedia()[0].GetId()
	_, err = office.comments.RegisterComment(t.Context(), inMedia(markets, medium, "第3版", "1990-01-01"))
	suitetest.RequireFieldFaults(t, err, map[string]string{"received_on": "NO_SCHEME_THEN"})
}
