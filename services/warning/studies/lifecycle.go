package studies

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	drafted   = warningv1.StudyState_STUDY_STATE_DRAFTED
	open      = warningv1.StudyState_STUDY_STATE_OPEN
	concluded = warningv1.StudyState_STUDY_STATE_CONCLUDED
	withdrawn = warningv1.StudyState_STUDY_STATE_WITHDRAWN

	invited    = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_INVITED
	declined   = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_DECLINED
	accepted   = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_ACCEPTED
	cleared    = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_CLEARED
	conflicted = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_CONFLICTED
	advised    = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_ADVISED
	heard      = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_HEARD
	released   = warningv1.StudyInvitationState_STUDY_INVITATION_STATE_RELEASED

	inviteAct   lifecycle.Act = "invite_expert"
	concludeAct lifecycle.Act = "conclude"
	withdrawAct lifecycle.Act = "withdraw"

	answerAct  lifecycle.Act = "answer_invitation"
	declareAct lifecycle.Act = "declare_conflict"
	opinionAct lifecycle.Act = "record_opinion"
	endAct     lifecycle.Act = "end_invitation"
)

type (
	transition           = lifecycle.Transition[warningv1.StudyState]
	invitationTransition = lifecycle.Transition[warningv1.StudyInvitationState]
)

var (
	unit      = lifecycle.By("unit, or the one above where it acts for a unit studied") // isUnit
	concluder = lifecycle.By("as the unit, never one of the experts")                   // isConcluder
	expert    = lifecycle.By("the expert or, for one without an account, the unit")     // isExpert
	reader    = lifecycle.By("whoever reads the study")
	uploader  = lifecycle.By("who began it")
)

// Lifecycle is the life of a study (V2).
var Lifecycle = lifecycle.Table[warningv1.StudyState]{
	Resource: "Study", Start: drafted, Transitions: slices.Concat([]transition{
		{From: drafted, Act: collection.UpdateAct, To: drafted, By: unit},
		{From: drafted, Act: inviteAct, To: open, By: unit},
		{From: drafted, Act: withdrawAct, To: withdrawn, By: unit},
		{From: open, Act: collection.UpdateAct, To: open, By: unit},
		{From: open, Act: inviteAct, To: open, By: unit},
		{From: open, Act: concludeAct, To: concluded, By: concluder},
		{From: open, Act: withdrawAct, To: withdrawn, By: unit},
	}, files(drafted, open)),
}

// files are the transitions by which files are attached in some states.
func files(states ...warningv1.StudyState) (list []transition) {
	for _, s := range states {
		list = append(list, transition{From: s, Act: attachments.AttachAct, To: s, By: reader},
			transition{From: s, Act: attachments.CompleteAct, To: s, By: uploader})
	}
	return list
}

// InvitationLifecycle is the life of an expert's invitation (V2).
var InvitationLifecycle = lifecycle.Table[warningv1.StudyInvitationState]{
	Resource: "StudyInvitation", Start: invited, Transitions: []invitationTransition{
		{From: invited, Act: answerAct, To: accepted, By: expert},
		{From: invited, Act: answerAct, To: declined, By: expert},
		{From: accepted, Act: declareAct, To: cleared, By: expert},
		{From: accepted, Act: declareAct, To: conflicted, By: expert},
		{From: cleared, Act: declareAct, To: cleared, By: expert},
		{From: cleared, Act: declareAct, To: conflicted, By: expert},
		{From: cleared, Act: opinionAct, To: advised, By: expert},
		{From: advised, Act: declareAct, To: advised, By: expert},
		{From: advised, Act: declareAct, To: conflicted, By: expert},
		{From: invited, Act: endAct, To: released, By: lifecycle.Suite},
		{From: accepted, Act: endAct, To: released, By: lifecycle.Suite},
		{From: cleared, Act: endAct, To: released, By: lifecycle.Suite},
		{From: advised, Act: endAct, To: heard, By: lifecycle.Suite},
	},
}

// isUnit lets the unit that studies act, or its successor (ADR 037); where that is one of the units studied by now, the unit
// above.
func isUnit(ctx context.Context, c *change) error { return access.RequireOwn(ctx, responsible(c)) }

// studied tells of a study or an invitation who acts for the unit that studies.
type studied interface {
	ActingUnit() string
	UnitAbove() string
}

// responsible is the unit that does what the one that studies has to do, and hears of it.
func responsible(c *change) string {
	return notSubject(c, c.Record.GetSubjectUnits(), c.Beside[endedSubjects])
}

// responsibleFor is responsible, for an invitation.
func responsibleFor(c *invitation) string {
	return notSubject(c, c.Record.GetSubjectUnits(), c.Beside[endedSubjects])
}

func notSubject(c studied, subjects []string, ended string) string {
	if isSubject(subjects, ended, c.ActingUnit()) {
		return c.UnitAbove()
	}
	return c.ActingUnit()
}

// isExpert lets an expert act by their own account, and for one who has none the staff of the unit.
func (s *Server) isExpert(ctx context.Context, c *invitation) error {
	if officer := c.Record.GetExpert().GetOfficer(); officer != "" {
		if access.PrincipalOf(ctx).Officer != officer {
			return fault.Denied(words.ExpertAnswers())
		}
		return nil
	}
	if err := access.RequirePermission(ctx, s.directory, handling); err != nil {
		return err
	}
	return access.RequireOwn(ctx, responsibleFor(c))
}
