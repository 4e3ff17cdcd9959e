package decisions

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// PrepareDecision records a step of the preparation, in place of what was recorded of it before.
func (s *Server) PrepareDecision(ctx context.Context, req *riskv1.PrepareDecisionRequest) (*riskv1.Decision, error) {
	return s.decisions.Act(ctx, req, prepareAct, func(ctx context.Context, c *change) error {
		done := req.GetPreparation()
		if err := checkPreparation(ctx, c, done); err != nil {
			return err
		}
		c.Record.Preparations = slices.DeleteFunc(c.Record.GetPreparations(), func(p *riskv1.Preparation) bool {
			return p.GetStep() == done.GetStep()
		})
		c.Record.Preparations = append(c.Record.Preparations, done)
		return nil
	})
}

// checkPreparation wants a step of the scheme, done by today, with the evidence that it asks for.
func checkPreparation(ctx context.Context, c *change, done *riskv1.Preparation) error {
	scheme, err := schemeOf(ctx, c)
	if err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "preparation.step", done.GetStep(), scheme.GetPreparationSteps())
	faults.ParsePastDay("preparation.done_on", done.GetDoneOn(), c.Today())
	step, _ := schemes.Find(scheme.GetPreparationSteps(), done.GetStep())
	if step.GetEvidenceRequired() && len(done.GetEvidence()) == 0 {
		faults.Add("preparation.evidence", words.Required())
	}
	err = attachments.CheckOwned(ctx, c, &faults, "preparation.evidence", c.Record.GetName(), done.GetEvidence())
	if err != nil {
		return err
	}
	return faults.Err()
}

// requirePreparation requires that all steps that a matter needs were done by a day.
func requirePreparation(c *change, scheme *riskv1.Scheme, day string) error {
	var missing []words.Title
	for _, id := range c.Record.GetRequiredSteps() {
		done := slices.ContainsFunc(c.Record.GetPreparations(), func(p *riskv1.Preparation) bool {
			return p.GetStep() == id && p.GetDoneOn() <= day
		})
		if !done {
			missing = append(missing, schemes.TitleIn(scheme.GetPreparationSteps(), id))
		}
	}
	if len(missing) > 0 {
		return fault.Precondition(words.PreparationMissing(words.List(missing...)))
	}
	return nil
}
