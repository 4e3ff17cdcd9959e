// Package relay brings the messages of a service's journal to the network service, which puts them into inboxes and on their way
// to contact points. Messages go in the order of the journal. One that a crash has sent twice is known by its position, and
// delivered once.
package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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

// Job relays what the journal of a service has not yet relayed. Of several replicas one does at a time.
func Job(store *record.Store, inbox networkv1.InboxServiceClient) jobs.Job {
	return jobs.Job{Name: store.Schema + ".relay_messages", Every: every, Run: func(ctx context.Context) error {
		for relayed := batchSize; relayed == batchSize; {
			var err error
			if relayed, err = relay(ctx, store, inbox); err != nil {
				return err
			}
		}
		return nil
	}}
}

// relay relays the next entries and says how many.
func relay(ctx context.Context, store *record.Store, inbox networkv1.InboxServiceClient) (relayed int, err error) {
	err = store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		queries := db.New(tx)
		last, err := queries.LockRelayed(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		rows, err := queries.ListUnrelayed(ctx, db.ListUnrelayedParams{AfterXact: last.Xact, AfterSeq: last.Seq, PageSize: batchSize})
		if relayed = len(rows); err != nil || relayed == 0 {
			return err
		}
		messages, err := messagesOf(store.Schema, rows)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(messages, callSize) {
			if _, err := inbox.SendMessages(ctx, &networkv1.SendMessagesRequest{Messages: some}); err != nil {
				return fmt.Errorf("send messages: %w", err)
			}
		}
		end := rows[len(rows)-1]
		return queries.SetRelayed(ctx, db.SetRelayedParams{Xact: end.Xact, Seq: end.Seq})
	})
	return relayed, err
}

// messagesOf names each message by its service, position and number, so that the network service knows it again.
func messagesOf(service string, rows []db.ListUnrelayedRow) (list []*networkv1.OutgoingMessage, err error) {
	for _, row := range rows {
		var messages []record.Message
		if err := json.Unmarshal(row.Messages, &messages); err != nil {
			return nil, err
		}
		for i, m := range messages {
			list = append(list, &networkv1.OutgoingMessage{
				Unit: m.Unit, Kind: m.Kind, Arguments: argumentsOf(m), Resource: m.Resource,
				DedupKey: fmt.Sprintf("%s %s %d", service, record.Position{Xact: row.Xact, Seq: row.Seq}, i),
			})
		}
	}
	return list, nil
}

func argumentsOf(m record.Message) []*networkv1.MessageArgument {
	list := make([]*networkv1.MessageArgument, 0, len(m.Args))
	for _, placeholder := range slices.Sorted(maps.Keys(m.Args)) {
		list = append(list, &networkv1.MessageArgument{Placeholder: placeholder, Value: m.Args[placeholder]})
	}
	return list
}
