package tips

import (
	"slices"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
)

const (
	tipReceived = networkv1.TipState_TIP_STATE_RECEIVED
	tipReturned = networkv1.TipState_TIP_STATE_RETURNED
	tipAccepted = networkv1.TipState_TIP_STATE_ACCEPTED
	tipClosed   = networkv1.TipState_TIP_STATE_CLOSED

	tipDuplicate = networkv1.TipState_TIP_STATE_DUPLICATE
)

// topmost is the one unit that nobody in the instance is above.
var topmost = lifecycle.By("topmost unit")

// Lifecycle is the life of a tip (C8, H8). To enclose and to attach is to begin to add an original.
var Lifecycle = lifecycle.Table[networkv1.TipState]{
	Resource: "Tip",
	Start:    tipReceived,
	Transitions: []lifecycle.Transition[networkv1.TipState]{
		{From: tipReceived, Act: "return", To: tipReturned, By: lifecycle.By("handling unit")},
		{From: tipReceived, Act: "accept", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipReceived, Act: "refer", To: tipReceived, By: lifecycle.By("handling unit")},
		{From: tipReceived, Act: "mark_urgent", To: tipReceived, By: lifecycle.By("handling unit")},
		{From: tipReceived, Act: "enclose", To: tipReceived, By: lifecycle.By("sender")},
		{From: tipReceived, Act: "answer", To: tipReceived, By: lifecycle.By("sender")},
		{From: tipReceived, Act: "attach", To: tipReceived, By: lifecycle.By("handling unit")},
		{From: tipReceived, Act: "complete_upload", To: tipReceived, By: lifecycle.By("who began it")},
		{From: tipReceived, Act: "report_onward", To: tipReceived, By: topmost},
		{From: tipReceived, Act: "record_receipt", To: tipReceived, By: topmost},
		{From: tipReceived, Act: "link_duplicate", To: tipDuplicate, By: lifecycle.By("handling unit")},
		{From: tipReturned, Act: "resubmit", To: tipReceived, By: lifecycle.By("sender")},
		{From: tipReturned, Act: "close", To: tipClosed, By: lifecycle.By("handling unit")},
		{From: tipReturned, Act: "refer", To: tipReturned, By: lifecycle.By("handling unit")},
		{From: tipReturned, Act: "mark_urgent", To: tipReturned, By: lifecycle.By("handling unit")},
		{From: tipReturned, Act: "enclose", To: tipReturned, By: lifecycle.By("sender")},
		{From: tipReturned, Act: "answer", To: tipReturned, By: lifecycle.By("sender")},
		{From: tipReturned, Act: "attach", To: tipReturned, By: lifecycle.By("handling unit")},
		{From: tipReturned, Act: "complete_upload", To: tipReturned, By: lifecycle.By("who began it")},
		{From: tipReturned, Act: "record_receipt", To: tipReturned, By: topmost},
		{From: tipAccepted, Act: "close", To: tipClosed, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "refer", To: tipReceived, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "mark_urgent", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "ask", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "answer", To: tipAccepted, By: lifecycle.By("sender")},
		{From: tipAccepted, Act: "extend", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "pause", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "resume", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "attach", To: tipAccepted, By: lifecycle.By("handling unit")},
		{From: tipAccepted, Act: "complete_upload", To: tipAccepted, By: lifecycle.By("who began it")},
		{From: tipAccepted, Act: "report_onward", To: tipAccepted, By: topmost},
		{From: tipAccepted, Act: "record_receipt", To: tipAccepted, By: topmost},
		{From: tipAccepted, Act: "link_duplicate", To: tipDuplicate, By: lifecycle.By("handling unit")},
		{From: tipClosed, Act: "report_onward", To: tipClosed, By: topmost},
		{From: tipClosed, Act: "record_receipt", To: tipClosed, By: topmost},
		{From: tipDuplicate, Act: "record_receipt", To: tipDuplicate, By: topmost},
		{From: tipDuplicate, Act: "complete_upload", To: tipDuplicate, By: lifecycle.By("who began it")},
		{From: tipDuplicate, Act: "unlink_duplicate", To: tipReceived, By: lifecycle.By("handling unit")},
	},
}

// next is the state that an act leads a tip to. A refusal names no answer where nothing is asked, no receipt where nothing went
// onward, and nothing about the limit that the scheme, nil to the sender, does not grant.
func next(tip *networkv1.Tip, act lifecycle.Act, scheme *networkv1.Scheme, now time.Time) (networkv1.TipState, error) {
	return Lifecycle.NextOf(tip.GetState(), act, func(other lifecycle.Act) bool {
		switch other {
		case "answer":
			open := func(q *networkv1.TipQuestion) bool { return q.GetAnswerTime() == nil }
			return slices.ContainsFunc(tip.GetQuestions(), open)
		case "record_receipt":
			return len(tip.GetOnwardReports()) > 0
		}
		return limits.Counter{Now: now}.Open(other, tip.GetCloseBy(), scheme.GetTipLimits().GetCloseLeeway())
	})
}
