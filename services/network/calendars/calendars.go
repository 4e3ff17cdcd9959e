// Package calendars knows the working days of the years that came with the program and of those imported since, and counts
// deadlines by them.
package calendars

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves CalendarService.
type Server struct {
	networkv1.UnsafeCalendarServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{store: env.Store, directory: env.Directory} }

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterCalendarServiceServer(r, s) }

// ImportYear stores a version of a year.
func (s *Server) ImportYear(ctx context.Context, req *networkv1.ImportYearRequest) (*networkv1.CalendarYear, error) {
	own, err := s.directory.Unit(ctx, access.PrincipalOf(ctx).Unit)
	if err != nil {
		return nil, err
	}
	if own.GetParent() != "" {
		return nil, fault.Denied(words.RootOnly())
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.CalendarYear, error) {
		path := access.Path(own)
		if err := access.Require(ctx, path, own.GetName()); err != nil {
			return nil, err
		}
		if _, err := parseDays(req.GetYear()); err != nil {
			return nil, err
		}
		year, err := insertVersion(ctx, tx, req.GetYear())
		if err != nil {
			return nil, err
		}
		return year, tx.Record(ctx, record.Entry{Resource: nameOf(year), UnitPath: path})
	})
}

// insertVersion stores the next version of a year. Two at once would find the same number free.
func insertVersion(ctx context.Context, tx *record.Tx, requested *networkv1.CalendarYear) (*networkv1.CalendarYear, error) {
	if _, err := tx.Exec(ctx, "LOCK TABLE calendar_years IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return nil, err
	}
	queries := db.New(tx)
	last, err := queries.LastCalendarVersion(ctx, requested.GetYear())
	if err != nil {
		return nil, err
	}
	year := proto.CloneOf(requested)
	year.Version, year.ImportTime = last+1, timestamppb.New(tx.Now())
	body, err := document.Encode(year)
	if err != nil {
		return nil, err
	}
	return year, queries.AddCalendarYear(ctx, body)
}

type cursor struct{ Year, Version int32 }

// ListYears lists what was imported.
func (s *Server) ListYears(ctx context.Context, req *networkv1.ListYearsRequest) (*networkv1.ListYearsResponse, error) {
	p, err := page.Parse(req, cursor{Year: calendar.MaxYear + 1})
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListCalendarYears(ctx, db.ListCalendarYearsParams{
		BeforeYear: p.Cursor.Year, BeforeVersion: p.Cursor.Version, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	years, next, err := page.Build(ctx, p, rows, func(r db.ListCalendarYearsRow) cursor { return cursor{r.Year, r.Version} },
		func(r db.ListCalendarYearsRow) (*networkv1.CalendarYear, error) {
			return document.Decode[*networkv1.CalendarYear](r.Body)
		})
	return &networkv1.ListYearsResponse{Years: years, NextPageToken: next}, err
}

// maxDays is how many days one answer tells of: three years.
const maxDays = 1100

// ListWorkdays tells of each day of a span whether people work.
func (s *Server) ListWorkdays(ctx context.Context, req *networkv1.ListWorkdaysRequest) (*networkv1.ListWorkdaysResponse, error) {
	var faults fault.Fields
	from, _ := faults.ParseDay("from", req.GetFrom())
	to, _ := faults.ParseDay("to", req.GetTo())
	if len(faults) == 0 && (to.Before(from) || from.DaysUntil(to) > maxDays) {
		faults.Add("to", words.DaySpan("1100"))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	workdays, err := Current(ctx, s.store)
	if err != nil {
		return nil, err
	}
	resp := &networkv1.ListWorkdaysResponse{}
	for day := from; !day.After(to); day = day.AddDays(1) {
		works, known := workdays.IsWorkday(day)
		resp.Days = append(resp.Days, &networkv1.Workday{
			Date: day.String(), Workday: works, Assumed: !known, Name: workdays.Name(day),
		})
	}
	return resp, nil
}

// ComputeDeadline counts a limit.
func (s *Server) ComputeDeadline(
	ctx context.Context, req *networkv1.ComputeDeadlineRequest,
) (*networkv1.ComputeDeadlineResponse, error) {
	var faults fault.Fields
	start, _ := faults.ParseDay("start", req.GetStart())
	pauses := parsePauses(&faults, req.GetPauses())
	if err := faults.Err(); err != nil {
		return nil, err
	}
	workdays, err := Current(ctx, s.store)
	if err != nil {
		return nil, err
	}
	deadline, err := calendarpb.Due(workdays, start, req.GetRule(), pauses...)
	var beyond *fault.Fault
	if errors.As(err, &beyond) { // with every rule and pause, an earlier start helps
		return nil, fault.Invalid("start", beyond.Sentence)
	}
	return &networkv1.ComputeDeadlineResponse{Deadline: deadline}, err
}

// Current is the calendar with the newest version of every imported year.
func Current(ctx context.Context, tx db.DBTX) (*calendar.Calendar, error) {
	bodies, err := db.New(tx).LatestCalendarYears(ctx)
	if err != nil {
		return nil, err
	}
	years := make([]*networkv1.CalendarYear, len(bodies))
	for i, body := range bodies {
		if years[i], err = document.Decode[*networkv1.CalendarYear](body); err != nil {
			return nil, err
		}
	}
	return merge(years)
}

// cacheTTL is how long a source remembers the calendar: a notice comes once a year.
const cacheTTL = time.Minute

// Source reads the calendar from the service's own tables, no older than a minute.
func Source(book *record.Store) calendar.Source {
	return calendar.Cached(cacheTTL, book.Clock.Now,
		func(ctx context.Context) (*calendar.Calendar, error) { return Current(ctx, book) })
}
