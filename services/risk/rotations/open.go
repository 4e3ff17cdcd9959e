package rotations

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
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
	for _, unit := range slices.Sorted(maps.Keys(a.schemes)) {
		for _, rule := range a.schemes[unit].GetRotations() {
			o := opening{asking: a, scheme: a.schemes[unit], rule: rule}
			var err error
			if o.until, err = later(a.days, a.day, rule.GetNoticeMonths()); err == nil {
				err = positions.Walk(ctx, s.positions, OpenJob, o.next, o.open)
			}
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
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
}

// opening opens the rotations of one rule.
type opening struct {
	asking

	scheme *riskv1.Scheme
	rule   *riskv1.RotationRule
	until  calendar.Date // by which a holder is due who is told today
}

// next finds positions whose holder is due under the rule and has no rotation.
func (o *opening) next(ctx context.Context, tx *record.Tx, after positions.Place) ([]positions.Place, error) {
	asked := o.rule.GetPositions()
	rows, err := db.New(tx).PositionsToRotate(ctx, db.PositionsToRotateParams{
		AfterRegion: after.Region, AfterKey: after.Key,
		Ranks: asked.GetRanks(), Tiers: asked.GetTiers(), Grades: asked.GetGrades(),
		Day: o.day, DayText: o.day.String(), Months: o.rule.GetMonths(), Until: o.until,
		SchemeUnits: positions.UnitIDs(o.schemes), SchemeUnit: resource.ID(o.scheme.GetUnit()), Page: positions.WalkSize,
	})
	return positions.Places(rows), err
}

// open opens the rotation of the holder of a position, under the rule by which that person is due first: one with a longer notice
// may come earlier.
func (o *opening) open(ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position]) error {
	under, err := db.New(tx).PositionsUnderSchemes(ctx, db.PositionsUnderSchemesParams{
		SchemeUnits: positions.UnitIDs(o.schemes), Day: o.day, Regions: []string{position.Region}, Keys: []string{position.Key},
	})
	if err != nil || len(under) == 0 {
		return err
	}
	holder, err := o.firstDue(position.Record, o.scheme, under[0].Grades)
	if err != nil {
		return err
	}
	rule, _ := schemes.Find(o.scheme.GetRotations(), holder.GetRule())
	asked := &riskv1.Rotation{
		Position: position.Record.GetName(), HolderDue: holder, DueOn: holder.GetDueOn(),
		Grades: rule.GetPositions().GetGrades(), DeferMonths: rule.GetDeferMonths(), SchemeVersion: schemes.Version(o.scheme),
	}
	_, err = o.rotations.CreateIn(ctx, tx, position.Unit(), asked, o.owed.Plan(o.days), tellOpened)
	return err
}

func tellOpened(_ context.Context, c *change) error {
	due := c.Record.GetHolderDue()
	says := words.InboxRotationOpened(post(c.Record), holder(c.Record), due.GetSince(), due.GetDueOn(),
		schemes.TitleOf(due.GetRule(), due.GetTitle()))
	c.Tell(c.Record.GetUnit(), says)
	return nil
}
