package warnings

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// below finds the open warnings to, supervised from or issued from units below some paths.
const below = `ended_on IS NULL AND (region, key) IN (
	SELECT region, key FROM warnings WHERE supervising_path <@ ANY ($1::ltree[])
	UNION ALL SELECT region, key FROM warnings WHERE issuer_path <@ ANY ($1::ltree[])
	UNION ALL SELECT region, key FROM warning_addressees WHERE unit_path <@ ANY ($1::ltree[]))`

// Kinds of messages that ask a unit to approve a warning, to do what is the office's or the issuer's, and to answer an objection.
var (
	approvalKinds = []string{"inbox.warning_pending"}
	judgingKinds  = []string{
		"inbox.warning_supervised", "inbox.warning_step_awaited", "inbox.warning_step_awaited_without_limit",
		"inbox.warning_step_due", "inbox.warning_to_close",
	}
	objectionKinds = []string{"inbox.warning_objected", "inbox.warning_objection_due"}
)

// handover tells of it where what is asked of those who judge a warning falls to the unit above, since an addressee has become
// one with them.
func (s *Server) handover() *collection.Handover[*warningv1.Warning] {
	return &collection.Handover[*warningv1.Warning]{
		Records: &s.warnings, Below: below, Asks: asks,
		PassedOn: func(w *warningv1.Warning, to string) words.Sentence {
			return words.InboxWarningPassedOn(w.GetTitle(), to)
		},
	}
}

// asks are what those who judge a warning are asked to do.
func asks(ctx context.Context, c *change) ([]collection.Ask, error) {
	if c.Record.GetNotice() == nil {
		return asksApprovers(ctx, c)
	}
	says, awaited := tellingOf(c), c.Record.GetAwaited()
	ask := collection.Ask{Unit: partyUnit(c.Beside, byOffice), Says: supervised(says), Kinds: judgingKinds}
	if awaited != nil && awaited.GetAddressee() == 0 {
		ask.Unit, ask.Says = partyUnit(c.Beside, awaited.GetBy()), awaits(says.about(c, awaited))
	}
	all := []collection.Ask{ask}
	for _, o := range openObjections(c.Record) {
		says.unit, says.answerDue = nameOf(c.Record, o.GetAddressee()), o.GetLimit().GetDeadline().GetDue()
		all = append(all, collection.Ask{Unit: pathUnit(objectionPath(c)), Says: objectedTo(says), Kinds: objectionKinds})
	}
	return all, nil
}

// asksApprovers is what is asked about a warning that has not gone out.
func asksApprovers(ctx context.Context, c *change) ([]collection.Ask, error) {
	scheme := &warningv1.Scheme{}
	if err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	level, _ := schemes.Find(scheme.GetWarningLevels(), c.Record.GetWarningLevel())
	stage, ok := schemes.Find(level.GetApprovals(), c.Record.GetApprovalStage())
	if !ok {
		return nil, nil
	}
	return []collection.Ask{{
		Unit: partyUnit(c.Beside, byIssuer), Says: pendingAt(tellingOf(c), stage), Kinds: approvalKinds,
	}}, nil
}
