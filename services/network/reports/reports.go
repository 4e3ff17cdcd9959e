// Package reports keeps what units owe for each period: opened by schedules, written, confirmed and sent, then accepted or
// sent back by a unit above (C10, H6).
package reports

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
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

// BatchGetReports reads the versions of reports that stand.
func (s *Server) BatchGetReports(
	ctx context.Context, req *networkv1.BatchGetReportsRequest,
) (*networkv1.BatchGetReportsResponse, error) {
	access.MarkReached(ctx) // what the caller does not reach is left out
	var of db.ReportsNamedParams
	for _, name := range req.GetNames() {
		key, err := keyOf(name)
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		of.UnitIds, of.ScheduleIds = append(of.UnitIds, key.UnitID), append(of.ScheduleIds, key.ScheduleID)
		of.Periods = append(of.Periods, key.Period)
	}
	rows, err := db.New(s.store).ReportsNamed(ctx, of)
	if err != nil {
		return nil, err
	}
	found := &networkv1.BatchGetReportsResponse{}
	for _, row := range rows {
		if !access.Reaches(ctx, row.UnitPath) {
			continue
		}
		report, err := currentOf(row)
		switch {
		case document.IsDamaged(ctx, err):
			found.Damaged = append(found.Damaged, nameOf(row.UnitID, row.ScheduleID, row.Period))
		case err != nil:
			return nil, err
		default:
			found.Reports = append(found.Reports, report)
		}
	}
	return found, nil
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
	filter, err := s.listFilter(ctx, req)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{First: calendar.LastDay})
	if err != nil {
		return nil, err
	}
	filter.BeforeFirst, filter.BeforeUnit, filter.BeforeSchedule = p.Cursor.First, p.Cursor.Unit, p.Cursor.Schedule
	filter.PageSize = p.Limit
	rows, err := s.list(ctx, req, filter)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.Report) cursor { return cursor{r.PeriodFirst, r.UnitID, r.ScheduleID} },
		currentOf)
	return &networkv1.ListReportsResponse{Reports: list, NextPageToken: next}, err
}

// periodForms are what periods of a kind look like, as regular expressions of PostgreSQL.
var periodForms = map[typev1.PeriodKind]string{
	typev1.PeriodKind_PERIOD_KIND_MONTH:     "-[01]",
	typev1.PeriodKind_PERIOD_KIND_QUARTER:   "-Q",
	typev1.PeriodKind_PERIOD_KIND_HALF_YEAR: "-H",
	typev1.PeriodKind_PERIOD_KIND_YEAR:      "^[0-9]{4}$",
}

// listFilter is what a list asks for; its faults are told all at once.
func (s *Server) listFilter(ctx context.Context, req *networkv1.ListReportsRequest) (db.ListReportsParams, error) {
	var faults fault.Fields
	filter := db.ListReportsParams{
		Period: req.GetPeriod(), PeriodForm: periodForms[req.GetPeriodKind()],
		Schedule: req.GetSchedule(), States: document.EnumNames(req.GetStates()),
		FirstFrom: calendar.FirstDay, FirstUntil: calendar.LastDay,
	}
	if from, err := calendar.ParsePeriod(req.GetFromPeriod()); err == nil { // the proto's rules have seen to the others
		filter.FirstFrom = from.First()
	}
	if to, err := calendar.ParsePeriod(req.GetToPeriod()); err == nil {
		filter.FirstUntil = to.Last()
	}
	if filter.FirstUntil.Before(filter.FirstFrom) {
		faults.Add("to_period", words.PeriodOrder(req.GetFromPeriod()))
	}
	if req.GetLate() && req.GetOverdue() {
		faults.Add("late", words.LateOrOverdue())
	}
	if req.GetUnfiled() && (req.GetLate() || req.GetOverdue()) {
		faults.Add("unfiled", words.Contradiction())
	}
	if err := schemes.CheckFilter(ctx, s.store, &faults, "schedule", "schedules", req.GetSchedule()); err != nil {
		return filter, err
	}
	if err := faults.Err(); err != nil {
		return filter, err
	}
	var err error
	filter.Subtrees, err = access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	return filter, err
}

// checkSchedule refuses to list by a schedule that no scheme has.
func (s *Server) checkSchedule(ctx context.Context, schedule string) error {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.store, &faults, "schedule", "schedules", schedule); err != nil {
		return err
	}
	return faults.Err()
}

// list reads reports: all, or only those that are overdue, came late or are to be filed.
func (s *Server) list(ctx context.Context, req *networkv1.ListReportsRequest, p db.ListReportsParams) ([]db.Report, error) {
	queries := db.New(s.store.Afresh())
	switch {
	case req.GetOverdue():
		return queries.ListOverdueReports(ctx, db.ListOverdueReportsParams{
			Today: clock.Today(s.store.Clock), Subtrees: p.Subtrees, Period: p.Period, FirstFrom: p.FirstFrom,
			FirstUntil: p.FirstUntil, PeriodForm: p.PeriodForm, Schedule: p.Schedule, States: p.States,
			BeforeFirst: p.BeforeFirst, BeforeUnit: p.BeforeUnit, BeforeSchedule: p.BeforeSchedule, PageSize: p.PageSize,
		})
	case req.GetLate():
		return queries.ListLateReports(ctx, db.ListLateReportsParams(p))
	case req.GetUnfiled():
		return queries.ListUnfiledReports(ctx, db.ListUnfiledReportsParams(p))
	default:
		return queries.ListReports(ctx, p)
	}
}
