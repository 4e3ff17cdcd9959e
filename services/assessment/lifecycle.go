package assessment

import (
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	roundOpen   = assessmentv1.RoundState_ROUND_STATE_OPEN
	roundScored = assessmentv1.RoundState_ROUND_STATE_SCORED
	roundClosed = assessmentv1.RoundState_ROUND_STATE_CLOSED
)

// RoundLifecycle is the life of a round (T24, T26): scored as often as needed, then final.
var RoundLifecycle = lifecycle.Table[assessmentv1.RoundState]{
	Resource: "Round",
	Start:    roundOpen,
	Transitions: []lifecycle.Transition[assessmentv1.RoundState]{
		{From: roundOpen, Act: "score", To: roundScored, By: lifecycle.By("assessing unit")},
		{From: roundScored, Act: "score", To: roundScored, By: lifecycle.By("assessing unit")},
		{From: roundScored, Act: "close", To: roundClosed, By: lifecycle.By("assessing unit")},
	},
}
