package reports

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// SubmitReport sends a report up. Whoever repeats it, not knowing that it arrived or that a colleague has sent it, hears how the
// report stands.
func (s *Server) SubmitReport(ctx context.Context, req *networkv1.SubmitReportRequest) (*networkv1.Report, error) {
	report, err := s.act(ctx, req, "submit", written, requireOwn, func(ctx context.Context, c *lockedReport) error {
		if err := s.requireOver(ctx, c); err != nil {
			return err
		}
		c.version.Zero = false
		if err := c.requireReworked(); err != nil {
			return err
		}
		met, err := c.form.Completeness(c.version)
		if err != nil {
			return err
		}
		if err := c.form.CheckEntries(c.version); err != nil {
			return err
		}
		c.version.Completeness = met
		return s.submit(ctx, c, req.GetLateReason())
	})
	if err != nil {
		return s.submittedReport(ctx, req.GetName(), false, err)
	}
	return report, nil
}

// submittedReport is the report that stands where a refusal to send it is one to send it again, as a zero report or one of
// substance, and no other version is being written; else it is the refusal.
func (s *Server) submittedReport(ctx context.Context, name string, zero bool, refused error) (*networkv1.Report, error) {
	if !fault.HasCode(refused, codes.FailedPrecondition) {
		return nil, refused
	}
	row, err := s.findReport(ctx, name)
	if err != nil || row.SubmitOn.IsZero() || row.Draft != nil || row.Zero != zero {
		return nil, refused
	}
	return currentOf(row)
}

// SubmitZeroReport says in one call that there is nothing to report. Whoever repeats it, not knowing that it arrived or that a
// colleague has said so, hears how the report stands.
func (s *Server) SubmitZeroReport(
	ctx context.Context, req *networkv1.SubmitZeroReportRequest,
) (*networkv1.Report, error) {
	report, err := s.act(ctx, req, "submit_zero", written, requireOwn, func(ctx context.Context, c *lockedReport) error {
		if err := s.requireOver(ctx, c); err != nil {
			return err
		}
		if err := s.compute(ctx, c); err != nil {
			return err
		}
		if err := c.form.RequireZero(c.version); err != nil {
			return err
		}
		c.version.Zero = true
		if _, err := c.form.Completeness(c.version); err != nil {
			return err
		}
		c.version.ConfirmTime, c.version.Completeness = c.version.GetComputeTime(), nil
		return s.submit(ctx, c, req.GetLateReason())
	})
	if err != nil {
		return s.submittedReport(ctx, req.GetName(), true, err)
	}
	return report, nil
}

// submit makes the version acted on the one that stands. Whether the report came in time is judged once, by its first version;
// coming again after a return has a day of its own.
func (s *Server) submit(ctx context.Context, c *lockedReport, lateReason string) error {
	today := clock.Today(s.store.Clock)
	returned := c.lastReturn()
	due, err := c.due(returned)
	if err != nil {
		return err
	}
	late := !due.IsZero() && today.After(due)
	if late && strings.TrimSpace(lateReason) == "" {
		return fault.Invalid("late_reason", words.LateReason(due.String()))
	}
	now := timestamppb.New(c.tx.Now())
	switch {
	case returned != nil:
		returned.ComeAgainTime, returned.Late = now, late
		if late {
			returned.LateReason = lateReason
		}
	case late:
		c.version.Late, c.version.LateReason = true, lateReason
	}
	if err := s.fixDays(ctx, c); err != nil {
		return err
	}
	if c.row.SubmitOn.IsZero() {
		c.row.SubmitOn = today
	}
	c.version.SubmitTime = now
	if err := s.toFile(ctx, c); err != nil {
		return err
	}
	if err := s.notifyAbove(ctx, c); err != nil {
		return err
	}
	if err := c.notifySums(ctx); err != nil {
		return err
	}
	return c.promote(ctx)
}

// requireReworked refuses a report that comes again as it was sent back (J4). Where the suite computes all of it, its unit has
// nothing to write otherwise; and who has nothing to report may say so again.
func (c *lockedReport) requireReworked() error {
	returned, then := c.lastReturn(), c.current
	if returned == nil || !c.form.Written() || then.GetZero() {
		return nil
	}
	said := func(r *networkv1.Report) *networkv1.Report {
		return prose.GistOf(&networkv1.Report{Values: r.GetValues(), Tables: r.GetTables()})
	}
	if proto.Equal(said(c.version), said(then)) {
		return fault.Precondition(words.ReturnedUnchanged(returned.GetReason()))
	}
	return nil
}

// due is the last day on which the version that is sent now is in time; zero where there is none.
func (c *lockedReport) due(returned *networkv1.ReportReturn) (calendar.Date, error) {
	switch {
	case returned.GetDue() != nil:
		return calendar.ParseDate(returned.GetDue().GetDue())
	case c.row.SubmitOn.IsZero() && !c.row.Exempted:
		return c.row.CloseOn, nil
	}
	return calendar.Date{}, nil
}
