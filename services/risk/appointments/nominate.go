package appointments

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// check holds what is written of a candidate against the scheme and the positions.
func (s *Server) check(ctx context.Context, c *change) error {
	kind, scheme, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	c.Record.AskedSteps = askedSteps(kind)
	var faults fault.Fields
	if kind != nil && c.Before == nil && !access.IsFor(kind, access.Target(ctx)) {
		faults.Add("appointment.kind", words.NotForUnit())
	}
	if schemes.CheckKnown(&faults, "appointment.kind", c.Record.GetKind(), scheme.GetAppointmentKinds()); kind == nil {
		return faults.Err()
	}
	if err := s.checkFilled(ctx, c, &faults, scheme, kind); err != nil {
		return err
	}
	if err := s.checkPresent(ctx, c, &faults); err != nil {
		return err
	}
	checkNominations(c, &faults, kind)
	if err := faults.Err(); err != nil {
		return err
	}
	return requireFresh(ctx, c, kind)
}

// checkFilled wants a position in reach, of a rank that the kind is for.
func (s *Server) checkFilled(
	ctx context.Context, c *change, faults *fault.Fields, scheme *riskv1.Scheme, kind *riskv1.AppointmentKind,
) error {
	const field = "appointment.position"
	name := c.Record.GetPosition()
	filled, err := s.positions.Find(ctx, c.Tx, name)
	if fault.IsNotFound(err) {
		faults.Add(field, words.NotFound(name))
		return nil
	}
	if err != nil {
		return err
	}
	positions.CheckStands(faults, field, filled)
	c.Record.Filled = positions.IncumbentOn(filled.Record, c.Today())
	if c.Record.GetFilled().GetPerson() == c.Record.GetPerson() {
		faults.Add(field, words.HoldsPosition(c.Record.GetPerson()))
	}
	if id := filled.Record.GetRank(); len(kind.GetRanks()) > 0 && !slices.Contains(kind.GetRanks(), id) {
		rank, _ := schemes.Find(scheme.GetRanks(), id)
		faults.Add(field, words.AppointmentRank(schemes.TitleOf(cmp.Or(id, "–"), rank.GetTitle())))
	}
	return nil
}

// checkPresent wants the candidate to hold the position that is named as their present one, within the caller's reach: they leave
// it when they come into the new one, which the unit enters.
func (s *Server) checkPresent(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "appointment.present_position"
	name := c.Record.GetPresentPosition()
	c.Record.Present = nil
	if name == "" {
		return nil
	}
	present, err := s.positions.Find(ctx, c.Tx, name)
	if fault.IsNotFound(err) {
		faults.Add(field, words.NotFound(name))
		return nil
	}
	if err != nil {
		return err
	}
	c.Record.Present = positions.IncumbentOn(present.Record, c.Today())
	if c.Record.GetPresent().GetPerson() != c.Record.GetPerson() {
		faults.Add(field, words.NotHolder(c.Record.GetPerson()))
	}
	return nil
}

// checkNominations wants as many different ways as the kind asks, none of them to come.
func checkNominations(c *change, faults *fault.Fields, kind *riskv1.AppointmentKind) {
	ways := map[string]bool{}
	for i, n := range c.Record.GetNominations() {
		at := fmt.Sprintf("appointment.nominations[%d].", i)
		schemes.CheckKnown(faults, at+"way", n.GetWay(), kind.GetNominationWays())
		faults.ParsePastDay(at+"nominated_on", n.GetNominatedOn(), c.Today())
		ways[n.GetWay()] = true
	}
	if len(ways) < int(kind.GetMinNominationWays()) {
		faults.Add("appointment.nominations", words.FewWays(strconv.Itoa(int(kind.GetMinNominationWays()))))
	}
}
