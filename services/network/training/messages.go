package training

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// notifyOfInvitation tells units how many of their officers were invited anew.
func notifyOfInvitation(ctx context.Context, c *change, invited []db.InviteRow) error {
	session := c.Record
	messages := make([]inbox.Message, len(invited))
	for i, row := range invited {
		messages[i] = messageTo(c, row.UnitID, inbox.WithPlace(words.InboxTrainingInvitation(c.Acting.GetTitle(),
			strconv.FormatInt(row.Officers, 10), session.GetTitle(), session.GetFirstDay()), session.GetPlace()))
	}
	return inbox.NotifyUnits(ctx, c.Tx, c.Today(), messages...)
}

// notifyInvited tells the units of all who are invited the same.
func notifyInvited(ctx context.Context, c *change, says words.Sentence) error {
	ids, err := db.New(c).InvitedUnits(ctx, c.Key)
	if err != nil {
		return err
	}
	messages := make([]inbox.Message, len(ids))
	for i, id := range ids {
		messages[i] = messageTo(c, id, says)
	}
	return inbox.NotifyUnits(ctx, c.Tx, c.Today(), messages...)
}

// notifyReaders is the rule that units with officers in office hear of a handbook that holds for them.
func (s *Server) notifyReaders(ctx context.Context, c *handbookChange) error {
	subtrees, err := access.Subtrees(ctx, s.directory, access.Target(ctx))
	if err != nil {
		return err
	}
	ids, err := db.New(c).UnitsOfReaders(ctx, access.Disjoint(subtrees))
	if err != nil {
		return err
	}
	says := words.InboxHandbookPublished(access.Target(ctx).GetTitle(), c.Record.GetTitle(), c.Record.GetVersion())
	messages := make([]inbox.Message, len(ids))
	for i, id := range ids {
		messages[i] = inbox.Message{Recipient: inbox.Recipient{UnitID: id}, Sentence: says, Resource: c.Record.GetName()}
	}
	return inbox.NotifyUnits(ctx, c.Tx, c.Today(), messages...)
}

// messageTo is what a unit is told of a session. Each change of a session tells apart from the others.
func messageTo(c *change, unitID string, says words.Sentence) inbox.Message {
	return inbox.Message{
		Recipient: inbox.Recipient{UnitID: unitID}, Sentence: says, Resource: c.Record.GetName(), DedupKey: c.Before.GetEtag(),
	}
}
