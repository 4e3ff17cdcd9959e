package risk

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	pointDraft     = riskv1.RiskPointState_RISK_POINT_STATE_DRAFT
	pointSubmitted = riskv1.RiskPointState_RISK_POINT_STATE_SUBMITTED
	pointReturned  = riskv1.RiskPointState_RISK_POINT_STATE_RETURNED
	pointApproved  = riskv1.RiskPointState_RISK_POINT_STATE_APPROVED
)

// RiskPointLifecycle is the life of a risk point: nothing changes while it is reviewed or once it is approved (J4).
var RiskPointLifecycle = lifecycle.Table[riskv1.RiskPointState]{
	Resource: "RiskPoint",
	Start:    pointDraft,
	Transitions: []lifecycle.Transition[riskv1.RiskPointState]{
		{From: pointDraft, Act: "update", To: pointDraft, By: "unit"},
		{From: pointDraft, Act: "submit", To: pointSubmitted, By: "unit"},
		{From: pointSubmitted, Act: "return", To: pointReturned, By: "reviewer above the unit"},
		{From: pointSubmitted, Act: "approve", To: pointApproved, By: "reviewer above the unit"},
		{From: pointReturned, Act: "update", To: pointReturned, By: "unit"},
		{From: pointReturned, Act: "submit", To: pointSubmitted, By: "unit"},
	},
}
