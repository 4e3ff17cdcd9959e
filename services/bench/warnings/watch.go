package warnings

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
)

// watchBar is within how many milliseconds those who watch have heard of a warning, heard is of how many they hear, and
// eachConnection how many watch over one connection.
const (
	watchBar       = 1000
	watchers       = 1000
	heard          = 20
	eachConnection = 100
)

// Watch has so many callers watch the warnings of the country, and tells how long after a warning is asked for each hears of it.
// Connect makes a further connection of the administrator.
func (r *Run) Watch(
	ctx context.Context, watchers, warnings int, connect func() (grpc.ClientConnInterface, error),
) (bench.Times, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	streams := make([]grpc.ServerStreamingClient[warningv1.WatchWarningsResponse], watchers)
	var over grpc.ClientConnInterface
	for i := range streams {
		var err error
		if i%eachConnection == 0 {
			if over, err = connect(); err != nil {
				return bench.Times{}, err
			}
		}
		if streams[i], err = warningv1.NewWarningServiceClient(over).WatchWarnings(ctx, &warningv1.WatchWarningsRequest{
			Unit: "units/" + r.Rows[0].ID,
		}); err != nil {
			return bench.Times{}, err
		}
	}
	for _, stream := range streams { // each says that it has begun
		if _, err := stream.Recv(); err != nil {
			return bench.Times{}, err
		}
	}
	var all []time.Duration
	for range warnings {
		times, err := r.hear(ctx, streams)
		if err != nil {
			return bench.Times{}, err
		}
		all = append(all, times...)
	}
	return bench.TimesOf(all), nil
}

// hear issues a warning and tells when each stream has it.
func (r *Run) hear(
	ctx context.Context, streams []grpc.ServerStreamingClient[warningv1.WatchWarningsResponse],
) ([]time.Duration, error) {
	times, began := make([]time.Duration, len(streams)), r.Clock.Now()
	var group errgroup.Group
	for i, stream := range streams {
		group.Go(func() error {
			for {
				event, err := stream.Recv()
				if err != nil {
					return err
				}
				if event.GetWarning() != "" {
					times[i] = r.Clock.Now().Sub(began)
					return nil
				}
			}
		})
	}
	if err := r.issue(ctx); err != nil {
		return nil, err // the streams end with the measurement
	}
	return times, group.Wait()
}
