package warnings

import (
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
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
	issue           lifecycle.Act = "issue"
	approve         lifecycle.Act = "approve"
	acknowledge     lifecycle.Act = "acknowledge"
	explain         lifecycle.Act = "explain"
	rectify         lifecycle.Act = "rectify"
	checkFailed     lifecycle.Act = "check_failed"
	checkPassed     lifecycle.Act = "check_passed"
	end             lifecycle.Act = "close"
	withdraw        lifecycle.Act = "withdraw"
	changeLevel     lifecycle.Act = "change_warning_level"
	extend          lifecycle.Act = "extend"
	pause           lifecycle.Act = "pause"
	resume          lifecycle.Act = "resume"
	escalateOverdue lifecycle.Act = "escalate_overdue"
	markOverdue     lifecycle.Act = "overdue"
	checkOverdue    lifecycle.Act = "check_overdue"
)

// check is awaited once a rectification is handed in; its outcome is one of the two acts above.
const check lifecycle.Act = "check"

// Lifecycle is the life of a warning (C11, C12b, T7). One whose level needs no approval begins as issued.
var Lifecycle = lifecycle.Table[warningv1.WarningState]{
	Resource: "Warning",
	Start:    pending,
	Transitions: []lifecycle.Transition[warningv1.WarningState]{
		{From: pending, Act: approve, To: issued, By: approver},
		{From: pending, Act: withdraw, To: withdrawn, By: judge},

		{From: issued, Act: acknowledge, To: acknowledged, By: addressee},
		{From: issued, Act: explain, To: issued, By: addressee},
		{From: issued, Act: changeLevel, To: issued, By: judge},
		{From: issued, Act: extend, To: issued, By: grantor},
		{From: issued, Act: pause, To: issued, By: grantor},
		{From: issued, Act: resume, To: issued, By: grantor},
		{From: issued, Act: attachments.AttachAct, To: issued, By: reader},
		{From: issued, Act: attachments.CompleteAct, To: issued, By: uploader},
		{From: issued, Act: withdraw, To: withdrawn, By: judge},
		{From: issued, Act: escalateOverdue, To: issued, By: lifecycle.Suite},
		{From: issued, Act: markOverdue, To: issued, By: lifecycle.Suite},

		{From: acknowledged, Act: explain, To: acknowledged, By: addressee},
		{From: acknowledged, Act: rectify, To: rectified, By: addressee},
		{From: acknowledged, Act: changeLevel, To: acknowledged, By: judge},
		{From: acknowledged, Act: extend, To: acknowledged, By: grantor},
		{From: acknowledged, Act: pause, To: acknowledged, By: grantor},
		{From: acknowledged, Act: resume, To: acknowledged, By: grantor},
		{From: acknowledged, Act: attachments.AttachAct, To: acknowledged, By: reader},
		{From: acknowledged, Act: attachments.CompleteAct, To: acknowledged, By: uploader},
		{From: acknowledged, Act: withdraw, To: withdrawn, By: judge},
		{From: acknowledged, Act: escalateOverdue, To: acknowledged, By: lifecycle.Suite},
		{From: acknowledged, Act: markOverdue, To: acknowledged, By: lifecycle.Suite},

		{From: rectified, Act: checkPassed, To: passed, By: supervisor},
		{From: rectified, Act: checkFailed, To: acknowledged, By: supervisor},
		{From: rectified, Act: changeLevel, To: rectified, By: judge},
		{From: rectified, Act: extend, To: rectified, By: grantor},
		{From: rectified, Act: pause, To: rectified, By: grantor},
		{From: rectified, Act: resume, To: rectified, By: grantor},
		{From: rectified, Act: attachments.AttachAct, To: rectified, By: reader},
		{From: rectified, Act: attachments.CompleteAct, To: rectified, By: uploader},
		{From: rectified, Act: withdraw, To: withdrawn, By: judge},
		{From: rectified, Act: checkOverdue, To: rectified, By: lifecycle.Suite},

		{From: passed, Act: end, To: closed, By: judge},
		{From: passed, Act: withdraw, To: withdrawn, By: judge},
	},
}
