package reports

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// days are those that a report covers, both included; none where from is after to.
type days struct{ from, to calendar.Date }

// until leaves out a day and what comes after it.
func (d days) until(day calendar.Date) days {
	return days{d.from, earlier(d.to, day.AddDays(-1))}
}

func earlier(a, b calendar.Date) calendar.Date {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b calendar.Date) calendar.Date {
	if a.Before(b) {
		return b
	}
	return a
}

// within leaves the days that are among others.
func (d days) within(others days) days {
	return days{later(d.from, others.from), earlier(d.to, others.to)}
}

func (d days) isNone() bool { return d.to.Before(d.from) }

func (d days) has(day calendar.Date) bool { return !day.Before(d.from) && !day.After(d.to) }

// lastToCover is the last day that a report covers by its schedule: that of its period, or of a window that closes before it.
func lastToCover(period calendar.Period, closes calendar.Date) calendar.Date {
	return earlier(period.Last(), closes)
}

// daysOf are the days that the report of a period covers by its schedule: from where that of the period before ends.
func daysOf(schedule *networkv1.Schedule, period calendar.Period) days {
	_, closes := windows(schedule).In(period)
	_, closedBefore := windows(schedule).In(period.Previous())
	return days{lastToCover(period.Previous(), closedBefore).AddDays(1), lastToCover(period, closes)}
}

// daysToCover are the days that the report covers once they are over: from where the one before it ended up to its own last day,
// or to where a later one began that was sent already, as long as its unit was there. So nothing falls between two reports, and
// nothing counts in both (H6). What was sent keeps its days in every later version.
func (s *Server) daysToCover(ctx context.Context, c *lockedReport) (days, error) {
	if !c.row.SubmitOn.IsZero() {
		return days{c.row.CoverFrom, c.row.CoverTo}, nil
	}
	period, err := calendar.ParsePeriod(c.row.Period)
	if err != nil {
		return days{}, err
	}
	around, err := db.New(c.tx).CoverageAround(ctx, db.CoverageAroundParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, PeriodFirst: c.row.PeriodFirst,
		Today: clock.Today(s.store.Clock),
	})
	if err != nil {
		return days{}, err
	}
	schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
	run := calendar.PeriodOf(period.Kind(), around.RunFirst)
	d := days{daysOf(schedule, run).from, c.row.CoverTo}
	before := around.BeforeFirst
	if !before.IsZero() && !calendar.PeriodOf(period.Kind(), before).Next().First().Before(run.First()) {
		d.from = around.BeforeTo.AddDays(1) // else nobody asked between them
	}
	if !around.CoveredFrom.IsZero() {
		d = d.until(around.CoveredFrom)
	}
	if !around.LastOn.IsZero() {
		d = d.until(around.LastOn.AddDays(1))
	}
	if d.has(around.BeganOn) {
		d.from = around.BeganOn
	}
	return d, nil
}

// daysToCount are those of the days to cover that have come by today. Where the report may go up before they are over, today is
// not among them: what still comes today is the next report's.
func (s *Server) daysToCount(ctx context.Context, c *lockedReport) (days, error) {
	all, err := s.daysToCover(ctx, c)
	if err != nil {
		return days{}, err
	}
	tomorrow := clock.Today(s.store.Clock).AddDays(1)
	if c.closesEarly() {
		return all.until(tomorrow.AddDays(-1)), nil
	}
	return all.until(tomorrow), nil
}

// closesEarly tells whether the window closes no later than the period: then the report covers what came until it goes up.
func (c *lockedReport) closesEarly() bool {
	period, err := calendar.ParsePeriod(c.row.Period)
	return err == nil && !c.row.ScheduledCloseOn.After(period.Last())
}

// requireOver refuses to send a report before its days are over: what comes later would be in none.
func (s *Server) requireOver(ctx context.Context, c *lockedReport) error {
	if !c.row.SubmitOn.IsZero() || c.closesEarly() {
		return nil
	}
	all, err := s.daysToCover(ctx, c)
	if err != nil || clock.Today(s.store.Clock).After(all.to) {
		return err
	}
	return fault.Precondition(words.PeriodNotEnded(c.row.Period, all.to.String()))
}

// fixDays fixes the days that a report covers as it is sent. Its tables must have been computed once they were over, and over all
// that were over by now; what the reports beside it cover may have changed since.
func (s *Server) fixDays(ctx context.Context, c *lockedReport) error {
	// The reports of a unit are sent one after the other: each reads where the other ends.
	if err := c.tx.Lock(ctx, "qingfeng report days "+c.row.UnitID+" "+c.row.ScheduleID); err != nil {
		return err
	}
	all, err := s.daysToCover(ctx, c)
	if err != nil {
		return err
	}
	today := clock.Today(s.store.Clock)
	computedOn := today
	if len(c.form.Computed()) == 0 {
		c.setDays(all.until(today))
	} else {
		computedOn = calendar.DateOf(c.version.GetComputeTime().AsTime(), calendar.Shanghai)
	}
	covered := c.daysCovered()
	if covered != all.until(computedOn) || today.After(all.to) && covered != all {
		return fault.Precondition(words.TablesOutdated(all.from.String(), all.until(today).to.String()))
	}
	c.row.CoverFrom, c.row.CoverTo = covered.from, covered.to
	return nil
}

// setDays notes the days that the version acted on covers.
func (c *lockedReport) setDays(d days) {
	c.version.CoverFrom, c.version.CoverTo = d.from.String(), d.to.String()
}

// daysCovered are the days that the version acted on covers; none before its tables are computed.
func (c *lockedReport) daysCovered() (d days) {
	d.from, _ = calendar.ParseDate(c.version.GetCoverFrom())
	d.to, _ = calendar.ParseDate(c.version.GetCoverTo())
	return d
}
