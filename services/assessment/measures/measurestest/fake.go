// Package measurestest stands in for a service that measures.
package measurestest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Fake is a service that measures: it knows some measures, and can answer for so many units in one message.
type Fake struct {
	Known []string
	Most  int

	mu     sync.Mutex
	fails  error
	calls  []measures.Query
	shares map[string]int64 // percent, by id of unit; a half where there is none
}

// Ask is its source.
func (f *Fake) Ask(_ context.Context, q measures.Query) ([]*typev1.Figure, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, q)
	if f.fails != nil {
		return nil, f.fails
	}
	for i, measure := range q.Measures {
		if !slices.Contains(f.Known, measure) {
			known := strings.Join(f.Known, ", ")
			invalid := fault.Invalid(fmt.Sprintf("measures[%d]", i), words.UnknownMeasure(measure, known))
			return nil, fault.Status(words.English, "", invalid).Err()
		}
	}
	if f.Most > 0 && len(q.Units) > f.Most {
		return nil, status.Error(codes.ResourceExhausted, "message too large")
	}
	var list []*typev1.Figure
	for _, unit := range q.Units {
		for _, measure := range q.Measures {
			list = append(list, f.figure(unit, measure))
		}
	}
	return list, nil
}

func (f *Fake) figure(unit, measure string) *typev1.Figure {
	figure := &typev1.Figure{
		Unit: unit, Measure: measure, Numerator: 1, Denominator: 2, Records: []string{"records/1", "records/2"},
	}
	if percent, ok := f.shares[strings.TrimPrefix(unit, "units/")]; ok {
		figure.Numerator, figure.Denominator = percent, 100
	}
	return figure
}

// Share gives each unit a share of its own, in percent, by its id.
func (f *Fake) Share(of map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shares = of
}

// Fail has it answer with an error; nil ends that.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = err
}

// Calls are what it was asked.
func (f *Fake) Calls() []measures.Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Units makes so many names of units.
func Units(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("units/%d", i)
	}
	return names
}
