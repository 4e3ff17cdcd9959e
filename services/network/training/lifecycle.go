package training

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	planned   = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_PLANNED
	held      = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_HELD
	cancelled = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_CANCELLED
)

const (
	invite           lifecycle.Act = "invite"
	recordAttendance lifecycle.Act = "record_attendance"
	cancel           lifecycle.Act = "cancel"
)

var trainer = lifecycle.Own("unit that trains")

// Lifecycle is the life of a training session (C5).
var Lifecycle = lifecycle.Table[networkv1.TrainingSessionState]{
	Resource: "TrainingSession",
	Start:    planned,
	Transitions: []lifecycle.Transition[networkv1.TrainingSessionState]{
		{From: planned, Act: invite, To: planned, By: trainer},
		{From: planned, Act: recordAttendance, To: held, By: trainer},
		{From: planned, Act: collection.UpdateAct, To: planned, By: trainer},
		{From: planned, Act: cancel, To: cancelled, By: trainer},
		{From: held, Act: recordAttendance, To: held, By: trainer},
	},
}
