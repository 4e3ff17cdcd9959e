package publications

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	draft      = riskv1.PublicationState_PUBLICATION_STATE_DRAFT
	publicised = riskv1.PublicationState_PUBLICATION_STATE_PUBLICISED
	ended      = riskv1.PublicationState_PUBLICATION_STATE_ENDED
	withdrawn  = riskv1.PublicationState_PUBLICATION_STATE_WITHDRAWN

	publiciseAct lifecycle.Act = "publicise"
	endAct       lifecycle.Act = "end"
	expireAct    lifecycle.Act = "expire"
	compareAct   lifecycle.Act = "compare"
	withdrawAct  lifecycle.Act = "withdraw"
	fileAct      lifecycle.Act = "file"
	replaceAct   lifecycle.Act = "replace"
	noteAct      lifecycle.Act = "note"
)

var unit = lifecycle.Own("unit")

// open names filing only to a publication that is to be filed and is not yet.
func open(made *riskv1.Publication, act lifecycle.Act) bool {
	return act != fileAct || made.GetFileBy() != "" && made.GetFiledOn() == ""
}

// Lifecycle is the life of a publication: a unit itself makes public what it has frozen (J6, T4), and files it afterwards or,
// where it may stay public for ever, meanwhile (T22).
var Lifecycle = lifecycle.Table[riskv1.PublicationState]{
	Resource: "Publication", Start: draft, Transitions: []lifecycle.Transition[riskv1.PublicationState]{
		{From: draft, Act: publiciseAct, To: publicised, By: unit},
		{From: draft, Act: withdrawAct, To: withdrawn, By: unit},
		{From: publicised, Act: endAct, To: ended, By: unit},
		{From: publicised, Act: expireAct, To: ended, By: lifecycle.Suite},
		{From: publicised, Act: replaceAct, To: ended, By: lifecycle.Suite},
		{From: publicised, Act: compareAct, To: publicised, By: lifecycle.Suite},
		{From: publicised, Act: withdrawAct, To: withdrawn, By: unit},
		{From: publicised, Act: fileAct, To: publicised, By: unit},
		{From: ended, Act: fileAct, To: ended, By: unit},
		{From: ended, Act: replaceAct, To: ended, By: lifecycle.Suite},
		{From: withdrawn, Act: replaceAct, To: withdrawn, By: lifecycle.Suite},
		{From: ended, Act: noteAct, To: ended, By: lifecycle.Suite},
	},
}
