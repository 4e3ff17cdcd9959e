package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Contender is one way of doing the job. Do does it once, for the client of this number, who calls again when it returns.
type Contender struct {
	Name string
	Do   func(ctx context.Context, client int) error
}

// Load is how contenders are compared: in rounds, each contender in turn, so that what else the machine does
// falls on all of them.
type Load struct {
	Clients int
	Rounds  int
	For     time.Duration
}

// Outcome is what one contender reached.
type Outcome struct {
	Name string
	// Rates are done jobs per second, a round each.
	Rates []float64
	// CPU is what was spent over all rounds.
	CPU CPU
	// Done is the number of jobs done over all rounds.
	Done int64
}

// Rate is the median over the rounds.
func (o Outcome) Rate() float64 { return Median(o.Rates) }

// String is the rate as people read it.
func (o Outcome) String() string { return fmt.Sprintf("%.0f/s", o.Rate()) }

// Over is the median, over the rounds, of how many times another's rate this one reached.
func (o Outcome) Over(other Outcome) float64 {
	ratios := make([]float64, len(o.Rates))
	for i := range ratios {
		ratios[i] = o.Rates[i] / other.Rates[i]
	}
	return Median(ratios)
}

// Median is the middle value, or the mean of the two in the middle.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Compare has the contenders do their job, after one round that does not count.
func (l Load) Compare(ctx context.Context, i *Instance, contenders ...Contender) ([]Outcome, error) {
	outcomes := make([]Outcome, len(contenders))
	for round := range l.Rounds + 1 {
		for c, contender := range contenders {
			before, err := i.cpu()
			if err != nil {
				return nil, err
			}
			done, took, err := l.run(ctx, contender)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contender.Name, err)
			}
			after, err := i.cpu()
			if err != nil {
				return nil, err
			}
			if round == 0 {
				outcomes[c].Name = contender.Name
				continue
			}
			outcomes[c].Rates = append(outcomes[c].Rates, float64(done)/took.Seconds())
			outcomes[c].CPU = outcomes[c].CPU.plus(after.minus(before))
			outcomes[c].Done += done
		}
	}
	return outcomes, nil
}

// run has every client of a contender work for the load's time.
func (l Load) run(ctx context.Context, c Contender) (done int64, took time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var count atomic.Int64
	var clients sync.WaitGroup
	began := now()
	for client := range l.Clients {
		clients.Go(func() {
			for now().Sub(began) < l.For {
				if err := c.Do(ctx, client); err != nil {
					cancel(err)
					return
				}
				count.Add(1)
			}
		})
	}
	clients.Wait()
	return count.Load(), now().Sub(began), context.Cause(ctx)
}

// now is real time: a benchmark measures nothing else.
func now() time.Time { return time.Now() } //nolint:forbidigo // see above
