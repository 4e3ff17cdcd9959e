package commitments

import (
	"context"
	"errors"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// gone finds the commitments that bind nobody on a day, given as its text: their year is over, or somebody else holds the
// position.
const gone = `state <> 'COMMITMENT_STATE_LAPSED'
	AND (year < left($1, 4)::integer OR person IS DISTINCT FROM holder_of(position, $1))`

// Open lets commitments lapse that bind nobody any more, and opens those of the year that the schemes ask for.
func (s *Server) Open(ctx context.Context) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.commitments.Store.Clock)
	lapsed := s.commitments.Sweep(ctx, OpenJob, gone, today.String(), lapse)
	all, err := grading.SchemesOn(ctx, s.commitments.Store, today)
	if err != nil {
		return err
	}
	asked := positions.Ask[opening](all)
	for _, scheme := range all {
		for _, rule := range scheme.GetCommitments() {
			if int32(today.Month()) >= rule.GetOpenMonth() {
				o := opening{Server: s, days: days, today: today, scheme: scheme, rule: rule}
				asked.Add(scheme, positions.RuleOf(rule), o)
			}
		}
	}
	next := func(ctx context.Context, tx *record.Tx, rules []byte, after positions.Place) ([]positions.Place, error) {
		rows, err := db.New(tx).PositionsToCommit(ctx, db.PositionsToCommitParams{
			Rules: rules, AfterRegion: after.Region, AfterKey: after.Key, AfterRule: after.Rule,
			Day: today, DayText: today.String(), Year: int32(today.Year()), Page: positions.WalkSize,
		})
		return positions.Places(rows), err
	}
	return errors.Join(lapsed, positions.Walk(ctx, s.positions, OpenJob, asked, next, openFor))
}

// lapse ends a commitment.
func lapse(_ context.Context, c *change) error {
	c.Record.LapseCause = riskv1.LapseCause_LAPSE_CAUSE_YEAR_ENDED
	if int(c.Record.GetContent().GetYear()) == c.Today().Year() {
		c.Record.LapseCause = riskv1.LapseCause_LAPSE_CAUSE_HOLDER_CHANGED
		c.Tell(c.Record.GetUnit(), words.InboxCommitmentLapsed(c.Record.GetUnit(), post(c.Record), title(c.Record)))
	}
	end(c)
	return nil
}

func end(c *change) {
	c.Record.State, c.Record.LapsedOn = lapsed, c.Today().String()
	owed.Stop(c.Record)
}

// CancelCommitment has a unit above let a commitment lapse that was opened by mistake.
func (s *Server) CancelCommitment(ctx context.Context, req *riskv1.CancelCommitmentRequest) (*riskv1.Commitment, error) {
	return s.commitments.Act(ctx, req, cancelAct, func(_ context.Context, c *change) error {
		c.Record.LapseCause, c.Record.CancelReason = riskv1.LapseCause_LAPSE_CAUSE_CANCELLED, req.GetReason()
		unit := c.Record.GetUnit()
		c.Tell(unit, words.InboxCommitmentCancelled(unit, post(c.Record), title(c.Record), req.GetReason()))
		end(c)
		return nil
	})
}

// opening opens the commitments of one rule.
type opening struct {
	*Server

	days   *calendar.Calendar
	today  calendar.Date
	scheme *riskv1.Scheme
	rule   *riskv1.CommitmentRule
}

// openFor opens the commitment of a position.
func openFor(ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position], o opening) error {
	due, err := calendarpb.Due(o.days, o.today, o.rule.GetLimit())
	if err != nil {
		return err
	}
	asked := &riskv1.Commitment{
		Position: position.Record.GetName(), Rule: o.rule.GetId(), SchemeVersion: schemes.Version(o.scheme), DueOn: due.GetDue(),
		Content: &riskv1.CommitmentContent{
			Title: o.rule.GetTitle(), Year: int32(o.today.Year()), Maker: positions.IncumbentOn(position.Record, o.today),
			CounterpartRanks: o.rule.GetCounterpartRanks(), Text: o.rule.GetText(), CounterText: o.rule.GetCounterText(),
		},
	}
	if asked.ContentSha256, err = reviews.Hash(asked.GetContent()); err != nil {
		return err
	}
	_, err = o.commitments.CreateIn(ctx, tx, position.Unit(), asked, o.owed.Plan(o.days), tellOpened)
	return err
}

func tellOpened(_ context.Context, c *change) error {
	unit := c.Record.GetUnit()
	c.Tell(unit, words.InboxCommitmentOpened(unit, post(c.Record), c.Record.GetDueOn(), title(c.Record)))
	return nil
}
