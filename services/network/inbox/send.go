package inbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SendMessages sends the messages of another service. It is written down for each unit that is told.
func (s *Server) SendMessages(ctx context.Context, req *networkv1.SendMessagesRequest) (*networkv1.SendMessagesResponse, error) {
	if err := checkKinds(req.GetMessages()); err != nil {
		return nil, err
	}
	recipients, err := s.recipientsOf(ctx, req.GetMessages())
	if err != nil {
		return nil, err
	}
	titles, err := s.titlesIn(ctx, req.GetMessages())
	if err != nil {
		return nil, err
	}
	answer, messages := &networkv1.SendMessagesResponse{}, []Message{}
	for _, m := range req.GetMessages() {
		to := recipients[resource.ID(m.GetUnit())]
		if len(to) == 0 {
			answer.UnknownUnits = append(answer.UnknownUnits, m.GetUnit())
		}
		for _, to := range to {
			messages = append(messages, Message{
				Recipient: to, Sentence: words.Sentence{Key: m.GetKind(), Args: pairs(m.GetArguments(), titles)},
				Resource: m.GetResource(), For: resource.ID(m.GetUnit()), DedupKey: m.GetDedupKey(),
				Replaces: m.GetReplacedKinds(), Unnamed: m.GetUnnamed(),
			})
		}
	}
	messages = withoutEchoes(messages)
	if len(messages) == 0 {
		return answer, nil
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.SendMessagesResponse, error) {
		told, err := addReplacing(ctx, tx, messages)
		if err != nil || len(told) == 0 {
			tx.Unchanged() // it was all sent before
			return answer, err
		}
		return answer, tx.Record(ctx, entriesOf(messages, told)...)
	})
}

// withoutEchoes leaves out what a unit would be told for one that has ended where it is told the same for itself.
func withoutEchoes(messages []Message) []Message {
	type told struct{ unit, key string }
	own := map[told]bool{}
	for _, m := range messages {
		if m.For == m.Recipient.UnitID && m.DedupKey != "" {
			own[told{m.For, m.DedupKey}] = true
		}
	}
	return slices.DeleteFunc(messages, func(m Message) bool {
		return m.For != m.Recipient.UnitID && len(m.Replaces) == 0 && own[told{m.Recipient.UnitID, m.DedupKey}]
	})
}

// addReplacing is add for messages some of which replace others, in their order: what one replaces may come with it.
func addReplacing(ctx context.Context, tx *record.Tx, messages []Message) (told []string, err error) {
	for len(messages) > 0 {
		last := slices.IndexFunc(messages, func(m Message) bool { return len(m.Replaces) > 0 })
		part := messages[:last+1]
		if last < 0 {
			part = messages
		}
		units, err := add(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		replacing := part[len(part)-1]
		deleted, err := replace(ctx, tx, replacing)
		if err != nil {
			return nil, err
		}
		if deleted {
			units = append(units, replacing.Recipient.UnitID)
		}
		told, messages = append(told, units...), messages[len(part):]
	}
	return told, nil
}

// replace deletes what a message takes the place of, if there is anything. Of a successor, that is what it was told for the same
// ended unit.
func replace(ctx context.Context, tx *record.Tx, m Message) (deleted bool, err error) {
	if len(m.Replaces) == 0 {
		return false, nil
	}
	p := db.DeleteReplacedMessagesParams{UnitID: m.Recipient.UnitID, Resource: m.Resource, Kinds: m.Replaces}
	absent, err := absentUnits(ctx, tx, []Message{m})
	if err != nil {
		return false, err
	}
	if args := absent[m.For]; args != nil {
		p.OfEnded = args[1]
	}
	rows, err := db.New(tx).DeleteReplacedMessages(ctx, p)
	return rows > 0, err
}

// checkKinds refuses messages that no sentence is there for.
func checkKinds(messages []*networkv1.OutgoingMessage) error {
	var faults fault.Fields
	for i, m := range messages {
		if m.GetKind() != "" || len(m.GetReplacedKinds()) == 0 {
			CheckKind(&faults, fmt.Sprintf("messages[%d].kind", i), m.GetKind())
		}
	}
	return faults.Err()
}

// CheckKind refuses a kind of message that no sentence is there for.
func CheckKind(faults *fault.Fields, field, kind string) {
	if known := words.Keys("inbox."); !slices.Contains(known, kind) {
		faults.Add(field, words.UnknownMessageKind(kind, strings.Join(known, ", ")))
	}
}

// recipientsOf are the units to tell today, by the unit a message names.
func (s *Server) recipientsOf(ctx context.Context, messages []*networkv1.OutgoingMessage) (map[string][]Recipient, error) {
	ids := map[string]bool{}
	for _, m := range messages {
		ids[resource.ID(m.GetUnit())] = true
	}
	found, _, err := recipients(ctx, s.store, clock.Today(s.store.Clock), slices.Collect(maps.Keys(ids)))
	return found, err
}

// titlesIn are the titles of the units that messages speak of by their names, as other services may.
func (s *Server) titlesIn(ctx context.Context, messages []*networkv1.OutgoingMessage) (map[string]string, error) {
	var ids []string
	for _, m := range messages {
		for _, a := range m.GetArguments() {
			if strings.HasPrefix(a.GetValue(), resource.Units+"/") {
				ids = append(ids, resource.ID(a.GetValue()))
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := db.New(s.store).UnitTitles(ctx, db.UnitTitlesParams{UnitIds: ids, Day: clock.Today(s.store.Clock)})
	titles := map[string]string{}
	for _, row := range rows {
		titles[resource.Name(resource.Units, row.UnitID)] = row.Title
	}
	return titles, err
}

// pairs are the arguments as a sentence takes them, with units by their titles.
func pairs(arguments []*networkv1.MessageArgument, titles map[string]string) []string {
	list := make([]string, 0, 2*len(arguments))
	for _, a := range arguments {
		value := a.GetValue()
		if title, ok := titles[value]; ok {
			value = title
		}
		list = append(list, a.GetPlaceholder(), value)
	}
	return list
}
