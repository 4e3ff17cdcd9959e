// Package reports keeps what units owe for each period: opened by schedules, written, confirmed and sent, then accepted or
// sent back by a unit above (C10, H6).
package reports

import (
	"context"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves ReportService and ReportExceptionService.
type Server struct {
	networkv1.UnsafeReportServiceServer
	networkv1.UnsafeReportExceptionServiceServer

	store     *record.Store
	directory access.Directory
	calendar  calendar.Source
}

// openEvery is how often the schedules are looked at; a new scheme is looked at at once.
const openEvery = 10 * time.Minute

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{store: env.Store, directory: env.Directory, calendar: env.Calendar}
	env.Queue.Add(jobs.Job{Name: OpenReportsJob, Every: openEvery, Run: s.OpenDue})
	env.Queue.Add(jobs.Job{Name: RemindReportsJob, Every: remindEvery, Run: s.RemindDue})
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterReportServiceServer(r, s)
	networkv1.RegisterReportExceptionServiceServer(r, s)
}

// GetReport reads the version of a report that stands, or the one asked for.
func (s *Server) GetReport(ctx context.Context, req *networkv1.GetReportRequest) (*networkv1.Report, error) {
	row, err := s.findReport(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	report, err := s.version(ctx, row, req.GetVersion())
	if err := document.NotFoundAs(err, req.GetName()); err != nil {
		return nil, err
	}
	return report, nil
}

// findReport reads the row of a report within the caller's reach.
func (s *Server) findReport(ctx context.Context, name string) (db.Report, error) {
	key, err := keyOf(name)
	if err != nil {
		return db.Report{}, err
	}
	row, err := db.New(s.store).GetReport(ctx, key)
	return row, document.Authorize(ctx, err, row.UnitPath, name)
}

// cursor is where a page of reports ends.
type cursor struct {
	First          calendar.Date
	Unit, Schedule string
}

// ListReports lists what a subtree owes, the newest period first.
func (s *Server) ListReports(ctx context.Context, req *networkv1.ListReportsRequest) (*networkv1.ListReportsResponse, error) {
	p, err := page.Parse(req, cursor{First: calendar.LastDay})
	if err != nil {
		return nil, err
	}
	rows, err := s.list(ctx, req.GetOverdue(), db.ListReportsParams{
		Subtree:        access.Path(access.Target(ctx)),
		Period:         req.GetPeriod(),
		Schedule:       req.GetSchedule(),
		States:         document.EnumNames(req.GetStates()),
		BeforeFirst:    p.Cursor.First,
		BeforeUnit:     p.Cursor.Unit,
		BeforeSchedule: p.Cursor.Schedule,
		PageSize:       p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.Report) cursor { return cursor{r.PeriodFirst, r.UnitID, r.ScheduleID} },
		currentOf)
	return &networkv1.ListReportsResponse{Reports: list, NextPageToken: next}, err
}

// list reads reports: all, or only those that are overdue.
func (s *Server) list(ctx context.Context, overdue bool, p db.ListReportsParams) ([]db.Report, error) {
	if !overdue {
		return db.New(s.store).ListReports(ctx, p)
	}
	return db.New(s.store).ListOverdueReports(ctx, db.ListOverdueReportsParams{
		Today: clock.Today(s.store.Clock), Subtree: p.Subtree, Period: p.Period, Schedule: p.Schedule,
		States:      p.States,
		BeforeFirst: p.BeforeFirst, BeforeUnit: p.BeforeUnit, BeforeSchedule: p.BeforeSchedule, PageSize: p.PageSize,
	})
}
