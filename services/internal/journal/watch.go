package journal

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// batchSize is how many events are read at a time.
const batchSize = 500

// lookAgain is how long a feed waits where nothing tells it of a commit: of another process, or of one that a slower transaction
// held back.
const lookAgain = time.Second

// beatEvery is how often a feed without events says that it is there, so that no proxy cuts it off.
const beatEvery = 25 * time.Second

// WatchJournal sends every event after a position, and then each new one, until the call ends. Once it has sent all there were it
// says so, and again from time to time where there are none.
func (s *Server) WatchJournal(req *typev1.WatchJournalRequest, stream grpc.ServerStreamingServer[typev1.JournalEvent]) error {
	after, err := parsePosition(stream.Context(), s.store, "after", req.GetAfter())
	if err != nil {
		return err
	}
	quiet := time.NewTicker(beatEvery)
	defer quiet.Stop()
	for beat := true; ; {
		if err := access.RequireToken(stream.Context(), s.store.Clock.Now()); err != nil {
			return err
		}
		committed := s.store.Committed() // asked for before reading, so that no commit falls in between
		sent, err := s.send(stream, &after)
		if err == nil && sent < batchSize && beat {
			err = stream.Send(&typev1.JournalEvent{Position: after.String()})
		}
		if err != nil {
			return err
		}
		if sent == batchSize {
			continue
		}
		if beat, err = wait(stream.Context(), lookAgain, committed, quiet.C); err != nil {
			return err
		}
	}
}

// parsePosition is the place that a field names: the start where it is empty, or one that this journal gave.
func parsePosition(ctx context.Context, store *record.Store, field, text string) (record.Position, error) {
	at, err := record.ParsePosition(field, text)
	if err != nil || at == (record.Position{}) {
		return at, err
	}
	given, err := db.New(store).HasPosition(ctx, db.HasPositionParams{Xact: at.Xact, Seq: at.Seq})
	if err == nil && !given {
		err = fault.Invalid(field, words.Position())
	}
	return at, err
}

// send sends the next events after a position and moves it on.
func (s *Server) send(stream grpc.ServerStreamingServer[typev1.JournalEvent], after *record.Position) (int, error) {
	rows, err := db.New(s.store).ReadJournal(stream.Context(), db.ReadJournalParams{
		AfterXact: after.Xact, AfterSeq: after.Seq, PageSize: batchSize,
	})
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		at := record.Position{Xact: row.Xact, Seq: row.Seq}
		if err := stream.Send(&typev1.JournalEvent{
			Position: at.String(), ActTime: timestamppb.New(row.At), Event: row.Event, Resource: row.Resource,
			Unit: unitOf(row.UnitPath),
		}); err != nil {
			return 0, err
		}
		*after = at
	}
	return len(rows), nil
}

// wait waits until something is committed, or it is time to look again; beat says that it has been quiet for long.
func wait(
	ctx context.Context, again time.Duration, committed <-chan struct{}, quiet <-chan time.Time,
) (beat bool, err error) {
	timer := time.NewTimer(again)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-quiet:
		return true, nil
	case <-committed:
	case <-timer.C:
	}
	return false, nil
}
