package decisions

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// check holds what is written of a matter against the scheme, and notes what its preparation needs.
func (s *Server) check(ctx context.Context, c *change) error {
	scheme, err := schemeOf(ctx, c)
	if err != nil {
		return err
	}
	var faults fault.Fields
	kind, ok := schemes.Find(scheme.GetDecisionKinds(), c.Record.GetKind())
	if !ok {
		schemes.CheckKnown(&faults, "decision.kind", c.Record.GetKind(), scheme.GetDecisionKinds())
		return faults.Err()
	}
	if c.Before == nil && !access.IsFor(kind, access.Target(ctx)) {
		faults.Add("decision.kind", words.NotForUnit())
	}
	c.Record.RequiredSteps = requiredSteps(kind, c.Record.GetAmount())
	schemes.CheckAllKnown(&faults, "decision.filing_grounds", c.Record.GetFilingGrounds(), kind.GetFiling().GetGrounds())
	if kind.GetAmountRequired() && c.Record.GetAmount() == 0 {
		faults.Add("decision.amount", words.Required())
	}
	faults.ParseComingDay("decision.due_on", c.Record.GetDueOn(), c.Today())
	proposer, err := s.place(ctx, c, &faults, "decision.proposer_position", c.Record.GetProposerPosition())
	if err != nil {
		return err
	}
	if proposer != nil {
		c.Record.Proposer = positions.IncumbentOn(proposer.Record, c.Today())
	}
	if _, err := s.executor(ctx, c, &faults, c.Today()); err != nil {
		return err
	}
	if err := s.checkMembers(ctx, c, &faults, scheme, kind); err != nil {
		return err
	}
	if err := s.checkSuperseded(ctx, c, &faults); err != nil {
		return err
	}
	return faults.Err()
}

// schemeOf is the scheme that a matter is decided by: that of the day on which it was entered, so that nobody changes the rules
// while it is prepared.
func schemeOf(ctx context.Context, c *change) (*riskv1.Scheme, error) {
	scheme := &riskv1.Scheme{}
	return scheme, schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme)
}

// requiredSteps are the steps of the preparation that a kind asks for, and its thresholds up to an amount.
func requiredSteps(kind *riskv1.DecisionKind, amount int64) []string {
	steps := slices.Clone(kind.GetSteps())
	for _, threshold := range kind.GetThresholds() {
		for _, step := range threshold.GetSteps() {
			if amount >= threshold.GetMinAmount() && !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// place finds a position of the unit, above it or below it; nil where there is none, which is noted. One that is named anew is of
// no unit that has ended, save that who decided first decides again, wherever they did.
func (s *Server) place(
	ctx context.Context, c *change, faults *fault.Fields, field, name string,
) (*collection.Change[*riskv1.Position], error) {
	found, err := collection.FindAround(ctx, s.positions, c, faults, field, name)
	named := name == c.Before.GetProposerPosition() || slices.Contains(c.Before.GetMembers(), name)
	if !named && c.Record.GetSupersedes() == "" {
		positions.CheckStands(faults, field, found)
	}
	return found, err
}

// executor finds who is to carry out a matter: of what is decided about a candidate somebody else, by who holds the position on a
// day. It is nil where there is none, which is noted.
func (s *Server) executor(
	ctx context.Context, c *change, faults *fault.Fields, day calendar.Date,
) (*collection.Change[*riskv1.Position], error) {
	const field = "decision.executor_position"
	executor, err := collection.FindAround(ctx, s.positions, c, faults, field, c.Record.GetExecutorPosition())
	positions.CheckStands(faults, field, executor)
	if err != nil || executor == nil {
		return executor, err
	}
	about, err := s.candidate(ctx, c)
	if about != nil && positions.IncumbentOn(executor.Record, day).GetPerson() == about.GetPerson() {
		faults.Add(field, words.OwnCandidacy())
	}
	return executor, err
}

// candidate is the appointment that a decision is about; nil of any other, and where there is none, of which the rule of a new
// decision tells. Who carries the decision out need not reach it.
func (s *Server) candidate(ctx context.Context, c *change) (*riskv1.Appointment, error) {
	if c.Record.GetAppointment() == "" {
		return nil, nil
	}
	about, err := s.appointments.Around(ctx, c.Tx, c.Record.GetAppointment(), c.Units())
	if fault.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return about.Record, nil
}

// checkSuperseded wants a decision of the same unit and kind that was made, and all who decided it to be members again: else it
// could be overturned by a few.
func (s *Server) checkSuperseded(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "decision.supersedes"
	if c.Record.GetSupersedes() == "" {
		return nil
	}
	first, err := collection.FindOwn(ctx, s.decisions, c, faults, field, c.Record.GetSupersedes())
	if err != nil || first == nil {
		return err
	}
	switch {
	case first.Record.GetKind() != c.Record.GetKind():
		faults.Add(field, words.OtherKind())
	case !isSupersedable(first.Record):
		faults.Add(field, words.NotSupersedable())
	}
	return s.checkAllAgain(ctx, c, faults, first.Record.GetMembers())
}
