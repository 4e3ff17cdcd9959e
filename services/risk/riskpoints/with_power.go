package riskpoints

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// What lies in a power goes where that goes, and ends where it ends, in the same change (T12).

type powerChange = collection.Change[*riskv1.PowerItem]

// pageOfPower is how many risk points of a power are changed by one statement.
const pageOfPower = 100

// RequireStaying refuses to transfer or cancel a power while risk points in force of it are written to belong to it no more:
// their review says whether they do.
func (s *Server) RequireStaying(ctx context.Context, power *powerChange) error {
	count, err := db.New(power).PointsLeavingPower(ctx, power.Record.GetName())
	if err == nil && count > 0 {
		return fault.Precondition(words.HasRiskPoints(strconv.FormatInt(count, 10)))
	}
	return err
}

// RetireWith retires the risk points of a power that is cancelled, for its reason, and tells its unit and those of their owners.
func (s *Server) RetireWith(ctx context.Context, power *powerChange) error {
	item, reason := power.Record, power.Record.GetStanding().GetProposalReason()
	retired, owned, left := 0, map[string]int{}, map[string]LeftRedo{}
	err := s.eachOfPower(ctx, power, retireAct, func(ctx context.Context, c *change) error {
		leave(left, c.Record.GetRedo(), LeftRedo{Retired: 1})
		if c.Record.GetStanding().GetVersion() > 0 {
			retired++
			count(owned, c.Record.GetOwner())
		}
		return s.points.EndWith(ctx, c, reason)
	}, endRedo, gradeStands, s.retired, showGrade)
	if err == nil {
		err = s.left(ctx, power.Tx, left)
	}
	if err != nil || retired == 0 {
		return err
	}
	power.Tell(item.GetUnit(), words.InboxPowerPointsRetired(item.GetTitle(), strconv.Itoa(retired), reason))
	return tellOwners(ctx, power, owned, []string{power.ActingUnit()}, func(points string) words.Sentence {
		return words.InboxPowerPointsRetiredOwned(item.GetUnit(), item.GetTitle(), points, reason)
	})
}

// GoAlong gives the risk points of a power, and what is done about them, to the unit that takes it over, where it comes in force.
func (s *Server) GoAlong(ctx context.Context, given, taken *powerChange) error {
	g := &going{
		server: s, given: given, taken: taken, reason: given.Record.GetStanding().GetProposalReason(),
		places: map[string]place{}, owned: map[string]int{}, left: map[string]LeftRedo{},
	}
	if err := s.eachOfPower(ctx, given, transferAct, g.move); err != nil || g.points == 0 {
		return err
	}
	if err := s.left(ctx, given.Tx, g.left); err != nil {
		return err
	}
	return g.tell(ctx)
}

// eachOfPower does an act with each risk point of a power that goes where that goes.
func (s *Server) eachOfPower(
	ctx context.Context, power *powerChange, act lifecycle.Act, rules ...collection.Rule[*riskv1.RiskPoint],
) error {
	name := power.Record.GetName()
	still := func(_ context.Context, c *change) error {
		if c.Record.GetPowerItem() != name { // it was rewritten since it was found
			return fault.New(codes.Aborted, words.Conflict())
		}
		return nil
	}
	page := db.PointsOfPowerParams{PowerItem: name, Ended: ended.String(), PageSize: pageOfPower}
	for {
		rows, err := db.New(power).PointsOfPower(ctx, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		names := make([]string, len(rows))
		for i, row := range rows {
			names[i] = resource.Sharded(resource.RiskPoints, row.Region, row.Key)
			page.AfterRegion, page.AfterKey = row.Region, row.Key
		}
		err = s.points.ActAll(ctx, power.Tx, names, act, append([]collection.Rule[*riskv1.RiskPoint]{still}, rules...)...)
		if err != nil {
			return err
		}
	}
}

// going are the risk points of a power on their way to another unit.
type going struct {
	server       *Server
	given, taken *powerChange
	reason       string
	places       map[string]place // of positions, by their names

	points, controls, dropped int
	owned                     map[string]int // how many positions of a unit own no more
	left                      map[string]LeftRedo
}

// place is where a position stands: at the unit that takes a power over, or at it or above it.
type place struct{ own, above bool }

func (g *going) place(ctx context.Context, position string) (place, error) {
	at, known := g.places[position]
	if known {
		return at, nil
	}
	found, err := g.server.positions.Ancestor(ctx, g.taken.Tx, position, g.taken.Units())
	if err != nil && !fault.IsNotFound(err) {
		return at, err
	}
	if err == nil {
		at = place{own: found.ActingUnit() == g.taken.ActingUnit(), above: true}
	}
	g.places[position] = at
	return at, nil
}

// move is the rule that gives one of them to the unit.
func (g *going) move(ctx context.Context, c *change) error {
	owner := c.Record.GetOwner()
	err := g.server.points.Give(ctx, c, g.taken.Units(), g.reason, func(point *riskv1.RiskPoint) error {
		return g.rewrite(ctx, point)
	})
	if err != nil {
		return err
	}
	leave(g.left, c.Record.GetRedo(), LeftRedo{Transferred: 1})
	c.Record.Redo, c.Record.TransferredFrom = "", g.given.Record.GetUnit()
	g.points++
	if c.Record.GetOwner() == nil {
		count(g.owned, owner)
	}
	along, dropped, err := g.server.controls.Given(ctx, c, func(ctx context.Context, position string) (bool, error) {
		at, err := g.place(ctx, position)
		return at.above, err
	})
	g.controls, g.dropped = g.controls+along, g.dropped+dropped
	return err
}

// rewrite has a risk point be one of the unit: in its power, with the position that does the step there, and without what it
// lacks.
func (g *going) rewrite(ctx context.Context, point *riskv1.RiskPoint) error {
	was, _ := schemes.Find(g.given.Record.GetSteps(), point.GetStep())
	is, kept := schemes.Find(g.taken.Record.GetSteps(), point.GetStep())
	point.PowerItem, point.TransferredFrom = g.taken.Record.GetName(), g.given.Record.GetUnit()
	if !kept {
		point.Step = ""
	}
	if point.GetPosition() != "" {
		at, err := g.place(ctx, point.GetPosition())
		if err != nil {
			return err
		}
		switch {
		case at.own:
		case point.GetPosition() == was.GetPosition():
			point.Position = is.GetPosition()
		default:
			point.Position = ""
		}
	}
	if point.GetOwnerPosition() == "" {
		return nil
	}
	at, err := g.place(ctx, point.GetOwnerPosition())
	if !at.above {
		point.OwnerPosition, point.Owner = "", nil
	}
	return err
}

// tell tells the unit that has them now, the one that had them, and those of their owners.
func (g *going) tell(ctx context.Context) error {
	title, had, has := g.taken.Record.GetTitle(), g.given.Record.GetUnit(), g.taken.Record.GetUnit()
	points, controls, dropped := strconv.Itoa(g.points), strconv.Itoa(g.controls), strconv.Itoa(g.dropped)
	g.taken.Tell(has, words.InboxPowerPointsGiven(title, had, points, controls, dropped))
	if g.given.ActingUnit() != g.taken.ActingUnit() {
		g.given.Tell(had, words.InboxPowerPointsLeft(title, points, has, controls, dropped))
	}
	heard := []string{g.given.ActingUnit(), g.taken.ActingUnit()}
	return tellOwners(ctx, g.given, g.owned, heard, func(owned string) words.Sentence {
		return words.InboxPowerPointsDisowned(title, had, has, owned)
	})
}

// leave counts a risk point that leaves a redo, if it is under one.
func leave(left map[string]LeftRedo, redo string, one LeftRedo) {
	if redo != "" {
		of := left[redo]
		left[redo] = LeftRedo{Transferred: of.Transferred + one.Transferred, Retired: of.Retired + one.Retired}
	}
}

// count counts a risk point for the unit of its owner, if it has one.
func count(owned map[string]int, owner *riskv1.Incumbent) {
	if owner.GetUnit() != "" {
		owned[owner.GetUnit()]++
	}
}

// tellOwners tells units how many risk points of a power their positions own no more, save those that have heard of it.
func tellOwners(
	ctx context.Context, power *powerChange, owned map[string]int, heard []string, says func(points string) words.Sentence,
) error {
	units := slices.Sorted(maps.Keys(owned))
	acting, err := collection.ActingUnits(ctx, power, units...)
	if err != nil {
		return err
	}
	for _, unit := range units {
		if !slices.Contains(heard, acting[unit]) {
			power.Notify(record.Message{Unit: unit, Resource: power.Record.GetName(), Sentence: says(strconv.Itoa(owned[unit]))})
		}
	}
	return nil
}

// requireReviewed refuses to drop what came with its power: it would stay in force at its unit without a review.
func requireReviewed(_ context.Context, c *change) error {
	if c.Record.GetTransferredFrom() != "" && c.Record.GetStanding().GetVersion() > 0 {
		return fault.Precondition(words.PointTransferred(words.Untitled(c.Record.GetTransferredFrom())))
	}
	return nil
}
