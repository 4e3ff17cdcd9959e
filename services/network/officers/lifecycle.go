package officers

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	appointed = networkv1.OfficerState_OFFICER_STATE_APPOINTED
	inOffice  = networkv1.OfficerState_OFFICER_STATE_IN_OFFICE
	expired   = networkv1.OfficerState_OFFICER_STATE_EXPIRED
	dismissed = networkv1.OfficerState_OFFICER_STATE_DISMISSED
	replaced  = networkv1.OfficerState_OFFICER_STATE_REPLACED
)

// Acts, as they stand in the table and in an officer's history, which begins with "appoint".
const (
	appoint     lifecycle.Act = "appoint"
	begin       lifecycle.Act = "begin"
	pledge      lifecycle.Act = "pledge"
	renew       lifecycle.Act = "renew"
	changeRoles lifecycle.Act = "change_roles"
	commend     lifecycle.Act = "commend"
	reward      lifecycle.Act = "reward"
	dismiss     lifecycle.Act = "dismiss"
	replace     lifecycle.Act = "replace"
	expire      lifecycle.Act = "expire"
	handOver    lifecycle.Act = "hand_over"
)

var (
	tier  = lifecycle.By("tier that appointed")          // requireTier
	above = lifecycle.By("tier that appointed or above") // requireAbove
)

// Lifecycle is the life of an office (C6).
var Lifecycle = lifecycle.Table[networkv1.OfficerState]{
	Resource: "Officer",
	Start:    appointed,
	Transitions: []lifecycle.Transition[networkv1.OfficerState]{
		{From: appointed, Act: begin, To: inOffice, By: lifecycle.Suite},
		{From: appointed, Act: pledge, To: appointed, By: tier},
		{From: appointed, Act: renew, To: appointed, By: tier},
		{From: appointed, Act: changeRoles, To: appointed, By: tier},
		{From: appointed, Act: dismiss, To: dismissed, By: tier},
		{From: appointed, Act: replace, To: replaced, By: tier},
		{From: inOffice, Act: pledge, To: inOffice, By: tier},
		{From: inOffice, Act: renew, To: inOffice, By: tier},
		{From: inOffice, Act: changeRoles, To: inOffice, By: tier},
		{From: inOffice, Act: commend, To: inOffice, By: above},
		{From: inOffice, Act: reward, To: inOffice, By: above},
		{From: inOffice, Act: dismiss, To: dismissed, By: tier},
		{From: inOffice, Act: replace, To: replaced, By: tier},
		{From: inOffice, Act: expire, To: expired, By: lifecycle.Suite},
		{From: expired, Act: renew, To: inOffice, By: tier},
		{From: expired, Act: handOver, To: expired, By: tier},
		{From: dismissed, Act: handOver, To: dismissed, By: tier},
	},
}
