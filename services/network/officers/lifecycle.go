package officers

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	inOffice  = networkv1.OfficerState_OFFICER_STATE_IN_OFFICE
	expired   = networkv1.OfficerState_OFFICER_STATE_EXPIRED
	dismissed = networkv1.OfficerState_OFFICER_STATE_DISMISSED
	replaced  = networkv1.OfficerState_OFFICER_STATE_REPLACED
)

// InOffice is the state of an officer in office as it stands in the database.
const InOffice = int16(inOffice)

// Lifecycle is the life of an office (C6).
var Lifecycle = lifecycle.Table[networkv1.OfficerState]{
	Resource: "Officer",
	Start:    inOffice,
	Transitions: []lifecycle.Transition[networkv1.OfficerState]{
		{From: inOffice, Act: "pledge", To: inOffice, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "renew", To: inOffice, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "change_roles", To: inOffice, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "commend", To: inOffice, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "reward", To: inOffice, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "dismiss", To: dismissed, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "replace", To: replaced, By: lifecycle.By("tier that appointed")},
		{From: inOffice, Act: "expire", To: expired, By: lifecycle.By("the suite")},
		{From: expired, Act: "hand_over", To: expired, By: lifecycle.By("tier that appointed")},
		{From: dismissed, Act: "hand_over", To: dismissed, By: lifecycle.By("tier that appointed")},
	},
}
