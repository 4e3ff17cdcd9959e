package rounds

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/assessment/store/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Messages name the unit that takes part: where it has ended, its successor gets them, which may take part itself.

// notifyOfOpening tells the units that take part that a round was opened.
func notifyOfOpening(ctx context.Context, c *change, units *participants) {
	office := access.Target(ctx).GetTitle()
	for i, id := range units.ids {
		tellUnnamed(c, id, words.InboxRoundOpened(office, c.Record.GetTitle(), c.Record.GetPeriod(), units.titles[i]))
	}
}

// notifyOfResults tells every unit what it reached.
func notifyOfResults(c *change, results []db.ListResultsRow) {
	for _, r := range results {
		reached := briefScore(c.Record, r.UnitID, r.Hundredths, r.Grade)
		c.Tell(resource.Name(resource.Units, r.UnitID), words.InboxRoundClosed(c.Record.GetTitle(), c.Record.GetPeriod(), r.Title,
			strconv.FormatFloat(reached.GetTotal(), 'f', -1, 64), schemes.TitleOf(r.Grade, reached.GetGradeTitle())))
	}
}

// notifyOfDeletion tells units that a round they were to take part in is off.
func notifyOfDeletion(c *change, unitIDs []string) {
	for _, id := range unitIDs {
		tellUnnamed(c, id, words.InboxRoundDeleted(c.Record.GetTitle(), c.Record.GetPeriod()))
	}
}

// tellUnnamed tells a unit of a round that it can get nothing of: its score is there once the round is closed.
func tellUnnamed(c *change, unitID string, says words.Sentence) {
	c.Notify(record.Message{
		Unit: resource.Name(resource.Units, unitID), Sentence: says, Resource: c.Record.GetName(), Unnamed: true,
	})
}
