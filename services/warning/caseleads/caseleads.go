// Package caseleads hands case leads from one unit to the next, with a chain of custody that says who had which one when, and
// what it was (C17, ADR 053). What a lead says is sealed and read by the unit that has it alone; the unit that it is about,
// what lies below that and what acts for it find no such lead.
package caseleads

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves CaseLeadService.
type Server struct {
	warningv1.UnsafeCaseLeadServiceServer

	leads     collection.Collection[*warningv1.CaseLead]
	directory access.Directory
	known     access.Directory // as it was a moment ago, for lists
	calendar  calendar.Source
	sealer    *sealing.Sealer
}

type (
	change = collection.Change[*warningv1.CaseLead]
	rule   = collection.Rule[*warningv1.CaseLead]
)

// permission is that of all who have to do with case leads.
const permission = "warning.case_leads.handle"

// Columns beside the body.
const (
	holderPath  = "holder_path"
	offeredPath = "offered_path"
	aboutPath   = "about_path"
	// Read alone: where those stand that act for these units.
	actingHolder  = "acting_path(holder_path)"
	actingOffered = "acting_path(offered_path)"
	actingAbout   = "acting_path(about_path)"
	// Found by settle.
	actingOpener = "acting_opener"
)

// New makes the server.
func New(env service.Env) *Server {
	s := &Server{directory: access.Uncached(env.Directory), known: env.Directory, calendar: env.Calendar, sealer: env.Leads}
	s.leads = collection.Collection[*warningv1.CaseLead]{
		Store: env.Store, Table: "case_leads", Life: Lifecycle, Reach: s.reach, Show: s.show, Newest: true,
		Beside: []string{holderPath, offeredPath, aboutPath}, Derived: []string{actingHolder, actingOffered, actingAbout},
	}
	env.Followers.Add(s.handover().Follow)
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterCaseLeadServiceServer(r, s) }

// GetCaseLead reads one case lead, without its content.
func (s *Server) GetCaseLead(ctx context.Context, req *warningv1.GetCaseLeadRequest) (*warningv1.CaseLead, error) {
	return s.leads.Get(ctx, req.GetName())
}

// ListCaseLeads lists the case leads that units of a subtree opened, have or are offered, but those that are about the caller's
// unit or one above it.
func (s *Server) ListCaseLeads(
	ctx context.Context, req *warningv1.ListCaseLeadsRequest,
) (*warningv1.ListCaseLeadsResponse, error) {
	line, err := s.callerLine(ctx)
	if err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.Under("unit_path", holderPath, offeredPath),
		collection.Where("nlevel("+actingAbout+") = 1 OR subpath("+actingAbout+", -1)::text <> ALL (?::text[])", line),
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()),
		collection.WhereSet("about_id = ?", resource.ID(req.GetAbout())),
		collection.WhereSet("finding = ?", req.GetFinding()), collection.WhereSet("warning = ?", req.GetWarning()),
	}
	if req.GetOffered() {
		filters = append(filters, collection.Under(offeredPath), collection.InEnum("state", []warningv1.CaseLeadState{offered}))
	}
	if req.GetOverdue() {
		today := clock.Today(s.leads.Store.Clock)
		filters = append(filters, collection.Where("due_on < ? OR answer_due_on < ?", today, today))
	}
	list, next, err := s.leads.List(ctx, req, filters...)
	return &warningv1.ListCaseLeadsResponse{CaseLeads: list, NextPageToken: next}, err
}

// show says who acts for the holder, and takes from a lead what a unit that it is only offered to is not told. Of a list, which
// is settled by nobody, the line above the holder is asked for here; where it is not to be had, nothing is said.
func (s *Server) show(ctx context.Context, c *change) {
	if openerOf(c) == "" {
		c.Beside[actingOpener] = strings.Join(c.Units(), ".")
		c.Beside[actingHolder], _ = apart(ctx, s.known, c, holderOf(c))
	}
	c.Record.HoldingUnit = pathUnit(holderOf(c))
	if isParty(ctx, c) {
		return
	}
	l := c.Record
	l.Finding, l.Warning, l.FindingTakenUp, l.Offers, l.Custody = "", "", false, nil, nil
}

// Owners are the case leads as owners of attachments, by the rules of the scheme version that each goes by. Who has a lead,
// with the permission, reads and adds files; for everybody else there are none.
func (s *Server) Owners() attachments.Owners {
	owned := s.leads
	owned.Reach = func(ctx context.Context, c *change) error {
		may, err := access.Holds(ctx, s.directory, permission)
		if err != nil {
			return err
		}
		if err := s.reach(ctx, c); err != nil {
			return err
		}
		if !may || c.Record.GetFiling() != nil || isHolder(ctx, c) != nil {
			return fault.NotFound(c.Record.GetName())
		}
		return nil
	}
	return attachments.OwnedBy(owned, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &warningv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}
