package schemes

import (
	"testing"

	"github.com/stretchr/testify/require"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
)

func TestT24_T26_FaultySchemeNamesEveryFault(t *testing.T) {
	t.Parallel()
	indicator := func(id string, points, zeroAt, fullAt float64) *assessmentv1.Indicator {
		return &assessmentv1.Indicator{Id: id, Measure: "network.known", Points: points, ZeroAt: zeroAt, FullAt: fullAt}
	}
	grade := func(id string, least float64) *assessmentv1.Grade {
		return &assessmentv1.Grade{Id: id, MinScore: least}
	}
	sound := []*assessmentv1.Grade{grade("good", 60), grade("bad", 0)}
	for name, c := range map[string]struct {
		indicators []*assessmentv1.Indicator
		grades     []*assessmentv1.Grade
		want       []string
	}{
		"sound": {
			indicators: []*assessmentv1.Indicator{indicator("a", 99.99, 0, 1), indicator("b", 0.01, 0.5, 0.6)}, grades: sound,
		},
		"an indicator twice": {
			indicators: []*assessmentv1.Indicator{indicator("a", 1, 0, 1), indicator("a", 1, 0, 1)}, grades: sound,
			want: []string{"scheme.indicators[1].id duplicate"},
		},
		"full points at the very share of none": {
			indicators: []*assessmentv1.Indicator{indicator("a", 1, 0.5, 0.5), indicator("b", 1, 0.6, 0.5)}, grades: sound,
			want: []string{"scheme.indicators[0].full_at full_above_zero", "scheme.indicators[1].full_at full_above_zero"},
		},
		"thousandths of points": {
			indicators: []*assessmentv1.Indicator{indicator("a", 33.333, 0, 1)}, grades: sound,
			want: []string{"scheme.indicators[0].points two_decimals"},
		},
		"no grade for the lowest scores": {
			grades: []*assessmentv1.Grade{grade("good", 60), grade("bad", 1)}, want: []string{"scheme.grades grades_order"},
		},
		"a grade that no score has": {
			grades: []*assessmentv1.Grade{grade("good", 60), grade("fair", 60), grade("bad", 0)},
			want:   []string{"scheme.grades grades_order"},
		},
		"the worst grade first": {
			grades: []*assessmentv1.Grade{grade("bad", 0), grade("good", 60)}, want: []string{"scheme.grades grades_order"},
		},
		"several at once": {
			indicators: []*assessmentv1.Indicator{indicator("a", 0.001, 1, 0)},
			grades:     []*assessmentv1.Grade{grade("bad", 0), grade("bad", 0)},
			want: []string{
				"scheme.grades[1].id duplicate", "scheme.indicators[0].points two_decimals",
				"scheme.indicators[0].full_at full_above_zero", "scheme.grades grades_order",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range checkScheme(&assessmentv1.Scheme{Indicators: c.indicators, Grades: c.grades}) {
				got = append(got, f.Path+" "+f.Key)
			}
			require.Equal(t, c.want, got)
		})
	}
}
