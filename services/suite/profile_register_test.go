package suite_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/reflect/protoreflect"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// remindedOf says by which list of a scheme of the register whoever owes something is reminded, where the scheme has it.
func remindedOf(s *riskv1.Scheme) map[protoreflect.Name]bool {
	filed := slices.ContainsFunc(s.GetPublicationKinds(), func(k *riskv1.PublicationKind) bool { return len(k.GetFiledWith()) > 0 }) ||
		slices.ContainsFunc(s.GetDecisionKinds(), func(k *riskv1.DecisionKind) bool { return k.GetFiling() != nil }) ||
		slices.ContainsFunc(s.GetDeficiencyKinds(), func(k *riskv1.DeficiencyKind) bool { return k.GetFiling() != nil })
	return map[protoreflect.Name]bool{
		"control_reminders": len(s.GetControlForms())+len(s.GetLeaderDuties()) > 0, "redo_reminders": len(s.GetPointReview()) > 0,
		"commitment_reminders": len(s.GetCommitments()) > 0, "comment_reminders": s.GetComments() != nil,
		"rotation_reminders": len(s.GetRotations()) > 0, "openness_reminders": len(s.GetOpenness()) > 0,
		"deficiency_reminders": len(s.GetDeficiencyKinds()) > 0, "campaign_reminders": len(s.GetCampaignKinds()) > 0,
		"check_reminders": len(s.GetCheckKinds()) > 0, "decision_reminders": len(s.GetDecisionKinds()) > 0, "filing_reminders": filed,
		"preparation_reminders": len(s.GetDecisionKinds()) > 0,
		"renewal_reminders":     slices.ContainsFunc(s.GetPublicationKinds(), func(k *riskv1.PublicationKind) bool { return k.GetRenewal() != nil }),
		"poll_reminders":        len(s.GetPollKinds()) > 0, "study_reminders": len(s.GetProblems()) > 0,
	}
}

// checkRegisterReminders checks that whoever owes something in the register is reminded before its day, on it and after it, and that a
// unit above hears of it then.
func checkRegisterReminders(t *testing.T, scheme *riskv1.Scheme) {
	t.Helper()
	owed := remindedOf(scheme)
	fields := scheme.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !strings.HasSuffix(string(field.Name()), "_reminders") {
			continue
		}
		asked, known := owed[field.Name()]
		assert.True(t, known, "%s: for what?", field.Name())
		var all []*typev1.Reminder
		for n := range scheme.ProtoReflect().Get(field).List().Len() {
			r, _ := scheme.ProtoReflect().Get(field).List().Get(n).Message().Interface().(*typev1.Reminder)
			all = append(all, r)
		}
		if asked {
			checkMoments(t, scheme.GetName()+" "+string(field.Name()), all)
		}
	}
	if len(scheme.GetPointReview()) > 0 {
		checkMoments(t, scheme.GetName()+" judging", scheme.GetJudging().GetReminders())
	}
}

func checkMoments(t *testing.T, at string, all []*typev1.Reminder) {
	t.Helper()
	for _, moment := range []typev1.ReminderMoment{
		typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE, typev1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE,
		typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE,
	} {
		assert.True(t, slices.ContainsFunc(all, func(r *typev1.Reminder) bool {
			late := moment == typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE
			return r.GetMoment() == moment && (!late || r.GetTellsAbove() > 0)
		}), "%s: nobody is reminded, or nobody above hears of it: %s", at, moment)
	}
}

// checkReviewRights checks that the roles that pass a stage of a review are those of the body, and that one of them may review.
func checkReviewRights(t *testing.T, network *networkv1.Scheme, scheme *riskv1.Scheme) {
	t.Helper()
	for _, stage := range slices.Concat(scheme.GetPowerReview(), scheme.GetPointReview()) {
		at, may := scheme.GetName()+" "+stage.GetId(), false
		for _, role := range network.GetRoles() {
			asked := len(stage.GetRoles()) == 0 || slices.Contains(stage.GetRoles(), role.GetId())
			reviews := slices.Contains(access.Granted([]*networkv1.Role{role}), "risk.review")
			may = may || asked && reviews
			if slices.Contains(stage.GetRoles(), role.GetId()) {
				assert.True(t, reviews, "%s: %s may not review", at, role.GetId())
			}
		}
		assert.True(t, may, "%s: nobody may review", at)
		for _, asked := range stage.GetRoles() {
			assert.True(t, slices.ContainsFunc(network.GetRoles(), func(r *networkv1.Role) bool { return r.GetId() == asked }), "%s: %s", at, asked)
		}
	}
}
