package reports

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	reportOpen      = networkv1.ReportState_REPORT_STATE_OPEN
	reportComputed  = networkv1.ReportState_REPORT_STATE_COMPUTED
	reportConfirmed = networkv1.ReportState_REPORT_STATE_CONFIRMED
	reportSubmitted = networkv1.ReportState_REPORT_STATE_SUBMITTED
	reportReturned  = networkv1.ReportState_REPORT_STATE_RETURNED
	reportAccepted  = networkv1.ReportState_REPORT_STATE_ACCEPTED
)

// Lifecycle is the life of one version of a periodic report (C10). A version that is sent back or amended stays what it is;
// the next one begins its own life beside it.
var Lifecycle = lifecycle.Table[networkv1.ReportState]{
	Resource: "Report",
	Start:    reportOpen,
	Anew:     []networkv1.ReportState{reportReturned},
	Transitions: []lifecycle.Transition[networkv1.ReportState]{
		{From: reportOpen, Act: "write", To: reportOpen, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "fill", To: reportOpen, By: lifecycle.Suite},
		{From: reportOpen, Act: "submit_written", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportOpen, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "write", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "fill", To: reportComputed, By: lifecycle.Suite},
		{From: reportComputed, Act: "confirm", To: reportConfirmed, By: lifecycle.By("unit")},
		{From: reportComputed, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "write", To: reportConfirmed, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "compute", To: reportComputed, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "fill", To: reportComputed, By: lifecycle.Suite},
		{From: reportConfirmed, Act: "submit", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportConfirmed, Act: "submit_zero", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "amend", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "discard_draft", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "file", To: reportSubmitted, By: lifecycle.By("unit")},
		{From: reportSubmitted, Act: "accept", To: reportAccepted, By: lifecycle.By("unit above")},
		{From: reportSubmitted, Act: "return", To: reportReturned, By: lifecycle.By("unit above")},
		{From: reportAccepted, Act: "return", To: reportReturned, By: lifecycle.By("unit above")},
		{From: reportAccepted, Act: "amend", To: reportAccepted, By: lifecycle.By("unit")},
		{From: reportAccepted, Act: "file", To: reportAccepted, By: lifecycle.By("unit")},
		{From: reportAccepted, Act: "discard_draft", To: reportAccepted, By: lifecycle.By("unit")},
	},
}
