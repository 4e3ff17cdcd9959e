package caseleads

import (
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	held      = warningv1.CaseLeadState_CASE_LEAD_STATE_HELD
	offered   = warningv1.CaseLeadState_CASE_LEAD_STATE_OFFERED
	outside   = warningv1.CaseLeadState_CASE_LEAD_STATE_OUTSIDE
	closed    = warningv1.CaseLeadState_CASE_LEAD_STATE_CLOSED
	withdrawn = warningv1.CaseLeadState_CASE_LEAD_STATE_WITHDRAWN

	offerAct    lifecycle.Act = "offer"
	acceptAct   lifecycle.Act = "accept_case_lead"
	declineAct  lifecycle.Act = "decline_case_lead"
	returnAct   lifecycle.Act = "return_case_lead"
	fileAct     lifecycle.Act = "file_case_lead"
	closeAct    lifecycle.Act = "close"
	withdrawAct lifecycle.Act = "withdraw"
)

type transition = lifecycle.Transition[warningv1.CaseLeadState]

var (
	holder   = lifecycle.By("unit that has it")                                         // isHolder
	receiver = lifecycle.By("unit that it is offered to, never the one that offers it") // isOffered
	opener   = lifecycle.By("unit that opened it, as long as it has it")                // isOpener
	uploader = lifecycle.By("who began it")
)

// Lifecycle is the life of a case lead (C17). What who has it does ends an offer that is not
// answered. A unit above the party acts where that has become the one that the lead is about, or lies below it.
var Lifecycle = lifecycle.Table[warningv1.CaseLeadState]{
	Resource: "CaseLead", Start: held, Transitions: []transition{
		{From: held, Act: offerAct, To: offered, By: holder},
		{From: held, Act: returnAct, To: held, By: holder},
		{From: held, Act: fileAct, To: outside, By: holder},
		{From: held, Act: closeAct, To: closed, By: holder},
		{From: held, Act: withdrawAct, To: withdrawn, By: opener},
		{From: held, Act: attachments.AttachAct, To: held, By: holder},
		{From: held, Act: attachments.CompleteAct, To: held, By: uploader},
		{From: offered, Act: offerAct, To: offered, By: holder},
		{From: offered, Act: acceptAct, To: held, By: receiver},
		{From: offered, Act: declineAct, To: held, By: receiver},
		{From: offered, Act: returnAct, To: held, By: holder},
		{From: offered, Act: fileAct, To: outside, By: holder},
		{From: offered, Act: closeAct, To: closed, By: holder},
		{From: offered, Act: withdrawAct, To: withdrawn, By: opener},
		{From: offered, Act: attachments.AttachAct, To: offered, By: holder},
		{From: offered, Act: attachments.CompleteAct, To: offered, By: uploader},
		{From: outside, Act: closeAct, To: closed, By: holder},
	},
}
