package tips

import (
	"context"
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

// RemindJob is the job that tells of tips whose time limit ends or has passed (C8).
const RemindJob = "network.remind_tips"

// remindEvery is how often they are looked for.
const remindEvery = 10 * time.Minute

// Remind tells units on the last day of a limit, and once it has passed. A message names neither what a tip says nor who sent it,
// and goes to no unit that the tip is concealed from.
func (s *Server) Remind(ctx context.Context) error {
	today := clock.Today(s.store.Clock)
	rows, err := db.New(s.store).DueTips(ctx, db.DueTipsParams{Today: today, Since: today.AddDays(-inbox.LookBackDays)})
	if err != nil {
		return err
	}
	paths := make([]string, len(rows))
	for i, row := range rows {
		paths[i] = row.HandlingPath
	}
	handlers, lineages, err := s.handlersOf(ctx, paths, today)
	if err != nil {
		return err
	}
	var messages []inbox.Message
	for _, row := range rows {
		tip, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return err
		}
		handler := handlers[row.HandlingPath]
		if handler == nil || isConcealed(tip, lineages[handler.GetName()]) {
			continue
		}
		says := words.InboxTipDue()
		if row.DueOn.Before(today) {
			says = words.InboxTipOverdue(row.DueOn.String())
		}
		messages = append(messages, inbox.Message{
			Recipient: inbox.RecipientOf(handler), Sentence: says, Resource: tip.GetName(), DedupKey: row.DueOn.String(),
		})
	}
	return inbox.Remind(ctx, s.store, RemindJob, messages)
}

// handlersOf are the units that handle tips today, by the paths in their rows, and their lineages.
func (s *Server) handlersOf(
	ctx context.Context, paths []string, today calendar.Date,
) (map[string]*networkv1.Unit, lineages, error) {
	handlers, err := units.Successors(ctx, s.store, today, paths)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, handler := range handlers {
		names = append(names, handler.GetName())
	}
	found, err := lineagesOf(ctx, s.store, today, names...)
	return handlers, found, err
}
