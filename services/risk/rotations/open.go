package rotations

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// What ends a rotation on a day, given as its text: the holder has left, the first day of the holder was corrected, or no risk
// point of the grades is in force any more.
const (
	corrected = `NOT ended AND EXISTS (
		SELECT FROM positions p WHERE p.region = region_of(position) AND p.key = key_of(position)
		AND person = holder_on(p.body, $1) AND since <> held_since(p.body, $1))`
	left     = "NOT ended AND person IS DISTINCT FROM holder_of(position, $1)"
	harmless = `NOT ended AND body -> 'grades' IS NOT NULL AND
		NOT has_grade(position, ARRAY(SELECT jsonb_array_elements_text(body -> 'grades')), date_of($1))`
)

// Open ends rotations whose holder has left, and opens those that the schemes ask for.
func (s *Server) Open(ctx context.Context) error {
	a := asking{Server: s, day: s.today()}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	failed := []error{
		s.rotations.Sweep(ctx, OpenJob, left, a.day.String(), s.complete),
		s.rotations.Sweep(ctx, OpenJob, corrected, a.day.String(), lapse),
		s.rotations.Sweep(ctx, OpenJob, harmless, a.day.String(), lapse),
	}
	asked := positions.Ask[*riskv1.Scheme](a.schemes)
	for _, unit := range slices.Sorted(maps.Keys(a.schemes)) {
		for _, rule := range a.schemes[unit].GetRotations() {
			until, err := later(a.days, a.day, rule.GetNoticeMonths()) // by which a holder is due who is told today
			if err != nil {
				failed = append(failed, err)
				continue
			}
			of := ruleOf(rule)
			of.Until = until.String()
			asked.Add(a.schemes[unit], of, a.schemes[unit])
		}
	}
	return errors.Join(append(failed, positions.Walk(ctx, s.positions, OpenJob, asked, a.next, a.open))...)
}

// complete notes until when the holder held the position and who has come after: the day on which that is found may be later.
func (s *Server) complete(ctx context.Context, c *change) error {
	position, err := s.positions.Ancestor(ctx, c.Tx, c.Record.GetPosition(), c.Units())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	c.Record.LeftOn = c.Today().AddDays(-1).String()
	if err == nil {
		c.Record.Successor = positions.IncumbentOn(position.Record, c.Today())
		held := positions.LastHeld(position.Record, c.Record.GetHolderDue().GetIncumbent().GetPerson())
		c.Record.LeftOn = cmp.Or(held.GetUntil(), c.Record.GetLeftOn())
	}
	end(c, done)
	return nil
}

func lapse(_ context.Context, c *change) error {
	end(c, lapsed)
	return nil
}

func end(c *change, state riskv1.RotationState) {
	c.Record.State, c.Record.EndedOn = state, c.Today().String()
	owed.Stop(c.Record)
	owed.Judged(c.Record)
}

// next finds positions whose holder is due under a rule and has no rotation.
func (a *asking) next(ctx context.Context, tx *record.Tx, rules []byte, after positions.Place) ([]positions.Place, error) {
	rows, err := db.New(tx).PositionsToRotate(ctx, db.PositionsToRotateParams{
		Rules: rules, AfterRegion: after.Region, AfterKey: after.Key, AfterRule: after.Rule,
		Day: a.day, DayText: a.day.String(), Page: positions.WalkSize,
	})
	return positions.Places(rows), err
}

// open opens the rotation of the holder of a position, under the rule by which that person is due first: one with a longer notice
// may come earlier.
func (a *asking) open(
	ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position], scheme *riskv1.Scheme,
) error {
	due, err := a.holdersDue(ctx, tx, []*riskv1.Position{position.Record})
	if err != nil || len(due) == 0 {
		return err
	}
	holder := due[0]
	rule, _ := schemes.Find(scheme.GetRotations(), holder.GetRule())
	asked := &riskv1.Rotation{
		Position: position.Record.GetName(), HolderDue: holder, DueOn: holder.GetDueOn(),
		Grades: rule.GetPositions().GetGrades(), DeferMonths: rule.GetDeferMonths(), SchemeVersion: schemes.Version(scheme),
	}
	_, err = a.rotations.CreateIn(ctx, tx, position.Unit(), asked, a.owed.Plan(a.days), tellOpened)
	return err
}

func tellOpened(_ context.Context, c *change) error {
	due := c.Record.GetHolderDue()
	says := words.InboxRotationOpened(post(c.Record), holder(c.Record), due.GetSince(), due.GetDueOn(),
		schemes.TitleOf(due.GetRule(), due.GetTitle()))
	c.Tell(c.Record.GetUnit(), says)
	return nil
}
