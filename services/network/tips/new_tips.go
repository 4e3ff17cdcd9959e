package tips

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// TellNewTipsJob is the job that tells units how many tips came the day before (C8).
const TellNewTipsJob = "network.tell_new_tips"

// tellNewTipsEvery is how often it looks for a day that has ended.
const tellNewTipsEvery = time.Hour

// arrivals are the tips that wait at a unit since a day, or that were answered on it.
type arrivals struct {
	answered bool
	on       calendar.Date
	unit     string
}

// TellNewTips tells each unit, once a day has ended, how many of the tips that came on it wait there, and of how many the senders
// answered a question: by the day, so that no message leads to who sent one (ADR 038). Those that a unit must not see are not
// counted for it.
func (s *Server) TellNewTips(ctx context.Context) error {
	today := clock.Today(s.store.Clock)
	first, err := inbox.RemindSince(ctx, s.store, TellNewTipsJob)
	if err != nil {
		return err
	}
	rows, err := db.New(s.store).Arrivals(ctx, db.ArrivalsParams{
		FirstDay: first, Today: today, FirstTime: first.In(calendar.Shanghai), TodayTime: today.In(calendar.Shanghai),
		Received:   tipReceived.String(),
		Answerable: document.EnumNames([]networkv1.TipState{tipReceived, tipReturned, tipAccepted}),
	})
	if err != nil {
		return err
	}
	messages, err := s.arrivalMessages(ctx, today, rows)
	if err != nil {
		return err
	}
	return inbox.Remind(ctx, s.store, TellNewTipsJob, messages)
}

// arrivalMessages tell the units that handle tips how many of them there are of each day.
func (s *Server) arrivalMessages(
	ctx context.Context, today calendar.Date, rows []db.ArrivalsRow,
) ([]inbox.Message, error) {
	handlers, err := units.Successors(ctx, s.store, today, rows, func(row db.ArrivalsRow) string { return row.HandlingPath })
	if err != nil {
		return nil, err
	}
	lineages, err := units.LineagesOfUnits(ctx, s.store, today, slices.Collect(maps.Values(handlers)))
	if err != nil {
		return nil, err
	}
	var found []arrivals // in the order of the rows
	recipients, counts := map[string]*networkv1.Unit{}, map[arrivals]int{}
	for _, row := range rows {
		handler := handlers[row.HandlingPath]
		mustNotSee := func(unit string) bool { return slices.Contains(row.ConcealedFrom, unit) }
		if handler == nil || slices.ContainsFunc(lineages[handler.GetName()], mustNotSee) {
			continue
		}
		recipients[handler.GetName()] = handler
		a := arrivals{row.Answered, row.CameOn, handler.GetName()}
		if counts[a] == 0 {
			found = append(found, a)
		}
		counts[a] += int(row.Tips)
	}
	messages := make([]inbox.Message, 0, len(found))
	for _, a := range found {
		say := words.InboxNewTips
		if a.answered {
			say = words.InboxTipsAnswered
		}
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(recipients[a.unit]), Resource: a.unit, DedupKey: a.on.String(),
			Sentence: say(a.on.String(), strconv.Itoa(counts[a])),
		})
	}
	return messages, nil
}
