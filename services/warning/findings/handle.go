package findings

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// maxEvents is how many events a finding keeps, the last ones.
const maxEvents = 50

// SolveFinding records that a problem is solved (C15).
func (s *Server) SolveFinding(ctx context.Context, req *warningv1.SolveFindingRequest) (*warningv1.Finding, error) {
	return s.act(ctx, req, solveAct, isHandler, func(ctx context.Context, c *change) error {
		var faults fault.Fields
		on := c.Today().String()
		if req.GetSolvedOn() != "" {
			on = req.GetSolvedOn()
			if day, ok := faults.ParseDay("solved_on", on); ok && day.After(c.Today()) {
				faults.Add("solved_on", words.Future())
			}
		}
		if err := checkEvidence(ctx, c, &faults, req.GetAttachments()); err != nil {
			return err
		}
		note(ctx, c, solveAct, &warningv1.FindingEvent{
			Note: req.GetSolution(), SolvedBy: req.GetSolvedBy(), SolvedOn: on, Attachments: req.GetAttachments(),
		})
		answer(ctx, c)
		return faults.Err()
	})
}

// checkEvidence wants the files that show a solution, at least one where the scheme asks for evidence.
func checkEvidence(ctx context.Context, c *change, faults *fault.Fields, files []string) error {
	const field = "attachments"
	rule, err := ruleOf(ctx, c)
	if err != nil {
		return err
	}
	if rule.GetEvidenceRequired() && len(files) == 0 {
		faults.Add(field, words.Required())
	}
	return attachments.CheckOwned(ctx, c, faults, field, c.Record.GetName(), files)
}

// SetAsideFinding records why nothing is done.
func (s *Server) SetAsideFinding(ctx context.Context, req *warningv1.SetAsideFindingRequest) (*warningv1.Finding, error) {
	return s.act(ctx, req, setAsideAct, isHandler, func(ctx context.Context, c *change) error {
		note(ctx, c, setAsideAct, &warningv1.FindingEvent{Note: req.GetReason()})
		answer(ctx, c)
		return nil
	})
}

// PassUpFinding has the unit above handle what a unit can't solve (C15).
func (s *Server) PassUpFinding(ctx context.Context, req *warningv1.PassUpFindingRequest) (*warningv1.Finding, error) {
	return s.again(ctx, req, passUpAct, isHandler, func(ctx context.Context, c *change) error {
		if len(handlerUnits(c)) == 1 {
			return fault.Precondition(words.NoneAbove())
		}
		moveTo(c, levelsUp(c)+1)
		note(ctx, c, passUpAct, &warningv1.FindingEvent{Note: req.GetReason()})
		c.Tell(handlerOf(c), passedUpSays(c.Record, access.PrincipalOf(ctx).Unit, req.GetReason()))
		return nil
	})
}

// ReturnFinding gives a finding back to the unit that passed it up.
func (s *Server) ReturnFinding(ctx context.Context, req *warningv1.ReturnFindingRequest) (*warningv1.Finding, error) {
	return s.again(ctx, req, returnAct, isHandler, func(ctx context.Context, c *change) error {
		moveTo(c, max(levelsUp(c)-1, 0))
		note(ctx, c, returnAct, &warningv1.FindingEvent{Note: req.GetAnswer()})
		about, area := titles(c.Record)
		c.Tell(handlerOf(c), words.InboxFindingReturned(
			access.PrincipalOf(ctx).Unit, c.Record.GetPeriod(), about, area, req.GetAnswer()))
		return nil
	})
}

// ReopenFinding has a finding handled again.
func (s *Server) ReopenFinding(ctx context.Context, req *warningv1.ReopenFindingRequest) (*warningv1.Finding, error) {
	return s.again(ctx, req, reopenAct, isHandlerOrAbove, func(ctx context.Context, c *change) error {
		moveTo(c, levelsUp(c))
		note(ctx, c, reopenAct, &warningv1.FindingEvent{Note: req.GetReason()})
		if to := handlerOf(c); to != access.PrincipalOf(ctx).Unit {
			c.Tell(to, reopenedSays(c.Record))
		}
		return nil
	})
}

// DescribeFinding writes down what the problem is (C10, C12).
func (s *Server) DescribeFinding(ctx context.Context, req *warningv1.DescribeFindingRequest) (*warningv1.Finding, error) {
	return s.act(ctx, req, describeAct, isHandlerOrAbove, func(ctx context.Context, c *change) error {
		c.Record.Problem = req.GetProblem()
		c.Record.Problem.Unit, c.Record.Problem.WriteTime = access.PrincipalOf(ctx).Unit, timestamppb.New(c.Now())
		addEvent(ctx, c, describeAct, &warningv1.FindingEvent{})
		return nil
	})
}

// act is an act on a finding, which is answered as the caller is told of it.
func (s *Server) act(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, who collection.Rule[*warningv1.Finding],
	rules ...collection.Rule[*warningv1.Finding],
) (*warningv1.Finding, error) {
	told, err := s.told(ctx)
	if err != nil {
		return nil, err
	}
	return told.ActBy(ctx, req, act, who, rules...)
}

// again is an act after which a unit has a finding to handle, in time from today.
func (s *Server) again(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, who, rule collection.Rule[*warningv1.Finding],
) (*warningv1.Finding, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.act(ctx, req, act, who, rule, restart(days))
}

// note notes in the history of a finding what was done, and that nothing is owed of it for now.
func note(ctx context.Context, c *change, act lifecycle.Act, e *warningv1.FindingEvent) {
	addEvent(ctx, c, act, e)
	stop(c.Record, c.Today())
}

// addEvent notes in the history of a finding what was done.
func addEvent(ctx context.Context, c *change, act lifecycle.Act, e *warningv1.FindingEvent) {
	f := c.Record
	e.EventTime, e.Act, e.State, e.Unit = timestamppb.New(c.Now()), string(act), f.GetState(), access.PrincipalOf(ctx).Unit
	f.History = collection.Last(append(f.GetHistory(), e), maxEvents)
}

// answer tells the unit that found something that another one has handled it.
func answer(ctx context.Context, c *change) {
	if found, by := c.ActingUnit(), access.PrincipalOf(ctx).Unit; found != by {
		about, area := titles(c.Record)
		c.Tell(found, words.InboxFindingAnswered(by, c.Record.GetPeriod(), about, area))
	}
}

// ruleOf is how findings are handled by the scheme that a finding was made by; nil where that has no rule.
func ruleOf(ctx context.Context, c *change) (*warningv1.FindingRule, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
	return scheme.GetFindingHandling(), err
}
