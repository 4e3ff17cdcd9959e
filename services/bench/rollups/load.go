package rollups

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	senders = 8
	each    = 250 // tips that each sends
)

// load sends tips from many senders, each of which asks for the root's count at once after each: it must have grown by one at
// least since that sender last asked, and by all that were sent in the end.
func (b *run) load(ctx context.Context) error {
	month := calendar.PeriodOf(calendar.Month, calendar.DateOf(b.clock.Now(), calendar.Shanghai)).String()
	req := &networkv1.GetRollUpRequest{Unit: resource.Name(resource.Units, b.places[0].id), FromPeriod: month}
	before, err := b.received(ctx, req)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var all seen
	group, sending := errgroup.WithContext(ctx)
	took, err := b.took(func() error {
		for range senders {
			group.Go(func() error {
				one, err := b.sendAndAsk(sending, req, before)
				mu.Lock()
				defer mu.Unlock()
				all.times, all.pending = append(all.times, one.times...), max(all.pending, one.pending)
				return err
			})
		}
		return group.Wait()
	})
	if err != nil {
		return err
	}
	after, err := b.received(ctx, req)
	if err == nil && after-before != senders*each {
		err = fmt.Errorf("%d tips came in, the roll-up grew by %d", senders*each, after-before)
	}
	b.result.Loaded, b.result.Pending, b.result.Taken = bench.TimesOf(all.times), all.pending, senders*each/took.Seconds()
	return err
}

// seen is what one sender saw.
type seen struct {
	times   []time.Duration
	pending int64
}

func (b *run) sendAndAsk(ctx context.Context, req *networkv1.GetRollUpRequest, before int64) (s seen, err error) {
	content := &networkv1.TipContent{
		Unit: resource.Name(resource.Units, b.places[len(b.places)-1].id), SubjectArea: b.scheme.GetSubjectAreas()[0].GetId(),
		Channel: b.scheme.GetChannels()[0].GetId(), Title: "made for measuring", Body: "made for measuring",
	}
	for i := range each {
		if _, err := b.tips.SubmitTip(ctx, &networkv1.SubmitTipRequest{Content: content}); err != nil {
			return s, err
		}
		var now int64
		took, err := b.took(func() (err error) {
			now, err = b.received(ctx, req)
			return err
		})
		if err != nil {
			return s, err
		}
		if now <= before {
			return s, fmt.Errorf("tip %d was not in the roll-up that was asked for after it: %d, before %d", i, now, before)
		}
		s.times, before = append(s.times, took), now
		if i%10 == 0 {
			var pending int64
			if err := b.pool.QueryRow(ctx, "SELECT count(*) FROM network.tip_deltas").Scan(&pending); err != nil {
				return s, err
			}
			s.pending = max(s.pending, pending)
		}
	}
	return s, nil
}

// received is how many tips a roll-up counts.
func (b *run) received(ctx context.Context, req *networkv1.GetRollUpRequest) (received int64, err error) {
	resp, err := b.rollups.GetRollUp(ctx, req)
	for _, cell := range resp.GetCells() {
		received += cell.GetReceived()
	}
	return received, err
}
