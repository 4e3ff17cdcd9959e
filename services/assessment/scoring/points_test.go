package scoring

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const (
	full = assessmentv1.Absent_ABSENT_FULL
	none = assessmentv1.Absent_ABSENT_NONE
)

func TestT24_PointsGrowWithTheShare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		full, zeroAt, fullAt   float64
		absent                 assessmentv1.Absent
		numerator, denominator int64
		want                   int64
	}{
		"nothing to measure gives full points":  {full: 30, fullAt: 1, absent: full, want: 3000},
		"nothing to measure gives no points":    {full: 30, fullAt: 1, absent: none, want: 0},
		"none met":                              {30, 0, 1, full, 0, 7, 0},
		"all met":                               {30, 0, 1, none, 7, 7, 3000},
		"at the lower border":                   {30, 0.6, 1, full, 3, 5, 0},
		"just above the lower border":           {30, 0.6, 1, full, 601, 1000, 8},
		"at the upper border":                   {20, 0.5, 0.95, full, 19, 20, 2000},
		"beyond the upper border":               {20, 0.5, 0.95, full, 20, 20, 2000},
		"half way":                              {20, 0.5, 1, full, 3, 4, 1000},
		"a third is rounded down":               {1, 0, 1, full, 1, 3, 33},
		"two thirds are rounded up":             {1, 0, 1, full, 2, 3, 67},
		"a half is rounded up":                  {0.25, 0, 1, full, 1, 2, 13},
		"a half that a binary fraction hides":   {2.01, 0, 1, full, 1, 2, 101},
		"tenths of a border are tenths":         {10, 0.1, 0.3, full, 2, 10, 500},
		"an indicator of no points gives none":  {0, 0, 1, full, 1, 1, 0},
		"a thousand units count as a fraction":  {1000, 0, 1, full, 999_999, 1_000_000, 100_000},
		"a large count does not lose precision": {1000, 0, 1, full, 999_994, 1_000_000, 99_999},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			indicator := &assessmentv1.Indicator{Points: c.full, ZeroAt: c.zeroAt, FullAt: c.fullAt, Absent: c.absent}
			figure := &typev1.Figure{Numerator: c.numerator, Denominator: c.denominator}
			require.Equal(t, c.want, given(indicator, figure))
		})
	}
}

func TestT24_PointsStayWithinFullAndNeverFallAsTheShareRises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		indicator := anIndicator(t)
		denominator := rapid.Int64Range(1, 1_000_000).Draw(t, "denominator")
		less := rapid.Int64Range(0, denominator).Draw(t, "less")
		more := rapid.Int64Range(less, denominator).Draw(t, "more")
		low := given(indicator, &typev1.Figure{Numerator: less, Denominator: denominator})
		high := given(indicator, &typev1.Figure{Numerator: more, Denominator: denominator})
		limit := hundredths(decimal(indicator.GetPoints()))
		require.GreaterOrEqual(t, low, int64(0))
		require.LessOrEqual(t, low, high)
		require.LessOrEqual(t, high, limit)
		// Equal shares give equal points, however many records they were counted from.
		require.Equal(t, low, given(indicator, &typev1.Figure{Numerator: 3 * less, Denominator: 3 * denominator}))
	})
}

func TestT26_GradesPartitionScores(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		grades := someGrades(t)
		var faults fault.Fields
		CheckGrades(&faults, "", grades)
		require.Empty(t, faults)
		total := rapid.Int64Range(0, 10_000_000).Draw(t, "total")
		got := gradeOf(grades, total)
		var within []string
		for i, g := range grades {
			reached := new(big.Rat).SetFrac64(total, 100).Cmp(decimal(g.GetMinScore())) >= 0
			belowNext := i == 0 || new(big.Rat).SetFrac64(total, 100).Cmp(decimal(grades[i-1].GetMinScore())) < 0
			if reached && belowNext {
				within = append(within, g.GetId())
			}
		}
		require.Equal(t, []string{got.GetId()}, within)
		better := gradeOf(grades, total+rapid.Int64Range(0, 1000).Draw(t, "more"))
		require.GreaterOrEqual(t, better.GetMinScore(), got.GetMinScore())
	})
}

func TestT24_ATotalIsTheSumOfItsItems(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		indicators := rapid.SliceOfN(rapid.Custom(anIndicator), 1, 20).Draw(t, "indicators")
		scheme := &assessmentv1.Scheme{Indicators: indicators, Grades: someGrades(t)}
		denominator := rapid.Int64Range(0, 50).Draw(t, "denominator")
		figure := &typev1.Figure{Denominator: denominator, Numerator: rapid.Int64Range(0, denominator).Draw(t, "numerator")}
		score := Score(scheme, "rounds/r", "units/u", func(string) *typev1.Figure { return figure })
		var sum int64
		for i, item := range score.GetItems() {
			require.Equal(t, scheme.GetIndicators()[i].GetId(), item.GetIndicator())
			require.Same(t, figure, item.GetFigure())
			sum += hundredths(decimal(item.GetPoints()))
		}
		require.Equal(t, sum, hundredths(decimal(score.GetTotal())))
	})
}

// anIndicator is one that passes CheckIndicator.
func anIndicator(t *rapid.T) *assessmentv1.Indicator {
	zeroAt := rapid.IntRange(0, 999).Draw(t, "zero at")
	indicator := &assessmentv1.Indicator{
		Id:     "i",
		Points: float64(rapid.IntRange(0, 100_000).Draw(t, "points")) / 100,
		ZeroAt: float64(zeroAt) / 1000,
		FullAt: float64(rapid.IntRange(zeroAt+1, 1000).Draw(t, "full at")) / 1000,
		Absent: rapid.SampledFrom([]assessmentv1.Absent{full, none}).Draw(t, "absent"),
	}
	var faults fault.Fields
	CheckIndicator(&faults, "", indicator)
	require.Empty(t, faults)
	return indicator
}

// someGrades are grades that pass CheckGrades.
func someGrades(t *rapid.T) []*assessmentv1.Grade {
	steps := rapid.SliceOfN(rapid.IntRange(1, 3000), 0, 19).Draw(t, "steps")
	grades := []*assessmentv1.Grade{{Id: "last"}}
	least := 0
	for i, step := range steps {
		least += step
		grades = append([]*assessmentv1.Grade{{Id: "g" + string(rune('a'+i)), MinScore: float64(least) / 100}}, grades...)
	}
	return grades
}
