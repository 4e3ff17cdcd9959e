package decisions

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

// The unit of who carries a decision out says what it did; the unit that decided confirms that (T11).

// reported tells whether a decision waits for the unit that decided to confirm what the executor's reported; the column
// execution_reported says the same.
func reported(d *riskv1.Decision) bool {
	report := d.GetExecutionReport()
	return d.GetState() == adopted && report != nil && report.GetReturnReason() == ""
}

// requireExecutor refuses whoever does not carry a decision out. Until it is adopted nobody does, and its state says so.
func requireExecutor(ctx context.Context, c *change) error {
	if c.Record.GetExecutorUnit() == "" {
		return nil
	}
	acts, err := owed.ActsFor(ctx, c.Tx, c.Record.GetExecutorUnit())
	if err == nil && !acts {
		err = fault.Denied(words.NotExecutor(words.Untitled(c.Record.GetExecutorUnit())))
	}
	return err
}

// ReportDecisionExecution has the unit of the executor say what it did.
func (s *Server) ReportDecisionExecution(
	ctx context.Context, req *riskv1.ReportDecisionExecutionRequest,
) (*riskv1.Decision, error) {
	return s.decisions.ActBy(ctx, req, reportAct, requireExecutor, s.requireAppointed, report(req.GetText()),
		s.execution.Owner.Done("inbox.decision_adopted", "inbox.decision_execution_returned"))
}

// report is the rule that keeps what the unit of the executor says, and asks the unit that decided to confirm it.
func report(text string) collection.Rule[*riskv1.Decision] {
	return func(ctx context.Context, c *change) error {
		last, by := c.Record.GetExecutionReport(), access.PrincipalOf(ctx).Unit
		if last.GetReturnReason() != "" && prose.Gist(last.GetText()) == prose.Gist(text) {
			err := attachments.RequireSince(ctx, c, c.Record.GetName(), by, last.GetReturnTime().AsTime(), last.GetReturnReason())
			if err != nil {
				return err
			}
		}
		c.Record.ExecutionReport = &riskv1.ExecutionReport{
			Text: text, Unit: by, ReportedOn: c.Today().String(), ReportTime: timestamppb.New(c.Now()),
		}
		c.Tell(c.Record.GetUnit(), words.InboxDecisionExecutionReported(by, c.Record.GetTitle(), c.Record.GetDueOn()))
		return nil
	}
}

// ReturnDecisionExecution has the unit that decided send back what the executor's said.
func (s *Server) ReturnDecisionExecution(
	ctx context.Context, req *riskv1.ReturnDecisionExecutionRequest,
) (*riskv1.Decision, error) {
	return s.decisions.Act(ctx, req, returnAct, func(ctx context.Context, c *change) error {
		if !reported(c.Record) {
			return fault.Precondition(words.NoExecutionReport())
		}
		report := c.Record.GetExecutionReport()
		report.ReturnReason, report.ReturnTime = req.GetReason(), timestamppb.New(c.Now())
		c.Tell(c.Record.GetExecutorUnit(),
			words.InboxDecisionExecutionReturned(access.PrincipalOf(ctx).Unit, c.Record.GetTitle(), req.GetReason()))
		return nil
	})
}

// decidesOrExecutes tells whether the caller's unit decided, or carries out, what it attaches to.
func decidesOrExecutes(ctx context.Context, c *change) (bool, error) {
	if own, err := files.OfUnit(ctx, c); own || err != nil || c.Record.GetExecutorUnit() == "" {
		return own, err
	}
	return owed.ActsFor(ctx, c.Tx, c.Record.GetExecutorUnit())
}

// checks lets whoever checks attach what shows what they found.
func checks(ctx context.Context, c *change) error {
	if err := reviews.Reviewer.May(ctx, c.Units()); err != nil {
		return err
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}
