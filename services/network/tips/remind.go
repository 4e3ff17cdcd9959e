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
	due, senders, err := s.dueTips(ctx, today, rows)
	if err != nil {
		return err
	}
	lineages, err := units.LineagesOfUnits(ctx, s.store, today,
		slices.Concat(slices.Concat(slices.Collect(maps.Values(told))...), slices.Collect(maps.Values(senders))))
	if err != nil {
		return err
	}
	var messages []inbox.Message
	below := overdueBelow{}
	for _, d := range due {
		above := told[d.HandlingPath] // the handling unit first
		if d.tip.GetState() == tipReturned {
			messages = append(messages, d.returned(senders[senderName(d.tip)], above, lineages, today)...)
			continue
		}
		for i, unit := range above {
			switch {
			case isConcealed(d.tip, lineages[unit.GetName()]):
			case i == 0:
				messages = append(messages, d.message(unit, d.tip.GetHandlingUnit(), sayDue(d.DueOn, today)))
			case d.DueOn.Before(today):
				below[overdueDay{inbox.RecipientOf(unit), d.DueOn}]++
			}
		}
	}
	return inbox.Remind(ctx, s.store, RemindJob, append(messages, below.messages()...))
}

// dueTip is a tip whose limit nears, ends or has passed.
type dueTip struct {
	db.DueTipsRow

	tip *networkv1.Tip
}

// message tells the unit that acts for another of the tip, once for its day.
func (d dueTip) message(unit *networkv1.Unit, actsFor string, says words.Sentence) inbox.Message {
	return inbox.Message{
		Recipient: inbox.RecipientOf(unit), Resource: d.tip.GetName(), For: resource.ID(actsFor), DedupKey: d.DueOn.String(),
		Sentence: says,
	}
}

// returned tells of a returned tip: the unit that sent it, if any, of the day by which it comes again, and once that has passed
// the handling unit, the first of those told.
func (d dueTip) returned(
	sender *networkv1.Unit, told []*networkv1.Unit, kin units.Lineages, today calendar.Date,
) (messages []inbox.Message) {
	if sender != nil && !isConcealedFromSender(d.tip, kin[sender.GetName()]) {
		messages = append(messages, d.message(sender, senderName(d.tip), sayResubmit(d.DueOn, today)))
	}
	if d.DueOn.Before(today) && len(told) > 0 && !isConcealed(d.tip, kin[told[0].GetName()]) {
		says := words.InboxTipNotResubmitted(d.DueOn.String())
		messages = append(messages, d.message(told[0], d.tip.GetHandlingUnit(), says))
	}
	return messages
}

// dueTips reads tips and, by their names, the units that act for those that sent the returned ones.
func (s *Server) dueTips(
	ctx context.Context, today calendar.Date, rows []db.DueTipsRow,
) ([]dueTip, map[string]*networkv1.Unit, error) {
	due, senders := make([]dueTip, 0, len(rows)), map[string]bool{}
	for _, row := range rows {
		tip, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		due = append(due, dueTip{row, tip})
		if name := senderName(tip); name != "" && tip.GetState() == tipReturned {
			senders[name] = true
		}
	}
	acting, err := units.Acting(ctx, s.store, today, slices.Collect(maps.Keys(senders))...)
	return due, acting, err
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

// sayResubmit is what the unit that sent a returned tip is told today of the day by which it comes again.
func sayResubmit(due, today calendar.Date) words.Sentence {
	switch {
	case due.Before(today):
		return words.InboxSentTipOverdue(due.String())
	case due == today:
		return words.InboxSentTipDue()
	default:
		return words.InboxSentTipDueSoon(due.String())
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
