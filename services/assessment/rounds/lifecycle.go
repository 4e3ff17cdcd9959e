package rounds

import (
	"context"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	open   = assessmentv1.RoundState_ROUND_STATE_OPEN
	scored = assessmentv1.RoundState_ROUND_STATE_SCORED
	closed = assessmentv1.RoundState_ROUND_STATE_CLOSED
)

const (
	score  lifecycle.Act = "score"
	finish lifecycle.Act = "close"
)

var assessor = lifecycle.By("assessing unit")

// Lifecycle is the life of a round (T24, T26): scored as often as needed, then final.
var Lifecycle = lifecycle.Table[assessmentv1.RoundState]{
	Resource: "Round",
	Start:    open,
	Transitions: []lifecycle.Transition[assessmentv1.RoundState]{
		{From: open, Act: score, To: scored, By: assessor},
		{From: scored, Act: score, To: scored, By: assessor},
		{From: scored, Act: finish, To: closed, By: assessor},
		{From: open, Act: collection.DeleteAct, To: open, By: assessor},
		{From: scored, Act: collection.DeleteAct, To: scored, By: assessor},
	},
}

// reachesClosed lets everybody see a round once it is closed; until then its scores may still change, and only those who reach
// the unit that assesses do.
func reachesClosed(ctx context.Context, c *change) error {
	if c.Record.GetState() == closed {
		return nil
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}
