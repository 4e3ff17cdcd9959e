package appointments

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	nominated = riskv1.AppointmentState_APPOINTMENT_STATE_NOMINATED
	qualified = riskv1.AppointmentState_APPOINTMENT_STATE_QUALIFIED
	decided   = riskv1.AppointmentState_APPOINTMENT_STATE_DECIDED
	appointed = riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED
	rejected  = riskv1.AppointmentState_APPOINTMENT_STATE_REJECTED
	lapsed    = riskv1.AppointmentState_APPOINTMENT_STATE_LAPSED
)

const (
	qualifyAct  lifecycle.Act = "qualify"
	inspectAct  lifecycle.Act = "inspect"
	feedbackAct lifecycle.Act = "record_feedback"
	decideAct   lifecycle.Act = "decide"
	pollAct     lifecycle.Act = "poll"
	completeAct lifecycle.Act = "complete"
	rejectAct   lifecycle.Act = "reject"
	lapseAct    lifecycle.Act = "lapse"
	fallAct     lifecycle.Act = "fall"
)

var (
	unit = lifecycle.Own("unit")
	// asker asks the inspected what they say of the inspection.
	asker = reviews.Reviewer.Judging(riskv1.AppointmentService_InspectAppointment_FullMethodName)
)

// Lifecycle is the life of an appointment (T15): who fails a check on the way is not appointed.
var Lifecycle = lifecycle.Table[riskv1.AppointmentState]{
	Resource: "Appointment", Start: nominated, Transitions: []lifecycle.Transition[riskv1.AppointmentState]{
		{From: nominated, Act: collection.UpdateAct, To: nominated, By: unit},
		{From: nominated, Act: attachments.AttachAct, To: nominated, By: unit},
		{From: nominated, Act: attachments.CompleteAct, To: nominated, By: unit},
		{From: nominated, Act: qualifyAct, To: qualified, By: unit},
		{From: nominated, Act: qualifyAct, To: rejected, By: unit},
		{From: nominated, Act: rejectAct, To: rejected, By: unit},
		{From: nominated, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: qualified, Act: attachments.AttachAct, To: qualified, By: unit},
		{From: qualified, Act: attachments.CompleteAct, To: qualified, By: unit},
		{From: qualified, Act: inspectAct, To: qualified, By: unit},
		{From: qualified, Act: inspectAct, To: rejected, By: unit},
		{From: qualified, Act: feedbackAct, To: qualified, By: asker},
		{From: qualified, Act: decideAct, To: decided, By: unit},
		{From: qualified, Act: rejectAct, To: rejected, By: unit},
		{From: qualified, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: decided, Act: decideAct, To: decided, By: unit},
		{From: decided, Act: feedbackAct, To: decided, By: asker},
		{From: decided, Act: pollAct, To: decided, By: unit},
		{From: decided, Act: completeAct, To: appointed, By: unit},
		{From: decided, Act: rejectAct, To: rejected, By: unit},
		{From: decided, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: appointed, Act: fallAct, To: appointed, By: lifecycle.Suite},
	},
}
