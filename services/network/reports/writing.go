package reports

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// WriteReport replaces what the unit writes itself.
func (s *Server) WriteReport(ctx context.Context, req *networkv1.WriteReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("write", (*change).written, own), func(
		ctx context.Context, c *change,
	) (*networkv1.Report, error) {
		c.version.Parts = req.GetParts()
		held, err := s.directory.Scheme(ctx, c.actor.GetName())
		if err != nil {
			return nil, err
		}
		return c.version, checkParts(held, req.GetParts())
	})
}

// checkParts checks what a unit writes against its scheme.
func checkParts(held *networkv1.Scheme, parts *networkv1.ReportParts) error {
	var faults fault.Fields
	for i, problem := range parts.GetProblems() {
		schemes.Known(&faults, fmt.Sprintf("parts.problems[%d].subject_area", i), problem.GetSubjectArea(), held.GetSubjectAreas())
	}
	return faults.Err()
}

// ComputeReport computes the tables from the tips as they are now.
func (s *Server) ComputeReport(ctx context.Context, req *networkv1.ComputeReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("compute", (*change).written, own), func(
		ctx context.Context, c *change,
	) (*networkv1.Report, error) {
		c.version.ConfirmTime = nil
		return c.version, s.compute(ctx, c)
	})
}

// ConfirmReport records that the unit stands by its tables.
func (s *Server) ConfirmReport(ctx context.Context, req *networkv1.ConfirmReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("confirm", (*change).written, own), func(
		_ context.Context, c *change,
	) (*networkv1.Report, error) {
		c.version.ConfirmTime = timestamppb.New(c.tx.Now())
		return c.version, nil
	})
}

// AmendReport opens the next version of what was submitted.
func (s *Server) AmendReport(ctx context.Context, req *networkv1.AmendReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("amend", (*change).stands, own), func(
		_ context.Context, c *change,
	) (*networkv1.Report, error) {
		if c.draft != nil {
			return nil, fault.Precondition("DRAFT_OPEN", "name", c.version.GetName(), "version", strconv.Itoa(int(c.draft.GetVersion())))
		}
		c.open()
		c.draft.AmendReason = req.GetReason()
		c.kept = []*networkv1.Report{c.draft} // the version that stands, and its etag, stay
		return c.draft, nil
	})
}
