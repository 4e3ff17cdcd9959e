package analyses

import (
	"cmp"
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// windowMonths is how many months up to the end of its period an analysis looks back on.
const windowMonths = 12

// sums are what the series of a period and of the months before it add up to. Until trim, the months are all that are looked back
// on.
type sums struct {
	period, previous calendar.Period
	months           []*warningv1.MonthSum
	counts           map[areaKey]*warningv1.AreaCount
	channels         map[string]int64
	tips             int64
}

// areaKey is what is counted together.
type areaKey struct{ unit, area string }

// newSums are empty sums that look back on so many months, and on a year at least.
func newSums(period calendar.Period, back int) *sums {
	s := &sums{
		period: period, previous: period.Previous(), months: make([]*warningv1.MonthSum, max(windowMonths, back)),
		counts: map[areaKey]*warningv1.AreaCount{}, channels: map[string]int64{},
	}
	month := calendar.PeriodOf(calendar.Month, period.Next().First())
	for i := range slices.Backward(s.months) {
		month = month.Previous()
		s.months[i] = &warningv1.MonthSum{Month: month.String()}
	}
	return s
}

// from is the first month that is needed, "2026-11".
func (s *sums) from() string {
	return min(s.months[0].GetMonth(), calendar.PeriodOf(calendar.Month, s.previous.First()).String())
}

// received are counts of tips that were received together.
type received interface {
	GetReceived() int64
	GetReturned() int64
	GetUnfounded() int64
}

// givesCause counts the tips that give cause for a warning: neither those sent back for falling short of quality nor those found
// unfounded.
func givesCause(c received) int64 {
	return c.GetReceived() - c.GetReturned() - c.GetUnfounded()
}

// add adds a cell of a series, which counts for a place.
func (s *sums) add(place string, c *networkv1.TipSeriesCell) error {
	month, err := calendar.ParsePeriod(c.GetMonth())
	if err != nil {
		return err
	}
	at, inWindow := slices.BinarySearchFunc(s.months, c.GetMonth(), func(m *warningv1.MonthSum, month string) int {
		return cmp.Compare(m.GetMonth(), month)
	})
	if inWindow {
		sum := s.months[at]
		sum.Received += c.GetReceived()
		sum.Returned += c.GetReturned()
		sum.Urgent += c.GetUrgent()
		sum.Unfounded += c.GetUnfounded()
	}
	tips := givesCause(c)
	if tips == 0 {
		return nil
	}
	count := s.count(areaKey{place, c.GetSubjectArea()})
	if inWindow {
		count.Months[at] += tips
	}
	switch {
	case s.period.Contains(month.First()):
		count.Tips += tips
		count.Urgent += c.GetUrgent()
		s.channels[c.GetChannel()] += tips
		s.tips += tips
	case s.previous.Contains(month.First()):
		count.Previous += tips
	}
	return nil
}

func (s *sums) count(key areaKey) *warningv1.AreaCount {
	count := s.counts[key]
	if count == nil {
		count = &warningv1.AreaCount{Unit: key.unit, SubjectArea: key.area, Months: make([]int64, len(s.months))}
		s.counts[key] = count
	}
	return count
}

// series are the last so many months of a count, from the first on in which anything came in at all, and what they add up to.
func (s *sums) series(count *warningv1.AreaCount, months int) (counts []float64, tips int64) {
	begin := slices.IndexFunc(s.months, func(m *warningv1.MonthSum) bool { return m.GetReceived() > 0 })
	for _, n := range count.GetMonths()[max(begin, len(s.months)-months, 0):] {
		counts = append(counts, float64(n))
		tips += n
	}
	return counts, tips
}

// trim keeps of the months those that an analysis tells of, and the counts of which there is something to tell.
func (s *sums) trim() {
	s.months = lastYear(s.months)
	maps.DeleteFunc(s.counts, func(_ areaKey, c *warningv1.AreaCount) bool {
		c.Months = lastYear(c.Months)
		some := slices.ContainsFunc(c.GetMonths(), func(n int64) bool { return n != 0 })
		return c.GetTips() == 0 && c.GetPrevious() == 0 && !some
	})
}

// lastYear is the last twelve of some months.
func lastYear[T any](months []T) []T { return months[len(months)-windowMonths:] }

// list are the counts by unit and subject area, in that order.
func (s *sums) list() []*warningv1.AreaCount {
	return slices.SortedFunc(maps.Values(s.counts), compareCounts)
}

// compareCounts compares counts by unit and subject area.
func compareCounts(a, b *warningv1.AreaCount) int {
	return cmp.Or(cmp.Compare(a.GetUnit(), b.GetUnit()), cmp.Compare(a.GetSubjectArea(), b.GetSubjectArea()))
}

// termSums are sums by term, the largest first.
func termSums(byTerm map[string]int64) []*warningv1.TermSum {
	list := make([]*warningv1.TermSum, 0, len(byTerm))
	for id, tips := range byTerm {
		list = append(list, &warningv1.TermSum{Id: id, Tips: tips})
	}
	slices.SortFunc(list, func(a, b *warningv1.TermSum) int {
		return cmp.Or(cmp.Compare(b.GetTips(), a.GetTips()), cmp.Compare(a.GetId(), b.GetId()))
	})
	return list
}

// readSeries adds up the series that a unit counts, however many pages they take.
func (s *Server) readSeries(ctx context.Context, unit string, period calendar.Period, p *places, back int) (*sums, error) {
	sums := newSums(period, back)
	req := &networkv1.ListTipSeriesRequest{Unit: unit, FromPeriod: sums.from(), ToPeriod: period.String(), AlongSystemLine: true}
	for {
		resp, err := s.rollUps.ListTipSeries(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, cell := range resp.GetCells() {
			place, err := p.of(ctx, cell.GetUnit())
			if err == nil {
				err = sums.add(place, cell)
			}
			if err != nil {
				return nil, err
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return sums, nil
		}
	}
}

// roleCell is a count of tips that tell the same role of their senders.
type roleCell interface {
	received
	GetSourceRole() string
}

// rolePage is a page of such counts.
type rolePage struct {
	cells []roleCell
	next  string
}

// readRoles adds up a period's tips by the role of their senders. What lies below on the system line is in no roll-up of the
// unit: where there is any, tips are counted, of which an agency has few.
func (s *Server) readRoles(ctx context.Context, unit string, period calendar.Period, p *places) ([]*warningv1.TermSum, error) {
	read := s.rollUpRoles
	if p.alongSystemLine {
		read = s.countRoles
	}
	byRole, token := map[string]int64{}, ""
	for {
		page, err := read(ctx, unit, period.String(), token)
		if err != nil {
			return nil, err
		}
		for _, cell := range page.cells {
			if tips := givesCause(cell); tips > 0 {
				byRole[cell.GetSourceRole()] += tips
			}
		}
		if token = page.next; token == "" {
			return termSums(byRole), nil
		}
	}
}

func (s *Server) rollUpRoles(ctx context.Context, unit, period, token string) (page rolePage, err error) {
	resp, err := s.rollUps.GetRollUp(ctx, &networkv1.GetRollUpRequest{
		Unit: unit, FromPeriod: period, BySourceRole: true, PageSize: listSize, PageToken: token,
	})
	return rolePage{asRoleCells(resp.GetCells()), resp.GetNextPageToken()}, err
}

func (s *Server) countRoles(ctx context.Context, unit, period, token string) (page rolePage, err error) {
	resp, err := s.tips.CountTips(ctx, &networkv1.CountTipsRequest{
		Unit: unit, Period: period, BySourceRole: true, AlongSystemLine: true, PageToken: token,
	})
	return rolePage{asRoleCells(resp.GetCounts()), resp.GetNextPageToken()}, err
}

func asRoleCells[C roleCell](cells []C) []roleCell {
	list := make([]roleCell, len(cells))
	for i, c := range cells {
		list[i] = c
	}
	return list
}
