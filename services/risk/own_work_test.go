package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func requireOwnWork(t *testing.T, err error) {
	t.Helper()
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
}

// The topmost unit judges its own, for nobody is above it; of its accounts never the one whose work it is.
func TestJ4_T8_T10_AtTheTopAnotherAccountJudges(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	account := func(name string) office {
		return on(s.AsPrincipal(access.Principal{
			Subject: "accounts/" + name, Unit: commerce, Roles: []string{"leading_group_office"},
		}), commerce)
	}
	office := as(s, "leading_group_office", commerce)
	head := office.held(t, commerce, "局长", "head", "甲", "2021-12-01").GetName()
	asked := riskPoint(commerce, 5, 5, 5)
	asked.Category, asked.Position, asked.OwnerPosition = "decision", head, head
	point := office.submit(t, office.point(t, asked))
	_, err := office.points.ApproveRiskPoint(t.Context(), pass(point))
	requireOwnWork(t, err)
	_, err = office.points.ReturnRiskPoint(t.Context(), &riskv1.ReturnRiskPointRequest{Name: point.GetName(), Reason: "重填"})
	requireOwnWork(t, err)
	point = office.second.sendBack(t, point, "不够具体")
	point.Description = "大额资金支出不经集体研究"
	point = office.second.submit(t, office.update(t, point))
	_, err = office.second.points.ApproveRiskPoint(t.Context(), pass(point))
	requireOwnWork(t, err) // by who handed it in last
	_, err = office.points.ApproveRiskPoint(t.Context(), pass(point))
	requireOwnWork(t, err) // by who wrote of it before, and did not hand it in
	point = account("fourth").approve(t, account("third").approve(t, point))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, point.GetState())
	s.Clock.Advance(time.Hour)
	point.Description = "大额资金支出未经集体研究"
	point = office.second.submit(t, office.second.update(t, point))
	point = office.approve(t, point)
	assert.NotEmpty(t, point.GetStanding().GetReviews(), "what is in force has been judged")
	_, err = office.regrade(t, point, head, 4, 5, 5)
	requireOwnWork(t, err) // who wrote what was in force before
	_, err = account("third").regrade(t, point, head, 4, 5, 5)
	require.NoError(t, err)

	control := office.completeControl(t, office.plan(t, &riskv1.Control{
		Unit: commerce, RiskPoint: point.GetName(), Form: "pledge", Measure: "签订保廉承诺书", OwnerPosition: head, DueOn: "2026-11-20",
	}))
	confirm := &riskv1.ConfirmControlRequest{Name: control.GetName(), Reason: "属实"}
	_, err = office.controls.ConfirmControl(t.Context(), confirm)
	requireOwnWork(t, err)
	_, err = office.second.controls.ConfirmControl(t.Context(), confirm)
	require.NoError(t, err)

	s.RunJob("risk.open_rotations")
	rotation := office.rotated(t, &riskv1.ListRotationsRequest{})[0].GetName()
	_, err = office.rotations.DeferRotation(t.Context(), &riskv1.DeferRotationRequest{
		Name: rotation, Until: "2027-01-15", Reason: "专项工作未完",
	})
	require.NoError(t, err)
	_, err = office.rotations.ApproveDeferral(t.Context(), &riskv1.ApproveDeferralRequest{Name: rotation})
	requireOwnWork(t, err)
	_, err = office.rotations.RefuseDeferral(t.Context(), &riskv1.RefuseDeferralRequest{Name: rotation, Reason: "太久"})
	requireOwnWork(t, err)
	_, err = office.second.rotations.ApproveDeferral(t.Context(), &riskv1.ApproveDeferralRequest{Name: rotation})
	require.NoError(t, err)
}

func TestT12_AtTheTopAnotherAccountApprovesAPower(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	group := as(s, "discipline_group", court)
	asked := group.licensing(t, court)
	asked.Kind = "position"
	item := group.submitPower(t, group.power(t, asked), enter)
	_, err := group.powers.ApprovePowerItem(t.Context(), approval(item))
	requireOwnWork(t, err)
	item = group.second.approvePower(t, item)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
}

func TestJ4_T4_WhoWroteAnEntryAnswersNoObjectionToIt(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	third := on(s.AsPrincipal(access.Principal{
		Subject: "accounts/third", Unit: commerce, Roles: []string{"leading_group_office"},
	}), commerce)
	asked := riskPoint(commerce, 5, 5, 5)
	asked.Category, asked.OwnerPosition = "decision", office.held(t, commerce, "局长", "head", "甲", "2025-01-01").GetName()
	point := third.approve(t, office.second.approve(t, office.submit(t, office.point(t, asked))))
	catalogue := office.publicise(t, office.freeze(t, "grade_catalogue", "权力廉政风险等级目录", ""), "society")
	_, err := anybody(s).SubmitComment(t.Context(), objectTo(catalogue, point))
	require.NoError(t, err)
	answer := &riskv1.AnswerCommentRequest{
		Name: office.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "维持",
	}
	_, err = office.comments.AnswerComment(t.Context(), answer)
	requireOwnWork(t, err)
	answer.Outcome = riskv1.CommentState_COMMENT_STATE_UPHELD
	_, err = office.comments.AnswerComment(t.Context(), answer)
	requireOwnWork(t, err)
	answer.Outcome = riskv1.CommentState_COMMENT_STATE_DISMISSED
	_, err = office.second.comments.AnswerComment(t.Context(), answer)
	require.NoError(t, err)
}
