package tips

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	tipReceived = networkv1.TipState_TIP_STATE_RECEIVED
	tipReturned = networkv1.TipState_TIP_STATE_RETURNED
	tipAccepted = networkv1.TipState_TIP_STATE_ACCEPTED
	tipClosed   = networkv1.TipState_TIP_STATE_CLOSED
)

// Lifecycle is the life of a tip (C8, H8).
var Lifecycle = lifecycle.Table[networkv1.TipState]{
	Resource: "Tip",
	Start:    tipReceived,
	Transitions: []lifecycle.Transition[networkv1.TipState]{
		{From: tipReceived, Act: "return", To: tipReturned, By: "handling unit"},
		{From: tipReceived, Act: "accept", To: tipAccepted, By: "handling unit"},
		{From: tipReturned, Act: "resubmit", To: tipReceived, By: "sender"},
		{From: tipReturned, Act: "close", To: tipClosed, By: "handling unit"},
		{From: tipAccepted, Act: "close", To: tipClosed, By: "handling unit"},
	},
}
