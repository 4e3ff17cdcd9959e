package analyses

import (
	"maps"
	"slices"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// suppression decides which numbers of an analysis are left out for who may not read tips: small ones and, where numbers add up
// so that a small one could be reckoned from the rest, the smallest of these (complementary suppression). What counts of a unit
// and area tell stands, since findings tell it as well. It guards against one sum at a time, not against solving several
// together.
type suppression struct {
	least    int64
	out      map[*int64]bool
	stands   map[*int64]bool
	balances []balance
}

// balance are numbers that add up to as much as others do.
type balance [2][]*int64

// newSuppression begins with the small numbers of an analysis.
func newSuppression(least int64, a *warningv1.Analysis, period calendar.Period) *suppression {
	s := &suppression{least: least, out: map[*int64]bool{}, stands: map[*int64]bool{}}
	for _, c := range a.GetCounts() {
		for _, n := range findings.SmallNumbers(least, c, period) {
			s.out[n] = true
		}
		for _, n := range []*int64{&c.Tips, &c.Previous, &c.Urgent} {
			s.stands[n] = true
		}
		for i := range c.GetMonths() {
			s.stands[&c.Months[i]] = true
		}
	}
	s.addSmall(&a.Tips)
	for _, m := range a.GetMonths() {
		s.addSmall(&m.Received, &m.Returned, &m.Urgent, &m.Unfounded)
	}
	for _, t := range slices.Concat(a.GetChannels(), a.GetSourceRoles()) {
		s.addSmall(&t.Tips)
	}
	s.addBalances(a, period)
	return s
}

func (s *suppression) addSmall(numbers ...*int64) {
	for _, n := range numbers {
		if findings.IsSmall(s.least, *n) {
			s.out[n] = true
		}
	}
}

// addBalances adds what adds up in an analysis.
func (s *suppression) addBalances(a *warningv1.Analysis, period calendar.Period) {
	all := []*int64{&a.Tips}
	s.add(all, each(a.GetCounts(), func(c *warningv1.AreaCount) *int64 { return &c.Tips }))
	s.add(all, each(a.GetChannels(), termTips))
	s.add(all, each(a.GetSourceRoles(), termTips))
	previous := each(a.GetCounts(), func(c *warningv1.AreaCount) *int64 { return &c.Previous })
	var received, receivedBefore, urgentMonths []*int64
	for i, m := range a.GetMonths() {
		givingNoCause := []*int64{&m.Returned, &m.Unfounded}
		givingCause := each(a.GetCounts(), func(c *warningv1.AreaCount) *int64 { return &c.Months[i] })
		s.add([]*int64{&m.Received}, append(givingCause, givingNoCause...))
		month, err := calendar.ParsePeriod(m.GetMonth())
		switch {
		case err != nil:
		case period.Contains(month.First()):
			received, all = append(received, &m.Received), append(all, givingNoCause...)
			urgentMonths = append(urgentMonths, &m.Urgent)
		case period.Previous().Contains(month.First()):
			receivedBefore, previous = append(receivedBefore, &m.Received), append(previous, givingNoCause...)
		}
	}
	s.add(received, all)
	s.add(receivedBefore, previous)
	s.add(urgentMonths, each(a.GetCounts(), func(c *warningv1.AreaCount) *int64 { return &c.Urgent }))
}

// each is a number of each part of a list.
func each[T any](list []T, number func(T) *int64) []*int64 {
	numbers := make([]*int64, len(list))
	for i, part := range list {
		numbers[i] = number(part)
	}
	return numbers
}

func termTips(t *warningv1.TermSum) *int64 { return &t.Tips }

// add adds a balance where there is one: of an analysis that leaves counts out there is not.
func (s *suppression) add(left, right []*int64) {
	if sumOf(left) == sumOf(right) {
		s.balances = append(s.balances, balance{left, right})
	}
}

func sumOf(numbers []*int64) (sum int64) {
	for _, n := range numbers {
		sum += *n
	}
	return sum
}

// complement is the number of a balance that is left out as well, the smallest that does not stand; nil where what is left out
// can't be reckoned from the rest, and tells of enough tips together.
func (s *suppression) complement(b balance) *int64 {
	var others []*int64
	var out [2]int
	var tips int64
	for side, numbers := range b {
		for _, n := range numbers {
			switch {
			case s.out[n]:
				out[side]++
				tips += *n
			case *n > 0 && !s.stands[n]:
				others = append(others, n)
			}
		}
	}
	number, oneSided := out[0]+out[1], out[0] == 0 || out[1] == 0
	if number == 0 || !oneSided || number > 1 && tips >= s.least || len(others) == 0 {
		return nil
	}
	return findings.Least(others)
}

// numbers are those left out in the end.
func (s *suppression) numbers() []*int64 {
	for again := true; again; {
		again = false
		for _, b := range s.balances {
			if n := s.complement(b); n != nil {
				s.out[n], again = true, true
			}
		}
	}
	return slices.Collect(maps.Keys(s.out))
}
