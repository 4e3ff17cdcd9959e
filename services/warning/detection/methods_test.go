package detection_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

func TestX4_FaultyParametersAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, parameters, says string }{
		{"C4", "", `unknown method "C4": one of C1, C2, C3, bayes, cusum, farrington, farringtonFlexible`},
		{"C1", "baseline", `parameter "baseline" has no value: write key=value`},
		{"C1", "alpha=0.01;alpha=0.02", `parameter "alpha" is given twice`},
		{"C1", "baseline=1", `parameter "baseline": "1" is no whole number from 2 to 1000000`},
		{"C2", "alpha=0;b=3", "parameter \"alpha\": \"0\" is no number from 1e-09 to 0.5\nparameter \"b\": the method has none of this name"},
		{"C3", "minSigma=NaN", `parameter "minSigma": "NaN" is no number from 0 to 1e+06`},
		{"bayes", "b=0;actY=false", `parameter "b": no period to compare with`},
		{"bayes", "freq=1", `parameter "w": the season is longer than the year`},
		{"bayes", "actY=maybe", `parameter "actY": "maybe" is neither true nor false`},
		{"cusum", "trans=log", `parameter "trans": "log" is none of standard, rossi`},
		{"farrington", "power=2/0", `parameter "power": "2/0" is no number from 0.1 to 1`},
		{"farrington", "limit54=5", `parameter "limit54": "5" is not cases:periods, such as 5:4`},
		{"farrington", "freq=6", `parameter "w": the season is longer than the year`},
		{"farrington", "b=1;w=0", `parameter "b": fewer than three periods to compare with`},
		{"farringtonFlexible", "noPeriods=50", `parameter "noPeriods": more parts than the year has periods`},
		{"farringtonFlexible", "threshold=muan", `parameter "threshold": "muan" is none of nbPlugin`},
		{"farringtonFlexible", "firstMonth=2026", `parameter "firstMonth": "2026" is no month such as 2026-01`},
	} {
		_, err := detection.New(c.method, c.parameters)
		require.EqualError(t, err, c.says, "%s %s", c.method, c.parameters)
	}
}

// Whatever the counts, there is a result for each period with enough of the past, and only what exceeds a bound alarms.
func TestX4_EveryPeriodHasItsResult(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom(detection.Names()).Draw(t, "method")
		m, err := detection.New(method, "")
		require.NoError(t, err)
		highest := rapid.SampledFrom([]int{0, 1, 10, 1_000_000_000}).Draw(t, "highest")
		counts := make([]float64, rapid.IntRange(0, 240).Draw(t, "periods"))
		for i := range counts {
			counts[i] = float64(rapid.IntRange(0, highest).Draw(t, "count"))
		}
		results := m.Watch(counts, 1)
		require.Len(t, results, max(0, len(counts)-m.First()+1))
		for i, result := range results {
			require.Equal(t, m.First()+i, result.Period)
			if result.Said() {
				require.GreaterOrEqual(t, result.UpperBound, 0.0)
			}
			if result.Alarm && method != "cusum" {
				require.Greater(t, counts[result.Period-1], result.UpperBound)
			}
		}
		if last := m.Watch(counts, len(counts)); len(results) > 0 && last[0].Said() {
			require.Equal(t, results[len(results)-1:], last, "the last period alone has the same result")
		}
	})
}

func TestX4_AFewCasesRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	counts := make([]float64, 60)
	for i := range counts {
		counts[i] = float64(i % 2)
	}
	counts[59] = 4
	for limit, alarms := range map[string]bool{"limit54=0:4": true, "limit54=7:4": false} {
		m, err := detection.New("farrington", "freq=12;"+limit)
		require.NoError(t, err)
		assert.Equal(t, alarms, m.Watch(counts, 60)[0].Alarm, limit)
	}
}

func FuzzNew(f *testing.F) {
	f.Add("farrington", "b=3;w=3;reweight=true;alpha=0.05;trend=true;limit54=0:4;power=2/3;freq=52")
	f.Add("cusum", "k=1.04;h=2.26;m=mean;trans=rossi;start=105")
	f.Fuzz(func(t *testing.T, name, parameters string) {
		m, err := detection.New(name, parameters)
		if err != nil || m.First() > 500 {
			return
		}
		counts := make([]float64, m.First(), m.First()+1)
		before := m.Watch(counts, 1)
		counts[len(counts)-1] = 7
		if after := m.Watch(counts, 1); len(before) != 1 || before[0].Said() && before[0].UpperBound != after[0].UpperBound && name != "C3" {
			t.Fatal("a bound that knows the count it is for")
		}
	})
}

func BenchmarkFarrington(b *testing.B) {
	m, err := detection.New("farrington", "freq=12")
	require.NoError(b, err)
	counts := make([]float64, 60)
	for i := range counts {
		counts[i] = float64(i * 7 % 5)
	}
	for b.Loop() {
		m.Watch(counts, len(counts))
	}
}
