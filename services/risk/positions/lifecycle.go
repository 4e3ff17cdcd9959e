package positions

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	standing = riskv1.PositionState_POSITION_STATE_STANDING
	ended    = riskv1.PositionState_POSITION_STATE_ENDED
)

const (
	abolishAct   lifecycle.Act = "abolish"
	reinstateAct lifecycle.Act = "reinstate"
	leaveAct     lifecycle.Act = "leave"
)

var unit = lifecycle.By("unit, or above")

// Lifecycle is the life of a position: one that is abolished stays to be read, and whoever held it may leave it late.
var Lifecycle = lifecycle.Table[riskv1.PositionState]{
	Resource: "Position", Start: standing, Transitions: []lifecycle.Transition[riskv1.PositionState]{
		{From: standing, Act: collection.UpdateAct, To: standing, By: unit},
		{From: standing, Act: leaveAct, To: standing, By: lifecycle.Suite},
		{From: standing, Act: abolishAct, To: ended, By: unit},
		{From: ended, Act: leaveAct, To: ended, By: lifecycle.Suite},
		{From: ended, Act: reinstateAct, To: standing, By: unit},
	},
}
