package decisions

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	preparing  = riskv1.DecisionState_DECISION_STATE_PREPARING
	adopted    = riskv1.DecisionState_DECISION_STATE_ADOPTED
	rejected   = riskv1.DecisionState_DECISION_STATE_REJECTED
	executed   = riskv1.DecisionState_DECISION_STATE_EXECUTED
	closed     = riskv1.DecisionState_DECISION_STATE_CLOSED
	superseded = riskv1.DecisionState_DECISION_STATE_SUPERSEDED
	cancelled  = riskv1.DecisionState_DECISION_STATE_CANCELLED
	void       = riskv1.DecisionState_DECISION_STATE_VOID
	fallen     = riskv1.DecisionState_DECISION_STATE_FALLEN
)

const (
	prepareAct   lifecycle.Act = "prepare"
	decideAct    lifecycle.Act = "decide"
	fileAct      lifecycle.Act = "file"
	completeAct  lifecycle.Act = "complete"
	reportAct    lifecycle.Act = "report_execution"
	returnAct    lifecycle.Act = "return_execution"
	checkAct     lifecycle.Act = "check"
	closeAct     lifecycle.Act = "close"
	cancelAct    lifecycle.Act = "cancel"
	supersedeAct lifecycle.Act = "supersede"
	voidAct      lifecycle.Act = "void"
	restoreAct   lifecycle.Act = "restore"
	fallAct      lifecycle.Act = "fall"
)

var (
	unit     = lifecycle.Own("unit")
	executor = lifecycle.By("unit of the executor")
	either   = lifecycle.By("unit, or that of the executor, or who checks")
	shower   = lifecycle.By("who checks")
	checker  = reviews.Reviewer.Judging(
		riskv1.DecisionService_CompleteDecision_FullMethodName, riskv1.AppointmentService_CompleteAppointment_FullMethodName,
		riskv1.DecisionService_ReportDecisionExecution_FullMethodName)
	voider = reviews.Reviewer.Judging(riskv1.DecisionService_DecideDecision_FullMethodName)
)

// Lifecycle is the life of a decision (T11): what is decided does not change. Another meeting alone puts another in its place,
// somebody above finds it void, or it falls, since the candidate whom it is about is not appointed (T15). What a void one took
// the place of is in force again.
var Lifecycle = lifecycle.Table[riskv1.DecisionState]{
	Resource: "Decision", Start: preparing, Transitions: []lifecycle.Transition[riskv1.DecisionState]{
		{From: preparing, Act: collection.UpdateAct, To: preparing, By: unit},
		{From: preparing, Act: attachments.AttachAct, To: preparing, By: unit},
		{From: preparing, Act: attachments.CompleteAct, To: preparing, By: unit},
		{From: preparing, Act: prepareAct, To: preparing, By: unit},
		{From: preparing, Act: decideAct, To: adopted, By: unit},
		{From: preparing, Act: decideAct, To: rejected, By: unit},
		{From: preparing, Act: cancelAct, To: cancelled, By: unit},
		{From: preparing, Act: voidAct, To: void, By: voider},
		{From: preparing, Act: fallAct, To: fallen, By: lifecycle.Suite},
		{From: adopted, Act: attachments.AttachAct, To: adopted, By: either},
		{From: adopted, Act: attachments.CompleteAct, To: adopted, By: either},
		{From: adopted, Act: fileAct, To: adopted, By: unit},
		{From: adopted, Act: reportAct, To: adopted, By: executor},
		{From: adopted, Act: returnAct, To: adopted, By: unit},
		{From: adopted, Act: completeAct, To: executed, By: unit},
		{From: adopted, Act: checkAct, To: adopted, By: checker},
		{From: adopted, Act: supersedeAct, To: superseded, By: lifecycle.Suite},
		{From: adopted, Act: voidAct, To: void, By: voider},
		{From: adopted, Act: fallAct, To: fallen, By: lifecycle.Suite},
		{From: rejected, Act: supersedeAct, To: superseded, By: lifecycle.Suite},
		{From: rejected, Act: voidAct, To: void, By: voider},
		{From: superseded, Act: restoreAct, To: adopted, By: lifecycle.Suite},
		{From: superseded, Act: restoreAct, To: rejected, By: lifecycle.Suite},
		{From: superseded, Act: restoreAct, To: fallen, By: lifecycle.Suite},
		{From: executed, Act: attachments.AttachAct, To: executed, By: shower},
		{From: executed, Act: attachments.CompleteAct, To: executed, By: shower},
		{From: executed, Act: fileAct, To: executed, By: unit},
		{From: executed, Act: checkAct, To: executed, By: checker},
		{From: executed, Act: closeAct, To: closed, By: checker},
		{From: executed, Act: voidAct, To: void, By: voider},
		{From: closed, Act: fileAct, To: closed, By: unit},
		{From: closed, Act: voidAct, To: void, By: voider},
	},
}
