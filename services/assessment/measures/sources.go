// Package measures asks the other services for the figures that units are scored by (T24). Which measures a service has, it alone
// knows.
package measures

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// UnitsPerCall is how many units a service may be asked about at once.
const UnitsPerCall = 1000

// perCall is how many measures a service may be asked for at once.
const perCall = 20

// Query asks for figures of units in the subtree of root. All names are resource names.
type Query struct {
	Root, Period string
	Units        []string
	Measures     []string
}

// Source asks one service for every figure of a question.
type Source func(context.Context, Query) ([]*typev1.Figure, error)

// Sources are the services that measure, by the part of a measure before its dot.
type Sources map[string]Source

// New asks the services that a peer function connects to.
func New(peer func(string) grpc.ClientConnInterface) Sources {
	network := networkv1.NewFigureServiceClient(peer("network"))
	risk := riskv1.NewFigureServiceClient(peer("risk"))
	warning := warningv1.NewFigureServiceClient(peer("warning"))
	return Sources{
		"network": func(ctx context.Context, q Query) ([]*typev1.Figure, error) {
			resp, err := network.ListFigures(ctx, &networkv1.ListFiguresRequest{
				Root: q.Root, Units: q.Units, Period: q.Period, Measures: q.Measures,
			})
			return resp.GetFigures(), err
		},
		"risk": func(ctx context.Context, q Query) ([]*typev1.Figure, error) {
			resp, err := risk.ListFigures(ctx, &riskv1.ListFiguresRequest{
				Root: q.Root, Units: q.Units, Period: q.Period, Measures: q.Measures,
			})
			return resp.GetFigures(), err
		},
		"warning": func(ctx context.Context, q Query) ([]*typev1.Figure, error) {
			resp, err := warning.ListFigures(ctx, &warningv1.ListFiguresRequest{
				Root: q.Root, Units: q.Units, Period: q.Period, Measures: q.Measures,
			})
			return resp.GetFigures(), err
		},
	}
}

// services are the services that measure, in order.
func (s Sources) services() []string { return slices.Sorted(maps.Keys(s)) }

// find finds the service of a measure.
func (s Sources) find(measure string) (Source, bool) {
	found, ok := s[serviceOf(measure)]
	return found, ok
}

// serviceOf names the service of a measure.
func serviceOf(measure string) string {
	before, _, _ := strings.Cut(measure, ".")
	return before
}

// byService groups sorted measures, each once, into what one call may ask a service for.
func byService(measures []string) [][]string {
	var calls [][]string
	for _, m := range measures {
		last := len(calls) - 1
		if last >= 0 && serviceOf(calls[last][0]) == serviceOf(m) && len(calls[last]) < perCall {
			calls[last] = append(calls[last], m)
			continue
		}
		calls = append(calls, []string{m})
	}
	return calls
}

// Key is whose figure it is, and of which measure.
type Key struct{ Unit, Measure string }

// Figures puts a question, whose units fit in one call, to all services at once.
func (s Sources) Figures(ctx context.Context, q Query) (map[Key]*typev1.Figure, error) {
	calls := byService(q.Measures)
	answers := make([][]*typev1.Figure, len(calls))
	group, ctx := errgroup.WithContext(ctx)
	for i, measures := range calls {
		group.Go(func() (err error) {
			part := q
			part.Measures = measures
			answers[i], err = s.figuresOfService(ctx, part)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := map[Key]*typev1.Figure{}
	for _, figure := range slices.Concat(answers...) {
		found[Key{figure.GetUnit(), figure.GetMeasure()}] = figure
	}
	if want := len(q.Units) * len(q.Measures); len(found) != want {
		return nil, fmt.Errorf("%d figures were asked for, %d came", want, len(found))
	}
	return found, nil
}

// figuresOfService asks one service. Figures name their records, so that an answer can be too large for one message; then each
// half of the units is asked about.
func (s Sources) figuresOfService(ctx context.Context, q Query) ([]*typev1.Figure, error) {
	ask, ok := s.find(q.Measures[0])
	if !ok {
		return nil, fmt.Errorf("no service measures %q", q.Measures[0])
	}
	list, err := ask(ctx, q)
	if status.Code(err) != codes.ResourceExhausted || len(q.Units) == 1 {
		return list, HidePeer(serviceOf(q.Measures[0]), err)
	}
	units, half := q.Units, len(q.Units)/2
	q.Units = units[:half]
	first, err := s.figuresOfService(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Units = units[half:]
	second, err := s.figuresOfService(ctx, q)
	return append(first, second...), err
}

// HidePeer hides from the caller why a service can't be asked, which may name hosts; the log has it.
func HidePeer(name string, err error) error {
	if status.Code(err) != codes.Unavailable {
		return err
	}
	return fmt.Errorf("ask %s: %w: %w", name, fault.Unavailable(), err)
}
