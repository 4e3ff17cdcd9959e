// Package relay brings the messages of a service's journal to the network service, which puts them into inboxes and on their way
// to contact points. Messages go in the order of the journal. One that a crash has sent twice is known by its position, and
// delivered once.
package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// every is how long a message waits at most, in a suite that is well.
const every = time.Second

// How many entries are relayed at a time, and how many messages go in a call.
const (
	batchSize = 100
	callSize  = 1000
)

// Job relays what the journal of a service has not yet relayed. Where replicas relay at once, the network service keeps one of
// each.
func Job(store *record.Store, inbox networkv1.InboxServiceClient, log *zap.Logger) jobs.Job {
	return jobs.Job{Name: store.Schema + ".relay_messages", Every: every, Timeless: true, Run: func(ctx context.Context) error {
		for relayed := batchSize; relayed == batchSize; {
			var err error
			if relayed, err = relay(ctx, store, inbox, log); err != nil {
				return err
			}
		}
		return nil
	}}
}

// relay relays the next entries and says how many. No transaction is open meanwhile: it would hold up every reader of a journal.
func relay(ctx context.Context, store *record.Store, inbox networkv1.InboxServiceClient, log *zap.Logger) (int, error) {
	queries := db.New(store)
	last, err := queries.GetRelayed(ctx)
	if err != nil {
		return 0, err
	}
	rows, err := queries.ListUnrelayed(ctx, db.ListUnrelayedParams{AfterXact: last.Xact, AfterSeq: last.Seq, PageSize: batchSize})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	messages, err := messagesOf(store.Schema, rows)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(messages, callSize) {
		answer, err := inbox.SendMessages(ctx, &networkv1.SendMessagesRequest{Messages: some})
		if err != nil {
			return 0, fmt.Errorf("send messages: %w", err)
		}
		if unknown := answer.GetUnknownUnits(); len(unknown) > 0 {
			log.Warn("messages to units that are gone", zap.Strings("units", unknown))
		}
	}
	end := rows[len(rows)-1]
	return len(rows), queries.SetRelayed(ctx, db.SetRelayedParams{
		Xact: end.Xact, Seq: end.Seq, AfterXact: last.Xact, AfterSeq: last.Seq,
	})
}

// messagesOf names each message by its service, position and number, so that the network service knows it again. Those of one
// change that say the same of the same record have the number of the first: a unit to which several go, as the successor of
// others, gets one.
func messagesOf(service string, rows []db.ListUnrelayedRow) (list []*networkv1.OutgoingMessage, err error) {
	for _, row := range rows {
		var messages []record.Message
		if err := json.Unmarshal(row.Messages, &messages); err != nil {
			return nil, err
		}
		first := make(map[string]int, len(messages))
		for i, m := range messages {
			said := strings.Join(slices.Concat([]string{m.Key, m.Resource}, m.Args), "\x00") // which no stored text has
			if before, again := first[said]; again {
				i = before
			} else {
				first[said] = i
			}
			list = append(list, &networkv1.OutgoingMessage{
				Unit: m.Unit, Kind: m.Key, Arguments: argumentsOf(m), Resource: m.Resource, ReplacedKinds: m.Replaces,
				Unnamed:  m.Unnamed,
				DedupKey: fmt.Sprintf("%s %s %d", service, record.Position{Xact: row.Xact, Seq: row.Seq}, i),
			})
		}
	}
	return list, nil
}

func argumentsOf(m record.Message) []*networkv1.MessageArgument {
	list := make([]*networkv1.MessageArgument, 0, len(m.Args)/2)
	for i := 0; i+1 < len(m.Args); i += 2 {
		list = append(list, &networkv1.MessageArgument{Placeholder: m.Args[i], Value: m.Args[i+1]})
	}
	return list
}
