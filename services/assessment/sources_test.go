package assessment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/words"
)

// fake is a service that measures: it knows some measures, and can answer for so many units in one message.
type fake struct {
	known []string
	most  int
	fails error

	mu     sync.Mutex
	calls  []query
	shares map[string]int64 // percent, by id of unit; a half where there is none
}

func (f *fake) ask(_ context.Context, q query) ([]*typev1.Figure, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, q)
	if f.fails != nil {
		return nil, f.fails
	}
	for i, measure := range q.measures {
		if !slices.Contains(f.known, measure) {
			invalid := fault.Invalid(fmt.Sprintf("measures[%d]", i), "unknown_measure", "measure", measure, "known", strings.Join(f.known, ", "))
			return nil, fault.Status(words.English, "", invalid).Err()
		}
	}
	if f.most > 0 && len(q.units) > f.most {
		return nil, status.Error(codes.ResourceExhausted, "message too large")
	}
	var list []*typev1.Figure
	for _, unit := range q.units {
		for _, measure := range q.measures {
			list = append(list, f.figure(unit, measure))
		}
	}
	return list, nil
}

// share makes the stand-in give each unit a share of its own, in percent, by its id.
func (f *fake) share(of map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shares = of
}

func (f *fake) figure(unit, measure string) *typev1.Figure {
	figure := &typev1.Figure{Unit: unit, Measure: measure, Numerator: 1, Denominator: 2, Records: []string{"records/1", "records/2"}}
	if percent, ok := f.shares[strings.TrimPrefix(unit, "units/")]; ok {
		figure.Numerator, figure.Denominator = percent, 100
	}
	return figure
}

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = err
}

func (f *fake) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func unitNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("units/%d", i)
	}
	return names
}

func TestFiguresOfAllServicesAreReturned(t *testing.T) {
	t.Parallel()
	network, risk := &fake{known: []string{"network.a", "network.b"}}, &fake{known: []string{"risk.a"}}
	s := sources{"network": network.ask, "risk": risk.ask}
	q := query{root: "units/1", period: "2026", units: unitNames(3), measures: []string{"network.a", "network.b", "risk.a"}}
	figures, err := s.figures(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, figures, 9)
	require.Equal(t, "network.b", figures[figureKey{"units/2", "network.b"}].GetMeasure())
	require.Len(t, network.calls, 1, "all measures of a service go into one call")
	require.Equal(t, []string{"network.a", "network.b"}, network.calls[0].measures)
	require.Equal(t, []string{"risk.a"}, risk.calls[0].measures)
}

func TestTooLargeResponseIsRequestedInParts(t *testing.T) {
	t.Parallel()
	network := &fake{known: []string{"network.a"}, most: 3}
	q := query{units: unitNames(10), measures: []string{"network.a"}}
	figures, err := sources{"network": network.ask}.figures(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, figures, 10)

	network.fails = status.Error(codes.ResourceExhausted, "even one unit is too many")
	_, err = sources{"network": network.ask}.figures(t.Context(), q)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
}

func TestUnreachableServiceIsUnavailableAndNotNamed(t *testing.T) {
	t.Parallel()
	network := &fake{fails: status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9000: connection refused")}
	_, err := sources{"network": network.ask}.figures(t.Context(), query{units: unitNames(1), measures: []string{"network.a"}})
	require.ErrorContains(t, err, "10.0.0.7", "the log has the cause")
	told := fault.Status(words.English, "", err)
	require.Equal(t, codes.Unavailable, told.Code())
	require.NotContains(t, told.Message(), "10.0.0.7")
}

func TestMissingFigureIsAnError(t *testing.T) {
	t.Parallel()
	forgetful := func(context.Context, query) ([]*typev1.Figure, error) { return nil, nil }
	_, err := sources{"network": forgetful}.figures(t.Context(), query{units: unitNames(2), measures: []string{"network.a"}})
	require.ErrorContains(t, err, "2 figures were asked for, 0 came")
}

func TestMeasuresAreGroupedByServiceAndCall(t *testing.T) {
	t.Parallel()
	scheme := &assessmentv1.Scheme{}
	for i := range 2 * measuresPerCall {
		scheme.Indicators = append(scheme.Indicators,
			&assessmentv1.Indicator{Measure: "network.a"}, &assessmentv1.Indicator{Measure: fmt.Sprintf("risk.m%02d", i)})
	}
	calls := byService(measuresOf(scheme))
	require.Len(t, calls, 3)
	require.Equal(t, []string{"network.a"}, calls[0])
	require.Len(t, calls[1], measuresPerCall)
	require.Len(t, calls[2], measuresPerCall)
}

func TestT24_UnknownMeasureIsRefusedAtItsIndicator(t *testing.T) {
	t.Parallel()
	network := &fake{known: []string{"network.a"}}
	s := sources{"network": network.ask}
	scheme := &assessmentv1.Scheme{Unit: "units/1", Indicators: []*assessmentv1.Indicator{
		{Measure: "network.a"}, {Measure: "network.b"}, {Measure: "weather.rain"}, {Measure: "network.c"}, {Measure: "network.b"}, {Measure: "x"},
	}}
	faults, err := unknownMeasures(t.Context(), s, scheme, "2026")
	require.NoError(t, err)
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	require.Equal(t, []string{
		"scheme.indicators[1].measure", "scheme.indicators[2].measure", "scheme.indicators[3].measure",
		"scheme.indicators[4].measure", "scheme.indicators[5].measure",
	}, paths)
	require.Equal(t, "there is no measure \"network.b\"; there are: network.a", faults[0].Fallback)

	network.fails = status.Error(codes.Unavailable, "gone")
	_, err = unknownMeasures(t.Context(), s, scheme, "2026")
	require.True(t, fault.HasCode(err, codes.Unavailable), "a scheme that can't be checked is not stored")
}
