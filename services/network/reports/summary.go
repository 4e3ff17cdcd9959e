package reports

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SummarizeReports counts what was owed in a subtree and how it was met.
func (s *Server) SummarizeReports(
	ctx context.Context, req *networkv1.SummarizeReportsRequest,
) (*networkv1.SummarizeReportsResponse, error) {
	from, to, err := s.parsePeriods(ctx, req)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	tops, err := s.tops(ctx, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	sums, err := db.New(s.store).SummarizeReports(ctx, db.SummarizeReportsParams{
		ScheduleID: req.GetSchedule(), Firsts: firstDays(from, to), Tops: tops, Asked: resource.ID(req.GetUnit()),
		Today: clock.Today(s.store.Clock), Accepted: reportAccepted.String(),
	})
	if err != nil {
		return nil, err
	}
	resp := &networkv1.SummarizeReportsResponse{Total: total(req.GetUnit(), sums)}
	if !req.GetByChild() {
		return resp, nil
	}
	sums = slices.DeleteFunc(sums, func(r db.SummarizeReportsRow) bool { return r.Child <= p.Cursor })
	resp.Children, resp.NextPageToken, err = page.Build(ctx, p, sums, func(r db.SummarizeReportsRow) string { return r.Child },
		func(r db.SummarizeReportsRow) (*networkv1.ReportSummary, error) {
			return summaryOf(resource.Name(resource.Units, r.Child), r), nil
		})
	return resp, err
}

// parsePeriods reads the periods asked about, which must be of one kind, that of the schedule, and in order.
func (s *Server) parsePeriods(
	ctx context.Context, req *networkv1.SummarizeReportsRequest,
) (from, to calendar.Period, err error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.store, &faults, "schedule", "schedules", req.GetSchedule()); err != nil {
		return from, to, err
	}
	if from, err = calendar.ParsePeriod(req.GetFromPeriod()); err != nil {
		faults.Add("from_period", words.StringPeriod())
	}
	to = from
	if req.GetToPeriod() != "" {
		if to, err = calendar.ParsePeriod(req.GetToPeriod()); err != nil {
			faults.Add("to_period", words.StringPeriod())
		}
	}
	if len(faults) == 0 {
		if err := s.checkKind(ctx, &faults, req.GetSchedule(), from); err != nil {
			return from, to, err
		}
	}
	if len(faults) == 0 && (from.Kind() != to.Kind() || to.Compare(from) < 0) {
		faults.Add("to_period", words.PeriodSpan(from.String()))
	}
	return from, to, faults.Err()
}

// checkKind notes a fault where a schedule has periods of other kinds alone, in any version of any scheme.
func (s *Server) checkKind(ctx context.Context, faults *fault.Fields, schedule string, asked calendar.Period) error {
	all, err := schemes.All[*networkv1.Scheme](ctx, s.store)
	if err != nil {
		return err
	}
	var other calendar.Period
	for _, stored := range all {
		if found, ok := schemes.Find(stored.Scheme.GetSchedules(), schedule); ok {
			kind := calendarpb.Kind(found.GetPeriodKind())
			if kind == asked.Kind() {
				return nil
			}
			other = calendar.PeriodOf(kind, asked.First())
		}
	}
	faults.Add("from_period", words.PeriodKind(other.String()))
	return nil
}

// firstDays are the first days of the periods of a span.
func firstDays(from, to calendar.Period) []calendar.Date {
	var days []calendar.Date
	for p := from; p.Compare(to) <= 0; p = p.Next() {
		days = append(days, p.First())
	}
	return days
}

// tops is every place in the tree that the units asked about ever had: what is counted stood there at its time.
func (s *Server) tops(ctx context.Context, along bool) ([]string, error) {
	today, err := access.Along(ctx, s.directory, along)
	if err != nil {
		return nil, err
	}
	units := make([]string, len(today))
	for i, path := range today {
		units[i] = access.LastPathID(path)
	}
	ever, err := db.New(s.store).UnitPaths(ctx, units)
	return access.Disjoint(ever), err
}

func addRow(sum *db.SummarizeReportsRow, r db.SummarizeReportsRow) {
	sum.Expected += r.Expected
	sum.Exempted += r.Exempted
	sum.OnTime += r.OnTime
	sum.Late += r.Late
	sum.Overdue += r.Overdue
	sum.Accepted += r.Accepted
	sum.Returned += r.Returned
	sum.Zero += r.Zero
	sum.ContentMet += r.ContentMet
	sum.ContentOf += r.ContentOf
}

func total(unit string, rows []db.SummarizeReportsRow) *networkv1.ReportSummary {
	var sum db.SummarizeReportsRow
	for _, r := range rows {
		addRow(&sum, r)
	}
	return summaryOf(unit, sum)
}

func summaryOf(unit string, r db.SummarizeReportsRow) *networkv1.ReportSummary {
	sent := r.OnTime + r.Late
	return &networkv1.ReportSummary{
		Unit: unit, Expected: r.Expected, Exempted: r.Exempted, Submitted: sent, OnTime: r.OnTime, Late: r.Late,
		Overdue:  r.Overdue,
		Accepted: r.Accepted, Returned: r.Returned, Zero: r.Zero,
		Reporting:    &networkv1.ReportRatio{Numerator: sent, Denominator: r.Expected - r.Exempted},
		Timeliness:   &networkv1.ReportRatio{Numerator: r.OnTime, Denominator: sent + r.Overdue},
		Completeness: &networkv1.ReportRatio{Numerator: r.ContentMet, Denominator: r.ContentOf},
	}
}
