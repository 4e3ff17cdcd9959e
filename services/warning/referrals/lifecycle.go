package referrals

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
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	drafted   = warningv1.ReferralState_REFERRAL_STATE_DRAFTED
	sent      = warningv1.ReferralState_REFERRAL_STATE_SENT
	declined  = warningv1.ReferralState_REFERRAL_STATE_DECLINED
	agreed    = warningv1.ReferralState_REFERRAL_STATE_AGREED
	closed    = warningv1.ReferralState_REFERRAL_STATE_CLOSED
	withdrawn = warningv1.ReferralState_REFERRAL_STATE_WITHDRAWN

	sendAct     lifecycle.Act = "send_referral"
	agreeAct    lifecycle.Act = "agree"
	declineAct  lifecycle.Act = "decline_referral"
	closeAct    lifecycle.Act = "close"
	withdrawAct lifecycle.Act = "withdraw"
)

type transition = lifecycle.Transition[warningv1.ReferralState]

var (
	unit       = lifecycle.Own("unit")
	department = lifecycle.By("department, never what it refers itself") // isDepartment
	closer     = lifecycle.By("unit, or the one above where it acts for the department too, never who recorded the measures").
			Judging(warningv1.ReferralService_AgreeReferral_FullMethodName) // isCloser
	reader   = lifecycle.By("whoever reads the referral")
	uploader = lifecycle.By("who began it")
)

// Lifecycle is the life of a referral (C13).
var Lifecycle = lifecycle.Table[warningv1.ReferralState]{
	Resource: "Referral", Start: drafted, Transitions: slices.Concat([]transition{
		{From: drafted, Act: collection.UpdateAct, To: drafted, By: unit},
		{From: drafted, Act: sendAct, To: sent, By: unit},
		{From: drafted, Act: withdrawAct, To: withdrawn, By: unit},
		{From: sent, Act: agreeAct, To: agreed, By: department},
		{From: sent, Act: declineAct, To: declined, By: department},
		{From: sent, Act: withdrawAct, To: withdrawn, By: unit},
		{From: declined, Act: collection.UpdateAct, To: declined, By: unit},
		{From: declined, Act: sendAct, To: sent, By: unit},
		{From: declined, Act: withdrawAct, To: withdrawn, By: unit},
		{From: agreed, Act: closeAct, To: closed, By: closer},
	}, files(drafted, sent, declined, agreed)),
}

// files are the transitions by which files are attached in some states.
func files(states ...warningv1.ReferralState) (list []transition) {
	for _, s := range states {
		list = append(list, transition{From: s, Act: attachments.AttachAct, To: s, By: reader},
			transition{From: s, Act: attachments.CompleteAct, To: s, By: uploader})
	}
	return list
}

// departmentOf is the unit that acts for the department.
func departmentOf(c *change) string {
	return resource.Name(resource.Units, access.LastPathID(c.Beside[actingDepartment]))
}

// isDepartment lets the department answer, or its successor (ADR 037), unless that acts for the unit that refers too.
func isDepartment(ctx context.Context, c *change) error {
	if err := requireOther(c); err != nil {
		return err
	}
	return access.RequireOwn(ctx, departmentOf(c))
}

// requireOther refuses a referral of which both sides have become one.
func requireOther(c *change) error {
	if departmentOf(c) == c.ActingUnit() {
		return fault.Denied(words.OwnReferral())
	}
	return nil
}

// isCloser lets the unit that refers record the outcome or, where that acts for the department too, the unit above it.
func isCloser(ctx context.Context, c *change) error {
	if departmentOf(c) == c.ActingUnit() {
		return access.RequireOwn(ctx, c.UnitAbove())
	}
	return access.RequireOwn(ctx, c.ActingUnit())
}
