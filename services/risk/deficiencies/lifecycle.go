package deficiencies

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	open      = riskv1.DeficiencyState_DEFICIENCY_STATE_OPEN
	corrected = riskv1.DeficiencyState_DEFICIENCY_STATE_CORRECTED
	confirmed = riskv1.DeficiencyState_DEFICIENCY_STATE_CONFIRMED
	returned  = riskv1.DeficiencyState_DEFICIENCY_STATE_RETURNED
	withdrawn = riskv1.DeficiencyState_DEFICIENCY_STATE_WITHDRAWN
)

const (
	fileAct     lifecycle.Act = "file"
	correctAct  lifecycle.Act = "correct"
	confirmAct  lifecycle.Act = "confirm"
	returnAct   lifecycle.Act = "return"
	withdrawAct lifecycle.Act = "withdraw"
)

var (
	unit   = lifecycle.By("unit, or that of the position that answers for it")
	filer  = lifecycle.By("unit that found it, or above")
	either = lifecycle.By("unit, or that of the position that answers for it, or which found it, or above")
	finder = filer.Judging(riskv1.DeficiencyService_CorrectDeficiency_FullMethodName)
)

// Lifecycle is the life of a deficiency: what is not put right is corrected anew, and what was none is taken back. It is
// filed meanwhile, or afterwards.
var Lifecycle = lifecycle.Table[riskv1.DeficiencyState]{
	Resource: "Deficiency", Start: open, Transitions: []lifecycle.Transition[riskv1.DeficiencyState]{
		{From: open, Act: attachments.AttachAct, To: open, By: either},
		{From: open, Act: attachments.CompleteAct, To: open, By: either},
		{From: open, Act: correctAct, To: corrected, By: unit},
		{From: open, Act: fileAct, To: open, By: filer},
		{From: open, Act: withdrawAct, To: withdrawn, By: finder},
		{From: corrected, Act: attachments.AttachAct, To: corrected, By: filer},
		{From: corrected, Act: attachments.CompleteAct, To: corrected, By: filer},
		{From: corrected, Act: fileAct, To: corrected, By: filer},
		{From: corrected, Act: confirmAct, To: confirmed, By: finder},
		{From: corrected, Act: returnAct, To: returned, By: finder},
		{From: corrected, Act: withdrawAct, To: withdrawn, By: finder},
		{From: confirmed, Act: fileAct, To: confirmed, By: filer},
		{From: returned, Act: fileAct, To: returned, By: filer},
		{From: returned, Act: attachments.AttachAct, To: returned, By: either},
		{From: returned, Act: attachments.CompleteAct, To: returned, By: either},
		{From: returned, Act: correctAct, To: corrected, By: unit},
		{From: returned, Act: withdrawAct, To: withdrawn, By: finder},
	},
}

// ToCorrect are the states, by name, in which a unit has still to correct a deficiency.
func ToCorrect() []string { return document.EnumNames([]riskv1.DeficiencyState{open, returned}) }

// Settled are the states, by name, in which nothing is left to do about a deficiency.
func Settled() []string { return document.EnumNames([]riskv1.DeficiencyState{confirmed, withdrawn}) }
