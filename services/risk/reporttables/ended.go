package reporttables

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// shown is what a report shows of the register: what was in force on a day, less what reports of ended units tell of.
type shown struct {
	day calendar.Date
	// Of the risk points of these units those that were in force on these days are in another report: the unit's own, or that of
	// who acted for it by then.
	toldUnits []string
	toldDays  []calendar.Date
}

// shownBy is what the report of a unit shows as of a day. Each risk point is in one report: one that was in force on the last day
// of an ended unit that owes the report itself is in that, every other in the report of who acts for its unit (041).
func (w *inspections) shownBy(ctx context.Context, unit *networkv1.Unit, report string, day calendar.Date) (*shown, error) {
	s := &shown{toldUnits: []string{}, toldDays: []calendar.Date{}}
	var err error
	if s.day, err = shownOn(unit, day); err != nil {
		return nil, err
	}
	id := resource.ID(unit.GetName())
	ended, err := db.New(w.store).EndedFor(ctx, db.EndedForParams{UnitID: id, Day: s.day})
	if err != nil || len(ended) == 0 {
		return s, err
	}
	owing, err := w.owing(ctx, ended, report)
	if err != nil {
		return nil, err
	}
	next := make(map[string]db.EndedForRow, len(ended))
	for _, e := range ended {
		next[e.UnitID] = e
	}
	for _, e := range ended {
		for at, ok := e, true; ok; at, ok = next[at.AboveID] {
			if owing[at.UnitID] {
				s.toldUnits, s.toldDays = append(s.toldUnits, e.UnitID), append(s.toldDays, at.EndedOn.AddDays(-1))
			}
		}
	}
	return s, nil
}

// owing are those of some ended units that owe a report of the schedule and the period of another one. None does that had ended
// before the period began.
func (w *inspections) owing(ctx context.Context, ended []db.EndedForRow, report string) (map[string]bool, error) {
	period, err := calendar.ParsePeriod(periodOf(report))
	if err != nil {
		return nil, err
	}
	type answer struct {
		owes bool
		err  error
	}
	answers := parallel.Map(len(ended), func(i int) answer {
		if !ended[i].EndedOn.After(period.First()) {
			return answer{}
		}
		name := resource.Name(resource.Reports, ended[i].UnitID+"."+scheduleOf(report)+"."+period.String())
		found, err := w.reports.GetReport(ctx, &networkv1.GetReportRequest{Name: name})
		if fault.IsNotFound(err) {
			return answer{}
		}
		return answer{err == nil && !found.GetExempted(), err}
	})
	owing := map[string]bool{}
	for i, a := range answers {
		if a.err != nil {
			return nil, a.err
		}
		owing[ended[i].UnitID] = a.owes
	}
	return owing, nil
}

// shownOn is the day as of which a unit inspects what it has: a given one or, where it has ended by then, its last.
func shownOn(unit *networkv1.Unit, day calendar.Date) (calendar.Date, error) {
	if !hasEnded(unit, day) {
		return day, nil
	}
	end, err := calendar.ParseDate(unit.GetEndedOn()) // the first day without it
	return end.AddDays(-1), err
}

func hasEnded(unit *networkv1.Unit, day calendar.Date) bool {
	return unit.GetEndedOn() != "" && unit.GetEndedOn() <= day.String()
}

// exceptionEvents are those by which a unit above grants or takes back an exception, as the journal names them.
var exceptionEvents = map[string]bool{
	access.EventOf(networkv1.ReportExceptionService_GrantReportException_FullMethodName):  true,
	access.EventOf(networkv1.ReportExceptionService_RevokeReportException_FullMethodName): true,
}
