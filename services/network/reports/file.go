package reports

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// FileReport records with whom the version that stands was filed above the tree (T9, T23).
func (s *Server) FileReport(ctx context.Context, req *networkv1.FileReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "file", current, requireOwn, func(_ context.Context, c *lockedReport) error {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
		var faults fault.Fields
		schemes.CheckKnown(&faults, "filing.filed_with", req.GetFiling().GetFiledWith(), schedule.GetFiledWith())
		if c.filedWith(req.GetFiling().GetFiledWith()) {
			faults.Add("filing.filed_with", words.Duplicate(req.GetFiling().GetFiledWith()))
		}
		day, ok := faults.ParsePastDay("filing.filed_on", req.GetFiling().GetFiledOn(), clock.Today(s.store.Clock))
		submittedOn := calendar.DateOf(c.version.GetSubmitTime().AsTime(), calendar.Shanghai)
		if ok && day.Before(submittedOn) {
			faults.Add("filing.filed_on", words.NotBefore(submittedOn.String()))
		}
		c.version.Filings = append(c.version.GetFilings(), req.GetFiling())
		return faults.Err()
	})
}

// filedWith tells whether the version that is acted on was filed with a body.
func (c *lockedReport) filedWith(body string) bool {
	return slices.ContainsFunc(c.version.GetFilings(), func(f *networkv1.ReportFiling) bool { return f.GetFiledWith() == body })
}
