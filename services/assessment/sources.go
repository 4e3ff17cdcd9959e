package assessment

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

// What one call for figures may ask for.
const (
	unitsPerCall    = 1000
	measuresPerCall = 20
)

// query asks for figures of units in the subtree of root. All names are resource names.
type query struct {
	root, period string
	units        []string
	measures     []string
}

// source asks one service for every figure of a question.
type source func(context.Context, query) ([]*typev1.Figure, error)

// sources are the services that measure, by the part of a measure before its dot. Which measures a service has, it alone
// knows.
type sources map[string]source

func newSources(peer func(string) grpc.ClientConnInterface) sources {
	network := networkv1.NewFigureServiceClient(peer("network"))
	risk := riskv1.NewFigureServiceClient(peer("risk"))
	warning := warningv1.NewFigureServiceClient(peer("warning"))
	return sources{
		"network": func(ctx context.Context, q query) ([]*typev1.Figure, error) {
			resp, err := network.ListFigures(ctx, &networkv1.ListFiguresRequest{
				Root: q.root, Units: q.units, Period: q.period, Measures: q.measures,
			})
			return resp.GetFigures(), err
		},
		"risk": func(ctx context.Context, q query) ([]*typev1.Figure, error) {
			resp, err := risk.ListFigures(ctx, &riskv1.ListFiguresRequest{
				Root: q.root, Units: q.units, Period: q.period, Measures: q.measures,
			})
			return resp.GetFigures(), err
		},
		"warning": func(ctx context.Context, q query) ([]*typev1.Figure, error) {
			resp, err := warning.ListFigures(ctx, &warningv1.ListFiguresRequest{
				Root: q.root, Units: q.units, Period: q.period, Measures: q.measures,
			})
			return resp.GetFigures(), err
		},
	}
}

// services are the services that measure, in order.
func (s sources) services() []string { return slices.Sorted(maps.Keys(s)) }

// find finds the service of a measure.
func (s sources) find(measure string) (source, bool) {
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
		if last >= 0 && serviceOf(calls[last][0]) == serviceOf(m) && len(calls[last]) < measuresPerCall {
			calls[last] = append(calls[last], m)
			continue
		}
		calls = append(calls, []string{m})
	}
	return calls
}

type figureKey struct{ unit, measure string }

// figures puts a question, whose units fit in one call, to all services at once.
func (s sources) figures(ctx context.Context, q query) (map[figureKey]*typev1.Figure, error) {
	calls := byService(q.measures)
	answers := make([][]*typev1.Figure, len(calls))
	group, ctx := errgroup.WithContext(ctx)
	for i, measures := range calls {
		group.Go(func() (err error) {
			part := q
			part.measures = measures
			answers[i], err = s.figuresOfService(ctx, part)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := map[figureKey]*typev1.Figure{}
	for _, figure := range slices.Concat(answers...) {
		found[figureKey{figure.GetUnit(), figure.GetMeasure()}] = figure
	}
	if want := len(q.units) * len(q.measures); len(found) != want {
		return nil, fmt.Errorf("%d figures were asked for, %d came", want, len(found))
	}
	return found, nil
}

// figuresOfService asks one service. Figures name their records, so that an answer can be too large for one message; then each half
// of the units is asked about.
func (s sources) figuresOfService(ctx context.Context, q query) ([]*typev1.Figure, error) {
	ask, ok := s.find(q.measures[0])
	if !ok {
		return nil, fmt.Errorf("no service measures %q", q.measures[0])
	}
	list, err := ask(ctx, q)
	if status.Code(err) != codes.ResourceExhausted || len(q.units) == 1 {
		return list, hidePeer(serviceOf(q.measures[0]), err)
	}
	units, half := q.units, len(q.units)/2
	q.units = units[:half]
	first, err := s.figuresOfService(ctx, q)
	if err != nil {
		return nil, err
	}
	q.units = units[half:]
	second, err := s.figuresOfService(ctx, q)
	return append(first, second...), err
}

// hidePeer hides from the caller why a service can't be asked, which may name hosts; the log has it.
func hidePeer(name string, err error) error {
	if status.Code(err) != codes.Unavailable {
		return err
	}
	return fmt.Errorf("ask %s: %w: %w", name, &fault.Fault{Code: codes.Unavailable, Reason: "UNAVAILABLE"}, err)
}
