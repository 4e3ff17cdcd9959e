package training

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// notifyOfInvitation tells units how many of their officers were invited anew.
func notifyOfInvitation(ctx context.Context, c *change, invited []db.InviteRow) error {
	session, says := c.Record, map[string]words.Sentence{}
	for _, row := range invited {
		says[row.UnitID] = words.InboxTrainingInvitation(c.Acting.GetTitle(), strconv.FormatInt(row.Officers, 10),
			session.GetTitle(), session.GetFirstDay(), placeOf(session))
	}
	return notifyUnits(ctx, c, says)
}

// notifyInvited tells the units of all who are invited the same.
func notifyInvited(ctx context.Context, c *change, sentence words.Sentence) error {
	ids, err := db.New(c).InvitedUnits(ctx, c.Key)
	if err != nil {
		return err
	}
	says := map[string]words.Sentence{}
	for _, id := range ids {
		says[id] = sentence
	}
	return notifyUnits(ctx, c, says)
}

// notifyUnits tells units, by their ids, or those that act for them. Each change of a session tells apart from the others.
func notifyUnits(ctx context.Context, c *change, says map[string]words.Sentence) error {
	if len(says) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(says))
	recipients, err := inbox.Recipients(ctx, c, c.Today(), ids)
	if err != nil {
		return err
	}
	var messages []inbox.Message
	for _, id := range ids {
		for _, to := range recipients[id] {
			messages = append(messages, inbox.Message{
				Recipient: to, Sentence: says[id], Resource: c.Record.GetName(), DedupKey: c.Before.GetEtag(),
			})
		}
	}
	return inbox.Notify(ctx, c.Tx, messages...)
}

// placeOf is where a session is held, as messages say it.
func placeOf(session *networkv1.TrainingSession) string {
	if session.GetPlace() == "" {
		return "—"
	}
	return session.GetPlace()
}
