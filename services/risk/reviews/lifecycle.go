package reviews

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	draft     = riskv1.RegisterState_REGISTER_STATE_DRAFT
	submitted = riskv1.RegisterState_REGISTER_STATE_SUBMITTED
	returned  = riskv1.RegisterState_REGISTER_STATE_RETURNED
	inForce   = riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	ended     = riskv1.RegisterState_REGISTER_STATE_ENDED
)

// Acts of a review.
const (
	SubmitAct  lifecycle.Act = "submit"
	ReturnAct  lifecycle.Act = "return"
	ApproveAct lifecycle.Act = "approve"
	DiscardAct lifecycle.Act = "discard"
)

var (
	unit = lifecycle.Own("unit")
	// Reviewer is whoever may judge an entry: somebody above its unit.
	Reviewer = lifecycle.Party{Title: "reviewer above the unit", May: mayReview}
)

// Table is the life cycle of an entry, by the name of its resource: nothing changes while it is reviewed, and a change of what is
// in force begins a draft (T12, J4). It is handed in by a call, given as a full method.
func Table(resource, submit string) lifecycle.Table[riskv1.RegisterState] {
	reviewer := Reviewer.Judging(submit)
	return lifecycle.Table[riskv1.RegisterState]{
		Resource: resource, Start: draft, Transitions: []lifecycle.Transition[riskv1.RegisterState]{
			{From: draft, Act: collection.UpdateAct, To: draft, By: unit},
			{From: draft, Act: attachments.AttachAct, To: draft, By: unit},
			{From: draft, Act: attachments.CompleteAct, To: draft, By: unit},
			{From: draft, Act: SubmitAct, To: submitted, By: unit},
			{From: draft, Act: DiscardAct, To: inForce, By: unit},
			{From: draft, Act: DiscardAct, To: ended, By: unit},
			{From: submitted, Act: ReturnAct, To: returned, By: reviewer},
			{From: submitted, Act: ApproveAct, To: submitted, By: reviewer},
			{From: submitted, Act: ApproveAct, To: inForce, By: reviewer},
			{From: submitted, Act: ApproveAct, To: ended, By: reviewer},
			{From: returned, Act: collection.UpdateAct, To: returned, By: unit},
			{From: returned, Act: attachments.AttachAct, To: returned, By: unit},
			{From: returned, Act: attachments.CompleteAct, To: returned, By: unit},
			{From: returned, Act: SubmitAct, To: submitted, By: unit},
			{From: returned, Act: DiscardAct, To: inForce, By: unit},
			{From: returned, Act: DiscardAct, To: ended, By: unit},
			{From: inForce, Act: collection.UpdateAct, To: draft, By: unit},
			{From: inForce, Act: SubmitAct, To: submitted, By: unit},
		},
	}
}

// mayReview keeps a unit from reviewing its own entries, whatever the caller's role; who reaches the record and is not of its
// unit is above it, or above it in its system. The root has none above it here and reviews its own.
func mayReview(ctx context.Context, units []string) error {
	return checkReviewer(access.PrincipalOf(ctx), units)
}

func checkReviewer(caller access.Principal, units []string) error {
	own := resource.Name(resource.Units, units[len(units)-1])
	if len(units) > 1 && caller.Unit == own {
		return fault.Denied(words.OwnEntry(words.Untitled(own)))
	}
	return nil
}
