package campaigns

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	planned   = riskv1.CampaignState_CAMPAIGN_STATE_PLANNED
	running   = riskv1.CampaignState_CAMPAIGN_STATE_RUNNING
	closed    = riskv1.CampaignState_CAMPAIGN_STATE_CLOSED
	cancelled = riskv1.CampaignState_CAMPAIGN_STATE_CANCELLED
)

const (
	startAct      lifecycle.Act = "start"
	recordWorkAct lifecycle.Act = "record_work"
	waiveAct      lifecycle.Act = "waive"
	closeStageAct lifecycle.Act = "close_stage"
	closeAct      lifecycle.Act = "close"
	cancelAct     lifecycle.Act = "cancel"
)

var office = lifecycle.By("unit or its office")

// Lifecycle is the life of a campaign (J5, T21).
var Lifecycle = lifecycle.Table[riskv1.CampaignState]{
	Resource: "Campaign", Start: planned, Transitions: []lifecycle.Transition[riskv1.CampaignState]{
		{From: planned, Act: collection.UpdateAct, To: planned, By: office},
		{From: planned, Act: attachments.AttachAct, To: planned, By: office},
		{From: planned, Act: attachments.CompleteAct, To: planned, By: office},
		{From: planned, Act: startAct, To: running, By: office},
		{From: planned, Act: cancelAct, To: cancelled, By: office},
		{From: running, Act: collection.UpdateAct, To: running, By: office},
		{From: running, Act: attachments.AttachAct, To: running, By: office},
		{From: running, Act: attachments.CompleteAct, To: running, By: office},
		{From: running, Act: recordWorkAct, To: running, By: lifecycle.By("unit that takes part")},
		{From: running, Act: waiveAct, To: running, By: office},
		{From: running, Act: closeStageAct, To: running, By: office},
		{From: running, Act: closeAct, To: closed, By: office},
		{From: running, Act: cancelAct, To: cancelled, By: office},
	},
}
