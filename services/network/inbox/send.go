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
	answer, messages := &networkv1.SendMessagesResponse{}, []Message{}
	for _, m := range req.GetMessages() {
		to := recipients[resource.ID(m.GetUnit())]
		if len(to) == 0 {
			answer.UnknownUnits = append(answer.UnknownUnits, m.GetUnit())
		}
		for _, to := range to {
			messages = append(messages, Message{
				Recipient: to, Sentence: words.Sentence{Key: m.GetKind(), Args: pairs(m.GetArguments())},
				Resource: m.GetResource(), For: resource.ID(m.GetUnit()), DedupKey: m.GetDedupKey(),
			})
		}
	}
	if len(messages) == 0 {
		return answer, nil
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.SendMessagesResponse, error) {
		told, err := add(ctx, tx, messages)
		if err != nil || len(told) == 0 {
			tx.Unchanged() // it was all sent before
			return answer, err
		}
		return answer, tx.Record(ctx, entriesOf(messages, told)...)
	})
}

// checkKinds refuses messages that no sentence is there for.
func checkKinds(messages []*networkv1.OutgoingMessage) error {
	var faults fault.Fields
	for i, m := range messages {
		CheckKind(&faults, fmt.Sprintf("messages[%d].kind", i), m.GetKind())
	}
	return faults.Err()
}

// CheckKind refuses a kind of message that no sentence is there for.
func CheckKind(faults *fault.Fields, field, kind string) {
	if known := words.Keys("inbox."); !slices.Contains(known, kind) {
		faults.Add(field, words.UnknownTerm(kind, strings.Join(known, ", ")))
	}
}

// recipientsOf are the units to tell today, by the unit a message names.
func (s *Server) recipientsOf(ctx context.Context, messages []*networkv1.OutgoingMessage) (map[string][]Recipient, error) {
	ids := map[string]bool{}
	for _, m := range messages {
		ids[resource.ID(m.GetUnit())] = true
	}
	return recipients(ctx, s.store, clock.Today(s.store.Clock), slices.Collect(maps.Keys(ids)))
}

// pairs are the arguments as a sentence takes them.
func pairs(arguments []*networkv1.MessageArgument) []string {
	list := make([]string, 0, 2*len(arguments))
	for _, a := range arguments {
		list = append(list, a.GetPlaceholder(), a.GetValue())
	}
	return list
}
