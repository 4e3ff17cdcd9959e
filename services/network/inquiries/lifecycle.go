package inquiries

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	inquiryOpen     = networkv1.InquiryState_INQUIRY_STATE_OPEN
	inquiryAnswered = networkv1.InquiryState_INQUIRY_STATE_ANSWERED
	inquiryClosed   = networkv1.InquiryState_INQUIRY_STATE_CLOSED
)

// Lifecycle is the life of an inquiry (H4).
var Lifecycle = lifecycle.Table[networkv1.InquiryState]{
	Resource: "Inquiry",
	Start:    inquiryOpen,
	Transitions: []lifecycle.Transition[networkv1.InquiryState]{
		{From: inquiryOpen, Act: "answer", To: inquiryAnswered, By: lifecycle.By("point")},
		{From: inquiryOpen, Act: "record", To: inquiryOpen, By: lifecycle.By("opening unit")},
		{From: inquiryOpen, Act: "close", To: inquiryClosed, By: lifecycle.By("opening unit")},
		{From: inquiryAnswered, Act: "answer", To: inquiryAnswered, By: lifecycle.By("point")},
		{From: inquiryAnswered, Act: "record", To: inquiryAnswered, By: lifecycle.By("opening unit")},
		{From: inquiryAnswered, Act: "close", To: inquiryClosed, By: lifecycle.By("opening unit")},
	},
}
