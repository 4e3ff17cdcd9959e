package riskpoints

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	draft     = riskv1.RiskPointState_RISK_POINT_STATE_DRAFT
	submitted = riskv1.RiskPointState_RISK_POINT_STATE_SUBMITTED
	returned  = riskv1.RiskPointState_RISK_POINT_STATE_RETURNED
	approved  = riskv1.RiskPointState_RISK_POINT_STATE_APPROVED
)

const (
	submit   lifecycle.Act = "submit"
	sendBack lifecycle.Act = "return"
	approve  lifecycle.Act = "approve"
)

var (
	unit     = lifecycle.Own("unit")
	reviewer = reviews.Reviewer
)

// Lifecycle is the life of a risk point: nothing changes while it is reviewed or once it is approved (J4).
var Lifecycle = lifecycle.Table[riskv1.RiskPointState]{
	Resource: "RiskPoint",
	Start:    draft,
	Transitions: []lifecycle.Transition[riskv1.RiskPointState]{
		{From: draft, Act: collection.UpdateAct, To: draft, By: unit},
		{From: draft, Act: attachments.AttachAct, To: draft, By: unit},
		{From: draft, Act: attachments.CompleteAct, To: draft, By: unit},
		{From: draft, Act: submit, To: submitted, By: unit},
		{From: submitted, Act: sendBack, To: returned, By: reviewer},
		{From: submitted, Act: approve, To: approved, By: reviewer},
		{From: returned, Act: collection.UpdateAct, To: returned, By: unit},
		{From: returned, Act: attachments.AttachAct, To: returned, By: unit},
		{From: returned, Act: attachments.CompleteAct, To: returned, By: unit},
		{From: returned, Act: submit, To: submitted, By: unit},
	},
}
