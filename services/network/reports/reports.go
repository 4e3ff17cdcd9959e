// Package reports keeps what units owe for each period: opened by schedules, written, confirmed and sent (C10, H6).
package reports

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves ReportService.
type Server struct {
	networkv1.UnsafeReportServiceServer

	book      *record.Book
	directory access.Directory
}

// openEvery is how often the schedules are looked at; a new scheme is looked at at once.
const openEvery = 10 * time.Minute

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{book: env.Book, directory: env.Directory}
	env.Queue.Add(jobs.Job{Name: OpenJob, Every: openEvery, Run: s.Open})
	env.Queue.Add(jobs.Job{Name: RemindJob, Every: remindEvery, Run: s.Remind})
	return s
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterReportServiceServer(r, s) }

// GetReport reads one report.
func (s *Server) GetReport(ctx context.Context, req *networkv1.GetReportRequest) (*networkv1.GetReportResponse, error) {
	key, err := s.key(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.book).GetReport(ctx, key)
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	report, err := reportOf(row)
	return &networkv1.GetReportResponse{Report: report}, err
}

// lastDay is later than any day of a record.
var lastDay = calendar.NewDate(calendar.MaxYear, time.December, 31)

type reportKey struct {
	First          time.Time
	Unit, Schedule string
}

// ListReports lists what a subtree owes, the newest period first.
func (s *Server) ListReports(ctx context.Context, req *networkv1.ListReportsRequest) (*networkv1.ListReportsResponse, error) {
	size, after, err := page.Open[reportKey](req)
	if err != nil {
		return nil, err
	}
	start := page.From(after, reportKey{First: lastDay.In(time.UTC)})
	rows, err := db.New(s.book).ListReports(ctx, db.ListReportsParams{
		Subtree: access.Path(access.Target(ctx)), Period: req.GetPeriod(), States: document.Codes(req.GetStates()),
		BeforeFirst: start.First, BeforeUnit: start.Unit, BeforeSchedule: start.Schedule, PageSize: page.Limit(size),
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Cut(req, size, rows, func(r db.Report) reportKey { return reportKey{r.PeriodFirst, r.UnitID, r.ScheduleID} },
		func(r db.Report) int { return len(r.Body) })
	if err != nil {
		return nil, err
	}
	list, err := document.DecodeAll(rows, reportOf)
	return &networkv1.ListReportsResponse{Reports: list, NextPageToken: next}, err
}

// WriteReport replaces what the unit writes itself.
func (s *Server) WriteReport(ctx context.Context, req *networkv1.WriteReportRequest) (*networkv1.WriteReportResponse, error) {
	return actOnReport(ctx, s, req, "write", func(
		ctx context.Context, _ *record.Tx, c *reportChange,
	) (*networkv1.WriteReportResponse, error) {
		c.report.Parts = req.GetParts()
		held, err := s.directory.Scheme(ctx, c.report.GetUnit())
		if err != nil {
			return nil, err
		}
		return &networkv1.WriteReportResponse{Report: c.report}, checkParts(held, req.GetParts())
	})
}

// ComputeReport computes the tables from the tips as they are now.
func (s *Server) ComputeReport(ctx context.Context, req *networkv1.ComputeReportRequest) (*networkv1.ComputeReportResponse, error) {
	return actOnReport(ctx, s, req, "compute", func(
		ctx context.Context, tx *record.Tx, c *reportChange,
	) (*networkv1.ComputeReportResponse, error) {
		from, before, err := figures.SpanOf(c.report.GetPeriod())
		if err != nil {
			return nil, err
		}
		if c.report.Tables, err = tips.Count(ctx, tx, c.row.UnitPath, from, before); err != nil {
			return nil, err
		}
		c.report.ComputeTime = timestamppb.New(s.book.Clock.Now())
		return &networkv1.ComputeReportResponse{Report: c.report}, nil
	})
}

// ConfirmReport records that the unit stands by its tables.
func (s *Server) ConfirmReport(ctx context.Context, req *networkv1.ConfirmReportRequest) (*networkv1.ConfirmReportResponse, error) {
	return actOnReport(ctx, s, req, "confirm", func(
		_ context.Context, _ *record.Tx, c *reportChange,
	) (*networkv1.ConfirmReportResponse, error) {
		return &networkv1.ConfirmReportResponse{Report: c.report}, nil
	})
}

// SubmitReport sends a report up.
func (s *Server) SubmitReport(ctx context.Context, req *networkv1.SubmitReportRequest) (*networkv1.SubmitReportResponse, error) {
	return actOnReport(ctx, s, req, "submit", func(
		_ context.Context, _ *record.Tx, c *reportChange,
	) (*networkv1.SubmitReportResponse, error) {
		if err := complete(c.report.GetParts()); err != nil {
			return nil, err
		}
		now, today := s.book.Clock.Now(), clock.Today(s.book.Clock)
		closeOn := calendar.DateOf(c.row.CloseOn, time.UTC)
		c.report.Late = today.After(closeOn)
		if c.report.GetLate() && strings.TrimSpace(req.GetLateReason()) == "" {
			return nil, fault.Invalid("late_reason", "late_reason", "date", closeOn.String())
		}
		if c.report.GetLate() {
			c.report.LateReason = req.GetLateReason()
		}
		c.report.SubmitTime = timestamppb.New(now)
		day := today.In(time.UTC)
		c.row.SubmitOn = &day
		return &networkv1.SubmitReportResponse{Report: c.report}, nil
	})
}

// reportRequest is a request that changes one report.
type reportRequest interface {
	record.Request
	GetName() string
	GetEtag() string
}

// reportChange is a report being changed: its row and its message.
type reportChange struct {
	row    db.Report
	report *networkv1.Report
}

// actOnReport does to a report what its unit asks: locked, within reach, as last read, and allowed by its state.
func actOnReport[Resp proto.Message](
	ctx context.Context, s *Server, req reportRequest, name string,
	change func(context.Context, *record.Tx, *reportChange) (Resp, error),
) (Resp, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
		var none Resp
		c, err := s.lock(ctx, tx, req)
		if err != nil {
			return none, err
		}
		if err := access.Own(ctx, c.report.GetUnit()); err != nil {
			return none, err
		}
		if c.report.State, err = Lifecycle.Next(c.report.GetState(), name); err != nil {
			return none, err
		}
		answer, err := change(ctx, tx, c)
		if err != nil {
			return none, err
		}
		return answer, c.save(ctx, tx)
	})
}

func (s *Server) lock(ctx context.Context, tx *record.Tx, req reportRequest) (*reportChange, error) {
	key, err := s.key(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).LockReport(ctx, db.LockReportParams(key))
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	if err := document.Match(req.GetEtag(), row.Revision, req.GetName()); err != nil {
		return nil, err
	}
	report, err := reportOf(row)
	return &reportChange{row: row, report: report}, err
}

func (c *reportChange) save(ctx context.Context, tx *record.Tx) error {
	c.report.Etag = document.Etag(c.row.Revision + 1)
	body, err := document.Encode(c.report)
	if err != nil {
		return err
	}
	if err := db.New(tx).SaveReport(ctx, db.SaveReportParams{
		Region: c.row.Region, UnitID: c.row.UnitID, ScheduleID: c.row.ScheduleID, Period: c.row.Period,
		State: int16(c.report.GetState()), SubmitOn: c.row.SubmitOn, Body: body,
	}); err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: c.report.GetName(), UnitPath: c.row.UnitPath})
}

// key finds a report's row from its name, "reports/{unit}.{schedule}.{period}".
func (s *Server) key(ctx context.Context, name string) (db.GetReportParams, error) {
	parts := strings.Split(resource.ID(name), ".")
	if len(parts) != 3 {
		return db.GetReportParams{}, fault.NotFound(name)
	}
	region, err := db.New(s.book).UnitRegion(ctx, parts[0]) // that of a unit that has ended too
	if err := document.Found(err, name); err != nil {
		return db.GetReportParams{}, err
	}
	return db.GetReportParams{Region: region, UnitID: parts[0], ScheduleID: parts[1], Period: parts[2]}, nil
}

func reportName(unit, schedule, period string) string {
	return resource.Name(resource.Reports, unit+"."+schedule+"."+period)
}

func reportOf(row db.Report) (*networkv1.Report, error) {
	report, err := document.Decode[*networkv1.Report](row.Body)
	report.Name = reportName(row.UnitID, row.ScheduleID, row.Period)
	report.Unit = resource.Name(resource.Units, row.UnitID)
	report.Etag = document.Etag(row.Revision)
	return report, err
}
