package warning

import (
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	pending      = warningv1.WarningState_WARNING_STATE_PENDING
	issued       = warningv1.WarningState_WARNING_STATE_ISSUED
	acknowledged = warningv1.WarningState_WARNING_STATE_ACKNOWLEDGED
	rectified    = warningv1.WarningState_WARNING_STATE_RECTIFIED
	passed       = warningv1.WarningState_WARNING_STATE_PASSED
	closed       = warningv1.WarningState_WARNING_STATE_CLOSED
	withdrawn    = warningv1.WarningState_WARNING_STATE_WITHDRAWN
)

// Acts, as they stand in the table and in a warning's history. A history begins with "issue".
const (
	actIssue              = "issue"
	actApprove            = "approve"
	actAcknowledge        = "acknowledge"
	actExplain            = "explain"
	actRectify            = "rectify"
	actFail               = "check_failed"
	actPass               = "check_passed"
	actClose              = "close"
	actWithdraw           = "withdraw"
	actChangeWarningLevel = "change_warning_level"
	actEscalateOverdue    = "escalate_overdue"
	actOverdue            = "overdue"
)

// actCheck is awaited once a rectification is handed in; its outcome is one of the two acts above.
const actCheck = "check"

var (
	byAddressee  = lifecycle.By("addressee")
	byAbove      = lifecycle.By("unit above the addressee")
	bySupervisor = lifecycle.By("supervising unit")
	bySuite      = lifecycle.By("the suite")
)

// WarningLifecycle is the life of a warning (C11, C12b, T7). One whose level needs no approval begins as issued.
var WarningLifecycle = lifecycle.Table[warningv1.WarningState]{
	Resource: "Warning",
	Start:    pending,
	Transitions: []lifecycle.Transition[warningv1.WarningState]{
		{From: pending, Act: actApprove, To: issued, By: lifecycle.By("approver, never the issuer")},
		{From: pending, Act: actWithdraw, To: withdrawn, By: byAbove},

		{From: issued, Act: actAcknowledge, To: acknowledged, By: byAddressee},
		{From: issued, Act: actExplain, To: issued, By: byAddressee},
		{From: issued, Act: actChangeWarningLevel, To: issued, By: byAbove},
		{From: issued, Act: actWithdraw, To: withdrawn, By: byAbove},
		{From: issued, Act: actEscalateOverdue, To: issued, By: bySuite},
		{From: issued, Act: actOverdue, To: issued, By: bySuite},

		{From: acknowledged, Act: actExplain, To: acknowledged, By: byAddressee},
		{From: acknowledged, Act: actRectify, To: rectified, By: byAddressee},
		{From: acknowledged, Act: actChangeWarningLevel, To: acknowledged, By: byAbove},
		{From: acknowledged, Act: actWithdraw, To: withdrawn, By: byAbove},
		{From: acknowledged, Act: actEscalateOverdue, To: acknowledged, By: bySuite},
		{From: acknowledged, Act: actOverdue, To: acknowledged, By: bySuite},

		{From: rectified, Act: actPass, To: passed, By: bySupervisor},
		{From: rectified, Act: actFail, To: acknowledged, By: bySupervisor},
		{From: rectified, Act: actChangeWarningLevel, To: rectified, By: byAbove},
		{From: rectified, Act: actWithdraw, To: withdrawn, By: byAbove},

		{From: passed, Act: actClose, To: closed, By: byAbove},
		{From: passed, Act: actWithdraw, To: withdrawn, By: byAbove},
	},
}
