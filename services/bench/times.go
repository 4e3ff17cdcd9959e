package bench

import (
	"fmt"
	"slices"
	"time"
)

// Times tells about a number of durations.
type Times struct {
	Count    int
	P50, P99 time.Duration
}

// TimesOf tells about durations.
func TimesOf(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[min(len(all)*percent/100, len(all)-1)] }
	return Times{Count: len(all), P50: at(50), P99: at(99)}
}

// String is how a table shows them.
func (t Times) String() string {
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms", Milliseconds(t.P50), Milliseconds(t.P99))
}

// Milliseconds are those of a duration.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
