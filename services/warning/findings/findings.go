// Package findings keeps what stood out in the tips of a period: what meets the ladder, and what emerges, tends and spreads
// (C12, X4); and what the risk register finds wrong (T11, T16). Analyses make them, or deficiencies; each is handled: what a
// unit can solve it solves and records, the rest goes up (C15), leads to a warning or, where the problem recurs, to a referral,
// or is set aside with a reason.
package findings

import (
	"context"

	"google.golang.org/grpc"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
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
	calendar  calendar.Source
}

type change = collection.Change[*warningv1.Finding]

// readPermission lets read findings.
const readPermission = "warning.analyses.read"

// New makes the server.
func New(env service.Env) *Server {
	s := &Server{findings: collectionOf(env.Store), directory: env.Directory, calendar: env.Calendar}
	env.Followers.Add(s.handover().Follow)
	return s
}

func collectionOf(store *record.Store) collection.Collection[*warningv1.Finding] {
	return collection.Collection[*warningv1.Finding]{Store: store, Table: "findings", Life: Lifecycle, Newest: true}
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
		collection.WhereSet("source = ?", req.GetSource()),
	}
	if req.GetWholeUnit() {
		filters = append(filters, collection.Where("subject_area = ''"))
	}
	if req.GetRecurring() {
		filters = append(filters, collection.Where("recurring"))
	}
	filters = append(filters, collection.InEnum("state", req.GetStates()))
	if req.GetToHandle() {
		unit := access.Path(access.Target(ctx))
		filters = append(filters, collection.Where(toHandle, unit, unit))
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("due_on < ?", clock.Today(s.findings.Store.Clock)))
	}
	list, next, err := told.List(ctx, req, filters...)
	return &warningv1.ListFindingsResponse{Findings: list, NextPageToken: next}, err
}

// toHandle finds what a unit, whose path it is given twice, is to handle itself. What acts for a finder is looked up where that
// has ended alone.
const toHandle = `state IN ('FINDING_STATE_OPEN', 'FINDING_STATE_PASSED_UP')
	AND CASE WHEN unit_id IN (SELECT e.unit_id FROM ended_units e) THEN handling_path(unit_path, levels_up) = ?::ltree
		ELSE greatest(nlevel(unit_path) - levels_up, 1) = nlevel(?::ltree) END`

// told is the findings as the caller is told of them.
func (s *Server) told(ctx context.Context) (*collection.Collection[*warningv1.Finding], error) {
	mayRead, err := MayReadTips(ctx, s.directory)
	told := s.findings
	told.Show = func(_ context.Context, c *change) {
		c.Record.HandlingUnit = handlerOf(c)
		c.Record.Explanation = explain(c.Record, mayRead)
		if !mayRead {
			floor(c.Record)
		}
	}
	return &told, err
}

// Owners are the findings as owners of attachments, by the rules of the scheme that each was made by. Who may not read findings
// reads none of their files.
func (s *Server) Owners() attachments.Owners {
	owned := s.findings
	owned.Reach = func(ctx context.Context, c *change) error {
		may, err := access.Holds(ctx, s.directory, readPermission)
		if err != nil {
			return err
		}
		if !may {
			return fault.NotFound(c.Record.GetName())
		}
		return access.Require(ctx, c.UnitPath, c.Record.GetName())
	}
	return attachments.OwnedBy(owned, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &warningv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}
