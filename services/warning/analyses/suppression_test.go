package analyses

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// drawn is an analysis of some counts, whose sums agree.
func drawn(t *rapid.T, period calendar.Period) *warningv1.Analysis {
	few := rapid.Int64Range(0, 6)
	a := &warningv1.Analysis{Period: period.String(), LeastTold: 3, Months: newSums(period, 0).months}
	byTerm := [2]map[string]int64{{}, {}}
	for i := range rapid.IntRange(1, 4).Draw(t, "counts") {
		c := &warningv1.AreaCount{Unit: string(rune('a' + i)), Months: make([]int64, windowMonths)}
		for j, m := range a.GetMonths() {
			n := few.Draw(t, "tips")
			month, err := calendar.ParsePeriod(m.GetMonth())
			require.NoError(t, err)
			c.Months[j] = n
			m.Received += n
			switch {
			case period.Contains(month.First()):
				c.Tips += n
				a.Tips += n
				for _, terms := range byTerm {
					terms[rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "term")] += n
				}
			case period.Previous().Contains(month.First()):
				c.Previous += n
			}
		}
		a.Counts = append(a.Counts, c)
	}
	for _, m := range a.GetMonths() {
		m.Returned, m.Unfounded = few.Draw(t, "returned"), few.Draw(t, "unfounded")
		m.Received += m.GetReturned() + m.GetUnfounded()
	}
	a.Channels, a.SourceRoles = termSums(byTerm[0]), termSums(byTerm[1])
	return a
}

// Whoever knows what adds up learns of nothing that is left out how few tips it tells of, and what is told is true.
func TestC12_NothingLeftOutCanBeReckonedFromOneSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		period, err := calendar.ParsePeriod(rapid.SampledFrom([]string{"2026-11", "2026-Q4", "2026-H2"}).Draw(t, "period"))
		require.NoError(t, err)
		whole := drawn(t, period)
		read, err := told(whole, false)
		require.NoError(t, err)
		of := newSuppression(3, whole, period)
		of.balances = append(of.balances, countBalances(whole, period)...)
		shown := numbersOf(read)
		for i, n := range numbersOf(whole) {
			if *shown[i] != *n {
				require.Zero(t, *shown[i])
				of.out[n] = true
			} else {
				require.False(t, of.out[n], "a small number is told")
			}
		}
		for _, b := range of.balances {
			requireHidden(t, of, b)
		}
	})
}

// numbersOf are all the numbers of an analysis, in order.
func numbersOf(a *warningv1.Analysis) []*int64 {
	numbers := append([]*int64{&a.Tips}, append(each(a.GetChannels(), termTips), each(a.GetSourceRoles(), termTips)...)...)
	for _, m := range a.GetMonths() {
		numbers = append(numbers, &m.Received, &m.Returned, &m.Urgent, &m.Unfounded)
	}
	for _, c := range a.GetCounts() {
		numbers = append(numbers, &c.Tips, &c.Previous, &c.Urgent)
		for i := range c.GetMonths() {
			numbers = append(numbers, &c.Months[i])
		}
	}
	return numbers
}

// countBalances are those of the counts with their months.
func countBalances(a *warningv1.Analysis, period calendar.Period) (list []balance) {
	for _, c := range a.GetCounts() {
		now, before := balance{{&c.Tips}}, balance{{&c.Previous}}
		for i, m := range a.GetMonths() {
			month, _ := calendar.ParsePeriod(m.GetMonth())
			switch {
			case period.Contains(month.First()):
				now[1] = append(now[1], &c.Months[i])
			case period.Previous().Contains(month.First()):
				before[1] = append(before[1], &c.Months[i])
			}
		}
		list = append(list, now, before)
	}
	return list
}

// requireHidden wants that what is left out of a balance is not known from the rest.
func requireHidden(t *rapid.T, s *suppression, b balance) {
	var out [2]int
	var tips int64
	for side, numbers := range b {
		for _, n := range numbers {
			if s.out[n] {
				out[side]++
				tips += *n
			}
		}
	}
	if out[0] == 0 || out[1] == 0 {
		require.NotEqual(t, 1, out[0]+out[1], "it is what the others lack")
		require.True(t, tips == 0 || tips >= 3, "together they are few")
	}
}
