package figures_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
)

// ask answers a request whose target is the county.
func ask(t *testing.T, req *networkv1.ListFiguresRequest, measures map[string]figures.Measure) ([]*typev1.Figure, error) {
	t.Helper()
	gate := accesstest.New(t, "*")
	answer, err := gate.Call(t.Context(), networkv1.TipService_ListTips_FullMethodName,
		gate.Token(accesstest.Clerk(accesstest.City)),
		&networkv1.ListTipsRequest{Unit: accesstest.County}, func(ctx context.Context) (any, error) {
			return figures.List(ctx,
				req, measures)
		})
	list, _ := answer.([]*typev1.Figure)
	return list, err
}

func request(measures ...string) *networkv1.ListFiguresRequest {
	return &networkv1.ListFiguresRequest{Units: []string{"units/b", "units/a"}, Period: "2026-Q4", Measures: measures}
}

func TestFiguresComeUnitByUnitInTheOrderAskedFor(t *testing.T) {
	t.Parallel()
	var asked figures.Query
	timely := func(_ context.Context, q figures.Query) ([]figures.Count, error) {
		asked = q
		return []figures.Count{
			figures.CountOf("a", 1, 2, "reports", []string{"1", "2"}), figures.CountOf("z", 1, 1, "reports", []string{"3"}),
		}, nil
	}
	none := func(context.Context, figures.Query) ([]figures.Count, error) { return nil, nil }
	got, err := ask(t, request("timely", "none"), map[string]figures.Measure{"timely": timely, "none": none})
	require.NoError(t, err)
	want := []*typev1.Figure{
		{Unit: "units/b", Measure: "timely"},
		{Unit: "units/b", Measure: "none"},
		{Unit: "units/a", Measure: "timely", Numerator: 1, Denominator: 2, Records: []string{"reports/1", "reports/2"}},
		{Unit: "units/a", Measure: "none"},
	}
	require.Len(t, got, len(want))
	for i := range want {
		assert.True(t, proto.Equal(want[i], got[i]), "%v", got[i])
	}
	period, err := calendar.ParsePeriod("2026-Q4")
	require.NoError(t, err)
	assert.Equal(t, figures.Query{Root: "340500.340503", Units: []string{"b", "a"}, Period: period}, asked)
}

func TestFaultyFigureRequestNamesItsField(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fails := func(context.Context, figures.Query) ([]figures.Count, error) { return nil, broken }
	measures := map[string]figures.Measure{"b": nil, "a": fails}
	_, err := ask(t, &networkv1.ListFiguresRequest{Period: "2026-13"}, measures)
	require.EqualError(t, err, "INVALID_ARGUMENT; period: string.period")
	_, err = ask(t, request("z"), measures)
	require.EqualError(t, err, "INVALID_ARGUMENT; measures[0]: unknown_measure")
	_, err = ask(t, request("a"), measures)
	require.ErrorIs(t, err, broken)
}

func TestASpanIsThePeriodInChina(t *testing.T) {
	t.Parallel()
	period, err := calendar.ParsePeriod("2026-12")
	require.NoError(t, err)
	from, before := figures.TimeRange(period)
	assert.True(t, from.Equal(time.Date(2026, time.November, 30, 16, 0, 0, 0, time.UTC)))
	assert.True(t, before.Equal(time.Date(2026, time.December, 31, 16, 0, 0, 0, time.UTC)))
}
