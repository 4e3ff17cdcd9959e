package riskpoints

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	inForce = riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	ended   = riskv1.RegisterState_REGISTER_STATE_ENDED
)

const regradeAct lifecycle.Act = "regrade"

// Lifecycle is the life of a risk point: that of every entry, and what is in force can be graded anew (T3).
var Lifecycle = withRegrade(reviews.Table("RiskPoint"))

func withRegrade(table lifecycle.Table[riskv1.RegisterState]) lifecycle.Table[riskv1.RegisterState] {
	table.Transitions = append(table.Transitions,
		lifecycle.Transition[riskv1.RegisterState]{From: inForce, Act: regradeAct, To: inForce, By: reviews.Reviewer})
	return table
}
