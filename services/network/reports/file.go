package reports

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/filings"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// FileReport records with whom the version that stands was filed outside the tree (T9, T17, T23).
func (s *Server) FileReport(ctx context.Context, req *networkv1.FileReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "file", current, requireOwn, func(_ context.Context, c *lockedReport) error {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
		var faults fault.Fields
		submittedOn := calendar.DateOf(c.version.GetSubmitTime().AsTime(), calendar.Shanghai)
		filings.Check(&faults, req.GetFiling(), c.version.GetFilings(), schedule.GetFiledWith(), submittedOn.String(),
			clock.Today(s.store.Clock))
		c.version.Filings = append(c.version.GetFilings(), req.GetFiling())
		c.version.FiledOn = filings.Completed(c.version.GetFilings(), len(schedule.GetFiledWith()))
		return faults.Err()
	})
}

// toFile has the version that is sent be filed outside the tree, where its schedule says with whom.
func (s *Server) toFile(ctx context.Context, c *lockedReport) error {
	schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
	if schedule.GetFilingLimit() == nil {
		return nil
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	c.version.FilingDue, err = calendarpb.Due(days, clock.Today(s.store.Clock), schedule.GetFilingLimit())
	return err
}

// filedWith tells whether the version that is acted on was filed with a body.
func (c *lockedReport) filedWith(body string) bool {
	return slices.ContainsFunc(c.version.GetFilings(), func(f *networkv1.ReportFiling) bool { return f.GetFiledWith() == body })
}
