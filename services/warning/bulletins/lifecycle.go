package bulletins

import (
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	drafted   = warningv1.BulletinState_BULLETIN_STATE_DRAFTED
	approved  = warningv1.BulletinState_BULLETIN_STATE_APPROVED
	issued    = warningv1.BulletinState_BULLETIN_STATE_ISSUED
	withdrawn = warningv1.BulletinState_BULLETIN_STATE_WITHDRAWN

	sent         = warningv1.BulletinReceiptState_BULLETIN_RECEIPT_STATE_SENT
	acknowledged = warningv1.BulletinReceiptState_BULLETIN_RECEIPT_STATE_ACKNOWLEDGED
	answered     = warningv1.BulletinReceiptState_BULLETIN_RECEIPT_STATE_ANSWERED

	approveAct     lifecycle.Act = "approve"
	issueAct       lifecycle.Act = "issue_bulletin"
	withdrawAct    lifecycle.Act = "withdraw"
	acknowledgeAct lifecycle.Act = "acknowledge"
	followUpAct    lifecycle.Act = "follow_up"
)

var (
	unit     = lifecycle.Own("unit")
	approver = lifecycle.By("approver at the unit or above it, never who drafted or changed it, nor for two stages").Judging(
		warningv1.BulletinService_CreateBulletin_FullMethodName, warningv1.BulletinService_UpdateBulletin_FullMethodName,
	)
	addressee = lifecycle.Own("addressee")
)

// Lifecycle is the life of a bulletin (H3, C14, V3). One whose kind asks for no approval begins as approved.
var Lifecycle = lifecycle.Table[warningv1.BulletinState]{
	Resource: "Bulletin", Start: drafted, Transitions: []lifecycle.Transition[warningv1.BulletinState]{
		{From: drafted, Act: collection.UpdateAct, To: drafted, By: unit},
		{From: drafted, Act: collection.UpdateAct, To: approved, By: unit},
		{From: drafted, Act: approveAct, To: approved, By: approver},
		{From: drafted, Act: approveAct, To: drafted, By: approver},
		{From: drafted, Act: withdrawAct, To: withdrawn, By: unit},
		{From: approved, Act: collection.UpdateAct, To: drafted, By: unit},
		{From: approved, Act: collection.UpdateAct, To: approved, By: unit},
		{From: approved, Act: issueAct, To: issued, By: unit},
		{From: approved, Act: withdrawAct, To: withdrawn, By: unit},
	},
}

// ReceiptLifecycle is the life of an addressee's receipt (V3).
var ReceiptLifecycle = lifecycle.Table[warningv1.BulletinReceiptState]{
	Resource: "BulletinReceipt", Start: sent, Transitions: []lifecycle.Transition[warningv1.BulletinReceiptState]{
		{From: sent, Act: acknowledgeAct, To: answered, By: addressee},
		{From: sent, Act: acknowledgeAct, To: acknowledged, By: addressee},
		{From: acknowledged, Act: followUpAct, To: answered, By: addressee},
	},
}
