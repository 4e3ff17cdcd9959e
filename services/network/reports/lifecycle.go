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
)

// Lifecycle is the life of a periodic report (C10).
var Lifecycle = lifecycle.Table[networkv1.ReportState]{
	Resource: "Report",
	Start:    reportOpen,
	Transitions: []lifecycle.Transition[networkv1.ReportState]{
		{From: reportOpen, Act: "write", To: reportOpen, By: "unit"},
		{From: reportOpen, Act: "compute", To: reportComputed, By: "unit"},
		{From: reportComputed, Act: "write", To: reportComputed, By: "unit"},
		{From: reportComputed, Act: "compute", To: reportComputed, By: "unit"},
		{From: reportComputed, Act: "confirm", To: reportConfirmed, By: "unit"},
		{From: reportConfirmed, Act: "write", To: reportConfirmed, By: "unit"},
		{From: reportConfirmed, Act: "compute", To: reportComputed, By: "unit"},
		{From: reportConfirmed, Act: "submit", To: reportSubmitted, By: "unit"},
	},
}
