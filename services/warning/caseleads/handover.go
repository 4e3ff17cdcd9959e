package caseleads

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
)

// below finds the open leads of which something lies below some paths.
const below = `due_on IS NOT NULL AND (holder_path <@ ANY ($1::ltree[]) OR offered_path <@ ANY ($1::ltree[])
	OR unit_path <@ ANY ($1::ltree[]) OR about_path <@ ANY ($1::ltree[]))`

// Kinds of the messages to the unit that a lead is offered to, and of all messages about one.
var (
	offerKinds = []string{
		"inbox.case_lead_offered", "inbox.case_lead_offer_due", "inbox.case_lead_offer_overdue",
		"inbox.case_lead_offer_passed_on",
	}
	kinds = slices.Concat(offerKinds, []string{
		"inbox.case_lead_declined", "inbox.case_lead_returned", "inbox.case_lead_due", "inbox.case_lead_overdue",
		"inbox.case_lead_unanswered", "inbox.case_lead_passed_on", "inbox.case_lead_accepted", "inbox.case_lead_filed",
		"inbox.case_lead_followed", "inbox.case_lead_closed", "inbox.case_lead_overdue_below",
	})
)

// handover has a lead pass to the successor of a party or, where that is the unit that the lead is about, to the unit above.
// Messages about leads stay where they are when a unit ends, so that the one that it ends in hears of none: who has it now is
// asked anew.
func (s *Server) handover() *collection.Handover[*warningv1.CaseLead] {
	return &collection.Handover[*warningv1.CaseLead]{
		Records: &s.leads, Below: below, Asks: s.asks, Anew: true,
		PassedOn: func(*change, string, string) (words.Sentence, bool) { return words.Sentence{}, false },
	}
}

// asks are what the parties of a lead are asked to do, or to follow.
func (s *Server) asks(ctx context.Context, c *change) ([]collection.Ask, error) {
	if err := s.settle(ctx, c); err != nil {
		return nil, err
	}
	l, opener, holder := c.Record, pathUnit(openerOf(c)), pathUnit(holderOf(c))
	all := []collection.Ask{{
		Unit: holder, Says: words.InboxCaseLeadPassedOn(titleOf(l), l.GetDueOn()), Kinds: kinds,
	}}
	if l.GetState() == offered {
		all = append(all, collection.Ask{
			Unit: pathUnit(offeredOf(c)), Says: words.InboxCaseLeadOfferPassedOn(titleOf(l), l.GetAnswerDueOn()), Kinds: kinds,
		})
	}
	if l.GetUnit() != l.GetHolder() {
		all = append(all, collection.Ask{
			Unit: opener, Says: words.InboxCaseLeadFollowed(l.GetUnit(), titleOf(l)), Kinds: kinds,
		})
	}
	return all, nil
}
