// Package feed follows the journal of a service below: what was done there is handled here once it is committed, in its order and
// at least once. So a service learns of what it stands upon without being called by it.
package feed

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// every is how often a feed is read: somebody may be waiting for what follows from an event.
const every = 5 * time.Second

// most is how many events are handled at a time.
const most = 500

// Watch is WatchJournal of a service.
type Watch func(
	context.Context, *typev1.WatchJournalRequest, ...grpc.CallOption,
) (grpc.ServerStreamingClient[typev1.JournalEvent], error)

// Handle handles events, some of them again after a crash. After an error all of them come again, and nothing else before.
type Handle func(context.Context, []*typev1.JournalEvent) error

// Job reads what a journal has got since it last ran.
func Job(store *record.Store, name string, watch Watch, handle Handle) jobs.Job {
	return jobs.Job{Name: name, Every: every, Run: func(ctx context.Context) error {
		for {
			caughtUp, err := readOn(ctx, store, name, watch, handle)
			if err != nil || caughtUp {
				return err
			}
		}
	}}
}

// readOn handles the next events, and tells whether there are no more.
func readOn(ctx context.Context, store *record.Store, name string, watch Watch, handle Handle) (caughtUp bool, err error) {
	after, err := db.New(store).GetFeedPosition(ctx, name)
	if err != nil {
		return false, err
	}
	events, caughtUp, err := read(ctx, watch, after)
	if err != nil {
		return false, fmt.Errorf("follow a journal: %w", err)
	}
	if len(events) == 0 {
		return true, nil
	}
	if err := handle(ctx, events); err != nil {
		return false, err
	}
	last := events[len(events)-1].GetPosition()
	return caughtUp, db.New(store).SetFeedPosition(ctx, db.SetFeedPositionParams{Feed: name, Position: last})
}

// read reads the next events after a position: as many as are handled at a time, or all there are.
func read(ctx context.Context, watch Watch, after string) (events []*typev1.JournalEvent, caughtUp bool, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the stream
	defer cancel()
	stream, err := watch(ctx, &typev1.WatchJournalRequest{After: after})
	if err != nil {
		return nil, false, err
	}
	for len(events) < most {
		event, err := stream.Recv()
		if err != nil {
			return nil, false, err
		}
		if event.GetEvent() == "" {
			return events, true, nil
		}
		events = append(events, event)
	}
	return events, false, nil
}
