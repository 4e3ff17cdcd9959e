package training

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	planned   = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_PLANNED
	held      = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_HELD
	cancelled = networkv1.TrainingSessionState_TRAINING_SESSION_STATE_CANCELLED
)

const (
	invited  = int16(networkv1.AttendanceState_ATTENDANCE_STATE_INVITED)
	attended = int16(networkv1.AttendanceState_ATTENDANCE_STATE_ATTENDED)
	absent   = int16(networkv1.AttendanceState_ATTENDANCE_STATE_ABSENT)
)

// Lifecycle is the life of a training session (C5).
var Lifecycle = lifecycle.Table[networkv1.TrainingSessionState]{
	Resource: "TrainingSession",
	Start:    planned,
	Transitions: []lifecycle.Transition[networkv1.TrainingSessionState]{
		{From: planned, Act: "invite", To: planned, By: lifecycle.By("unit that trains")},
		{From: planned, Act: "record_attendance", To: held, By: lifecycle.By("unit that trains")},
		{From: planned, Act: "cancel", To: cancelled, By: lifecycle.By("unit that trains")},
		{From: held, Act: "record_attendance", To: held, By: lifecycle.By("unit that trains")},
	},
}
