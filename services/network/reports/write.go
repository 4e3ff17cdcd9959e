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
	return record.Act(ctx, s.store, req, s.lockVersion("write", (*lockedReport).writtenVersion, requireOwn), func(
		ctx context.Context, c *lockedReport,
	) (*networkv1.Report, error) {
		c.version.Parts = req.GetParts()
		scheme, err := s.directory.Scheme(ctx, c.actingUnit.GetName())
		if err != nil {
			return nil, err
		}
		return c.version, checkParts(scheme, req.GetParts())
	})
}

// checkParts checks what a unit writes against its scheme.
func checkParts(scheme *networkv1.Scheme, parts *networkv1.ReportParts) error {
	var faults fault.Fields
	for i, problem := range parts.GetProblems() {
		schemes.CheckKnown(&faults, fmt.Sprintf("parts.problems[%d].subject_area", i), problem.GetSubjectArea(), scheme.GetSubjectAreas())
	}
	return faults.Err()
}

// ComputeReport computes the tables from the tips as they are now.
func (s *Server) ComputeReport(ctx context.Context, req *networkv1.ComputeReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.store, req, s.lockVersion("compute", (*lockedReport).writtenVersion, requireOwn), func(
		ctx context.Context, c *lockedReport,
	) (*networkv1.Report, error) {
		c.version.ConfirmTime = nil
		return c.version, s.compute(ctx, c)
	})
}

// ConfirmReport records that the unit stands by its tables.
func (s *Server) ConfirmReport(ctx context.Context, req *networkv1.ConfirmReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.store, req, s.lockVersion("confirm", (*lockedReport).writtenVersion, requireOwn), func(
		_ context.Context, c *lockedReport,
	) (*networkv1.Report, error) {
		c.version.ConfirmTime = timestamppb.New(c.tx.Now())
		return c.version, nil
	})
}

// AmendReport opens the next version of what was submitted.
func (s *Server) AmendReport(ctx context.Context, req *networkv1.AmendReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.store, req, s.lockVersion("amend", (*lockedReport).currentVersion, requireOwn), func(
		_ context.Context, c *lockedReport,
	) (*networkv1.Report, error) {
		if c.draft != nil {
			return nil, fault.Precondition("HAS_DRAFT", "name", c.version.GetName(), "version", strconv.Itoa(int(c.draft.GetVersion())))
		}
		c.startDraft()
		c.draft.AmendReason = req.GetReason()
		c.toSave = []*networkv1.Report{c.draft} // the version that stands, and its etag, stay
		return c.draft, nil
	})
}
