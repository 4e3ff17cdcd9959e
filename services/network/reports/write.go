package reports

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// WriteReport replaces what the unit writes itself, which must be of the form.
func (s *Server) WriteReport(ctx context.Context, req *networkv1.WriteReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "write", written, requireOwn, func(_ context.Context, c *lockedReport) error {
		c.version.Values = req.GetValues()
		if err := c.form.CheckValues(req.GetValues()); err != nil {
			return err
		}
		period, err := calendar.ParsePeriod(c.row.Period)
		if err != nil {
			return err
		}
		return c.form.CheckDays(req.GetValues(), period, c.tx.Today())
	})
}

// ComputeReport computes the tables as things are now.
func (s *Server) ComputeReport(ctx context.Context, req *networkv1.ComputeReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "compute", written, requireOwn, func(ctx context.Context, c *lockedReport) error {
		if len(c.form.Computed()) == 0 {
			return fault.Precondition(words.NothingComputed(titleOf(c.version), c.version.GetPeriod()))
		}
		c.version.ConfirmTime = nil
		return s.compute(ctx, c)
	})
}

// FillReportTable takes what a service has computed, whose name begins that of the computation.
func (s *Server) FillReportTable(ctx context.Context, req *networkv1.FillReportTableRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "fill", written, requireService, func(ctx context.Context, c *lockedReport) error {
		items := c.form.ComputedBy(req.GetComputation())
		if len(items) == 0 || !strings.HasPrefix(req.GetComputation(), access.PrincipalOf(ctx).Service+".") {
			return fault.Invalid("computation", words.NotComputed(req.GetComputation()))
		}
		c.version.ConfirmTime = nil
		for _, item := range items {
			table := c.form.Show(item, req.GetTable())
			if err := c.form.CheckTable("table", item, table); err != nil {
				return err
			}
			c.setTable(item.GetId(), table)
		}
		return nil
	})
}

// requireService lets every service act that may call at all: it speaks for no unit.
func requireService(context.Context, string, *networkv1.Unit) error { return nil }

// ConfirmReport records that the unit stands by its tables.
func (s *Server) ConfirmReport(ctx context.Context, req *networkv1.ConfirmReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "confirm", written, requireOwn, func(_ context.Context, c *lockedReport) error {
		if err := c.form.CheckComputed(c.version); err != nil {
			return err
		}
		c.version.ConfirmTime = timestamppb.New(c.tx.Now())
		return nil
	})
}

// AmendReport opens the next version of what was submitted.
func (s *Server) AmendReport(ctx context.Context, req *networkv1.AmendReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "amend", current, requireOwn, func(_ context.Context, c *lockedReport) error {
		if c.draft != nil {
			return fault.Precondition(words.HasDraft(titleOf(c.version), c.version.GetPeriod(),
				strconv.Itoa(int(c.draft.GetVersion()))))
		}
		c.startDraft()
		c.draft.AmendReason = req.GetReason()
		c.version, c.toSave = c.draft, []*networkv1.Report{c.draft} // the version that stands, and its etag, stay
		return nil
	})
}
