package tips

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// RemindJob is the job that tells of tips whose time limit nears, ends or has passed (C8).
const RemindJob = "network.remind_tips"

// remindEvery is how often they are looked for.
const remindEvery = 10 * time.Minute

// Remind tells units before a limit ends, on its last day and once it has passed; then those above hear of it as the scheme says,
// in one message for all limits below that ended on a day (C15, H9). A message names neither what a tip says nor who sent it, and
// no unit hears of a tip that is concealed from it.
func (s *Server) Remind(ctx context.Context) error {
	today := clock.Today(s.store.Clock)
	since, err := inbox.RemindSince(ctx, s.store, RemindJob)
	if err != nil {
		return err
	}
	rows, err := db.New(s.store).DueTips(ctx, db.DueTipsParams{Today: today, Since: since})
	if err != nil {
		return err
	}
	handlers, err := units.Successors(ctx, s.store, today, rows, func(row db.DueTipsRow) string { return row.HandlingPath })
	if err != nil {
		return err
	}
	told, err := s.toldOfOverdue(ctx, handlers)
	if err != nil {
		return err
	}
	lineages, err := lineagesOfUnits(ctx, s.store, today, slices.Concat(slices.Collect(maps.Values(told))...))
	if err != nil {
		return err
	}
	var messages []inbox.Message
	below := overdueBelow{}
	for _, row := range rows {
		tip, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return err
		}
		for i, unit := range told[row.HandlingPath] { // the handling unit first
			switch {
			case isConcealed(tip, lineages[unit.GetName()]):
			case i == 0:
				messages = append(messages, inbox.Message{
					Recipient: inbox.RecipientOf(unit), Resource: tip.GetName(), For: resource.ID(tip.GetHandlingUnit()),
					DedupKey: row.DueOn.String(), Sentence: sayDue(row.DueOn, today),
				})
			case row.DueOn.Before(today):
				below[overdueDay{inbox.RecipientOf(unit), row.DueOn}]++
			}
		}
	}
	return inbox.Remind(ctx, s.store, RemindJob, append(messages, below.messages()...))
}

// sayDue is what the handling unit is told today of a limit that ends on a day.
func sayDue(due, today calendar.Date) words.Sentence {
	switch {
	case due.Before(today):
		return words.InboxTipOverdue(due.String())
	case due == today:
		return words.InboxTipDue()
	default:
		return words.InboxTipDueSoon(due.String())
	}
}

// overdueDay is a day on which limits below a unit ended.
type overdueDay struct {
	recipient inbox.Recipient
	due       calendar.Date
}

// overdueBelow counts tips whose limits were let pass.
type overdueBelow map[overdueDay]int

// messages tell each unit of one day's tips below it at once, however many: an office with many units below reads one line.
func (o overdueBelow) messages() []inbox.Message {
	days := slices.SortedFunc(maps.Keys(o), func(a, b overdueDay) int {
		return cmp.Or(a.due.Compare(b.due), strings.Compare(a.recipient.UnitID, b.recipient.UnitID))
	})
	messages := make([]inbox.Message, len(days))
	for i, day := range days {
		messages[i] = inbox.Message{
			Recipient: day.recipient, Resource: resource.Name(resource.Units, day.recipient.UnitID), DedupKey: day.due.String(),
			Sentence: words.InboxTipOverdueBelow(strconv.Itoa(o[day]), day.due.String()),
		}
	}
	return messages
}

// toldOfOverdue are, by the path of each handling unit, itself and those above it that hear of limits it let pass.
func (s *Server) toldOfOverdue(ctx context.Context, handlers map[string]*networkv1.Unit) (map[string][]*networkv1.Unit, error) {
	told := map[string][]*networkv1.Unit{}
	for path, handler := range handlers {
		scheme, err := s.handlingScheme(ctx, s.store, handler)
		if err != nil {
			return nil, err
		}
		limits := scheme.GetTipLimits()
		told[path], err = s.withAbove(ctx, s.store, handler, int(limits.GetOverdueTellsAbove()), limits.GetOverdueTellsKinds())
		if err != nil {
			return nil, err
		}
	}
	return told, nil
}
