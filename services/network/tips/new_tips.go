package tips

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// TellNewTipsJob is the job that tells units how many tips came the day before (C8).
const TellNewTipsJob = "network.tell_new_tips"

// tellNewTipsEvery is how often it looks for a day that has ended.
const tellNewTipsEvery = time.Hour

// arrivals are the tips that wait at a unit since a day.
type arrivals struct {
	on   calendar.Date
	unit string
}

// TellNewTips tells each unit, once a day has ended, how many of the tips that came on it wait there: by the day, so that no
// message leads to who sent one (ADR 038). Those that a unit must not see are not counted for it.
func (s *Server) TellNewTips(ctx context.Context) error {
	today := clock.Today(s.store.Clock)
	first, err := inbox.RemindSince(ctx, s.store, TellNewTipsJob)
	if err != nil {
		return err
	}
	rows, err := db.New(s.store).NewTips(ctx, db.NewTipsParams{
		FirstDay: first, Today: today, FirstTime: first.In(calendar.Shanghai), TodayTime: today.In(calendar.Shanghai),
		Received: tipReceived.String(),
	})
	if err != nil {
		return err
	}
	handlers, err := units.Successors(ctx, s.store, today, rows, func(row db.NewTipsRow) string { return row.HandlingPath })
	if err != nil {
		return err
	}
	lineages, err := lineagesOfUnits(ctx, s.store, today, slices.Collect(maps.Values(handlers)))
	if err != nil {
		return err
	}
	recipients, counts := map[string]*networkv1.Unit{}, map[arrivals]int{}
	for _, row := range rows {
		handler := handlers[row.HandlingPath]
		mustNotSee := func(unit string) bool { return slices.Contains(row.ConcealedFrom, unit) }
		if handler == nil || slices.ContainsFunc(lineages[handler.GetName()], mustNotSee) {
			continue
		}
		recipients[handler.GetName()] = handler
		counts[arrivals{row.CameOn, handler.GetName()}] += int(row.Tips)
	}
	messages := make([]inbox.Message, 0, len(counts))
	for _, a := range slices.SortedFunc(maps.Keys(counts), func(a, b arrivals) int {
		return cmp.Or(a.on.Compare(b.on), cmp.Compare(a.unit, b.unit))
	}) {
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(recipients[a.unit]), Resource: a.unit, DedupKey: a.on.String(),
			Sentence: words.InboxNewTips(a.on.String(), strconv.Itoa(counts[a])),
		})
	}
	return inbox.Remind(ctx, s.store, TellNewTipsJob, messages)
}
