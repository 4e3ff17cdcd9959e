package measures_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures/measurestest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func TestFiguresOfAllServicesAreReturned(t *testing.T) {
	t.Parallel()
	network, risk := &measurestest.Fake{Known: []string{"network.a", "network.b"}}, &measurestest.Fake{Known: []string{"risk.a"}}
	s := measures.Sources{"network": network.Ask, "risk": risk.Ask}
	q := measures.Query{
		Root: "units/1", Period: "2026", Units: measurestest.Units(3), Measures: []string{"network.a", "network.b", "risk.a"},
	}
	figures, err := s.Figures(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, figures, 9)
	require.Equal(t, "network.b", figures[measures.Key{"units/2", "network.b"}].GetMeasure())
	require.Len(t, network.Calls(), 1, "all measures of a service go into one call")
	require.Equal(t, []string{"network.a", "network.b"}, network.Calls()[0].Measures)
	require.Equal(t, []string{"risk.a"}, risk.Calls()[0].Measures)
}

func TestTooLargeResponseIsRequestedInParts(t *testing.T) {
	t.Parallel()
	network := &measurestest.Fake{Known: []string{"network.a"}, Most: 3}
	q := measures.Query{Units: measurestest.Units(10), Measures: []string{"network.a"}}
	figures, err := measures.Sources{"network": network.Ask}.Figures(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, figures, 10)

	network.Fail(status.Error(codes.ResourceExhausted, "even one unit is too many"))
	_, err = measures.Sources{"network": network.Ask}.Figures(t.Context(), q)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
}

func TestUnreachableServiceIsUnavailableAndNotNamed(t *testing.T) {
	t.Parallel()
	network := &measurestest.Fake{}
	network.Fail(status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9000: connection refused"))
	q := measures.Query{Units: measurestest.Units(1), Measures: []string{"network.a"}}
	_, err := measures.Sources{"network": network.Ask}.Figures(t.Context(), q)
	require.ErrorContains(t, err, "10.0.0.7", "the log has the cause")
	told := fault.Status(words.English, "", err)
	require.Equal(t, codes.Unavailable, told.Code())
	require.NotContains(t, told.Message(), "10.0.0.7")
}

func TestMissingFigureIsAnError(t *testing.T) {
	t.Parallel()
	forgetful := func(context.Context, measures.Query) ([]*typev1.Figure, error) { return nil, nil }
	q := measures.Query{Units: measurestest.Units(2), Measures: []string{"network.a"}}
	_, err := measures.Sources{"network": forgetful}.Figures(t.Context(), q)
	require.ErrorContains(t, err, "2 figures were asked for, 0 came")
}

// perCall is how many measures a service takes in one call.
const perCall = 20

func TestMeasuresAreGroupedByServiceAndCall(t *testing.T) {
	t.Parallel()
	scheme := &assessmentv1.Scheme{}
	for i := range 2 * perCall {
		scheme.Indicators = append(scheme.Indicators,
			&assessmentv1.Indicator{Measure: "network.a"}, &assessmentv1.Indicator{Measure: fmt.Sprintf("risk.m%02d", i)})
	}
	var network, risk measurestest.Fake
	for _, measure := range measures.Of(scheme) {
		network.Known, risk.Known = append(network.Known, measure), append(risk.Known, measure)
	}
	_, err := measures.Sources{"network": network.Ask, "risk": risk.Ask}.Figures(
		t.Context(), measures.Query{Units: measurestest.Units(1), Measures: measures.Of(scheme)})
	require.NoError(t, err)
	require.Len(t, network.Calls(), 1)
	require.Equal(t, []string{"network.a"}, network.Calls()[0].Measures)
	require.Len(t, risk.Calls(), 2)
	require.Len(t, risk.Calls()[0].Measures, perCall)
	require.Len(t, risk.Calls()[1].Measures, perCall)
}

func TestT24_UnknownMeasureIsRefusedAtItsIndicator(t *testing.T) {
	t.Parallel()
	network := &measurestest.Fake{Known: []string{"network.a"}}
	s := measures.Sources{"network": network.Ask}
	scheme := &assessmentv1.Scheme{Unit: "units/1", Indicators: []*assessmentv1.Indicator{
		{Measure: "network.a"},
		{Measure: "network.b"},
		{Measure: "weather.rain"},
		{Measure: "network.c"},
		{Measure: "network.b"},
		{Measure: "x"},
	}}
	faults, err := s.Unknown(t.Context(), scheme, "2026")
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

	network.Fail(status.Error(codes.Unavailable, "gone"))
	_, err = s.Unknown(t.Context(), scheme, "2026")
	require.True(t, fault.HasCode(err, codes.Unavailable), "a scheme that can't be checked is not stored")
}
