package checks

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	planned   = riskv1.CheckState_CHECK_STATE_PLANNED
	found     = riskv1.CheckState_CHECK_STATE_FOUND
	reported  = riskv1.CheckState_CHECK_STATE_REPORTED
	cancelled = riskv1.CheckState_CHECK_STATE_CANCELLED
)

const (
	findAct   lifecycle.Act = "find"
	reportAct lifecycle.Act = "report"
	cancelAct lifecycle.Act = "cancel"
	fileAct   lifecycle.Act = "file"
)

var unit = lifecycle.Own("unit that checks")

// Lifecycle is the life of a check (T16): what was found stays, so that only a planned one is given up.
var Lifecycle = lifecycle.Table[riskv1.CheckState]{
	Resource: "Check", Start: planned, Transitions: []lifecycle.Transition[riskv1.CheckState]{
		{From: planned, Act: collection.UpdateAct, To: planned, By: unit},
		{From: planned, Act: attachments.AttachAct, To: planned, By: unit},
		{From: planned, Act: attachments.CompleteAct, To: planned, By: unit},
		{From: planned, Act: findAct, To: found, By: unit},
		{From: planned, Act: reportAct, To: reported, By: unit},
		{From: planned, Act: cancelAct, To: cancelled, By: unit},
		{From: found, Act: attachments.AttachAct, To: found, By: unit},
		{From: found, Act: attachments.CompleteAct, To: found, By: unit},
		{From: found, Act: findAct, To: found, By: unit},
		{From: found, Act: reportAct, To: reported, By: unit},
		{From: reported, Act: fileAct, To: reported, By: unit},
	},
}
