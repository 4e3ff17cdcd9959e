// Package findings keeps what stood out in the tips of a period: what meets the ladder, and what emerges, tends and spreads (C12,
// X4). Analyses make them; each may lead to a warning or, where the problem recurs, to a referral.
package findings

import (
	"context"

	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves FindingService.
type Server struct {
	warningv1.UnsafeFindingServiceServer

	findings  collection.Collection[*warningv1.Finding]
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{findings: collectionOf(env.Store), directory: env.Directory}
}

func collectionOf(store *record.Store) collection.Collection[*warningv1.Finding] {
	return collection.Collection[*warningv1.Finding]{Store: store, Table: "findings", Newest: true}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterFindingServiceServer(r, s) }

// GetFinding reads one finding.
func (s *Server) GetFinding(ctx context.Context, req *warningv1.GetFindingRequest) (*warningv1.Finding, error) {
	told, err := s.told(ctx)
	if err != nil {
		return nil, err
	}
	return told.Get(ctx, req.GetName())
}

// ListFindings lists what the units of a subtree found.
func (s *Server) ListFindings(ctx context.Context, req *warningv1.ListFindingsRequest) (*warningv1.ListFindingsResponse, error) {
	var faults fault.Fields
	for _, f := range []struct {
		field, list string
		ids         []string
	}{
		{"finding_classes", "findingClasses", req.GetFindingClasses()},
		{"warning_levels", "warningLevels", req.GetWarningLevels()},
	} {
		if err := schemes.CheckFilter(ctx, s.findings.Store, &faults, f.field, f.list, f.ids...); err != nil {
			return nil, err
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	told, err := s.told(ctx)
	if err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.WhereSet("about_id = ?", resource.ID(req.GetAboutUnit())),
		collection.WhereSet("subject_area = ?", req.GetSubjectArea()),
		collection.WhereSet("period = ?", req.GetPeriod()),
		collection.In("finding_class", req.GetFindingClasses()), collection.In("warning_level", req.GetWarningLevels()),
	}
	if req.GetRecurring() {
		filters = append(filters, collection.Where("recurring"))
	}
	list, next, err := told.List(ctx, req, filters...)
	return &warningv1.ListFindingsResponse{Findings: list, NextPageToken: next}, err
}

// told is the findings as the caller is told of them.
func (s *Server) told(ctx context.Context) (*collection.Collection[*warningv1.Finding], error) {
	mayRead, err := MayReadTips(ctx, s.directory)
	told := s.findings
	told.Show = func(_ context.Context, c *collection.Change[*warningv1.Finding]) {
		c.Record.Explanation = explain(c.Record, mayRead)
		if !mayRead {
			floor(c.Record)
		}
	}
	return &told, err
}

// Find reads a finding that the caller reaches, for the rules of a warning.
func Find(ctx context.Context, tx *record.Tx, name string) (*warningv1.Finding, error) {
	findings := collectionOf(nil)
	found, err := findings.Find(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	return found.Record, nil
}

// FindOwn finds a finding that a record names, which the record's unit has made; otherwise it notes a fault and finds nil.
func FindOwn[O collection.Record](
	ctx context.Context, of *collection.Change[O], faults *fault.Fields, field, name string,
) (*warningv1.Finding, error) {
	findings := collectionOf(nil)
	found, err := collection.FindOwn(ctx, &findings, of, faults, field, name)
	if found == nil {
		return nil, err
	}
	return found.Record, err
}
