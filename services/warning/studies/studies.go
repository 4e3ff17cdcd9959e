// Package studies has key information and the posts and steps where danger lies studied by panels of experts: who is invited,
// which conflicts of interest they declare, their opinions, and the conclusion of the unit that asks them (V2).
package studies

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
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

// Permissions of the staff of a unit that studies, and of whoever reads what it does.
const (
	handling = "warning.handle"
	reading  = "warning.read"
)

// maxExperts is how many experts a study invites at most.
const maxExperts = 20

// Server serves StudyService.
type Server struct {
	warningv1.UnsafeStudyServiceServer

	store       *record.Store
	studies     collection.Collection[*warningv1.Study]
	invitations collection.Collection[*warningv1.StudyInvitation]
	directory   access.Directory
	calendar    calendar.Source
	inquiries   networkv1.InquiryServiceClient
	positions   riskv1.PositionServiceClient
	riskPoints  riskv1.RiskPointServiceClient
}

type (
	change     = collection.Change[*warningv1.Study]
	invitation = collection.Change[*warningv1.StudyInvitation]
)

// Columns beside the body.
const (
	expertPath = "expert_path" // of the expert's unit; empty for who is from outside
	// endedSubjects are the ids of the units that act for units studied which have ended; read alone.
	endedSubjects = `(SELECT coalesce(string_agg(subpath(acting_path(e.path), -1)::text, ' '), '') FROM ended_units e
		WHERE e.unit_id IN (SELECT split_part(s, '/', 2) FROM jsonb_array_elements_text(subject_units) AS s))`
	// notStudied are the studies that are not about a unit or one it acts for.
	notStudied = `NOT jsonb_exists_any(subject_units,
		ARRAY(SELECT 'units/' || unit_id FROM acted_for(ARRAY[?::text], 'infinity')))`
	// askedOpen are the officers asked for the same study while that is open; read alone.
	askedOpen = `(SELECT coalesce(string_agg(o.officer, ' '), '') FROM study_invitations o JOIN studies s
		ON s.region = split_part(split_part(o.study, '/', 2), '-', 1) AND s.key = substr(o.study, strpos(o.study, '-') + 1)
		WHERE o.study = study_invitations.study AND s.state = 'STUDY_STATE_OPEN')`
	actingExpert = "coalesce(acting_path(expert_path)::text, '')" // read alone
)

// New makes the server.
func New(env service.Env) *Server {
	network, risk := env.Dial("network"), env.Dial("risk")
	s := &Server{
		store: env.Store,
		studies: collection.Collection[*warningv1.Study]{
			Store: env.Store, Table: "studies", Life: Lifecycle, Reach: reach, Newest: true, Derived: []string{endedSubjects},
		},
		directory: access.Uncached(env.Directory), calendar: env.Calendar,
		inquiries: networkv1.NewInquiryServiceClient(network),
		positions: riskv1.NewPositionServiceClient(risk), riskPoints: riskv1.NewRiskPointServiceClient(risk),
	}
	s.invitations = collection.Collection[*warningv1.StudyInvitation]{
		Store: env.Store, Table: "study_invitations", Life: InvitationLifecycle, Reach: s.reachInvitation, Newest: true,
		Beside: []string{expertPath}, Derived: []string{endedSubjects, actingExpert, askedOpen},
	}
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterStudyServiceServer(r, s) }

// reach lets those see a study who reach the unit that studies, save a unit studied that has become its successor.
func reach(ctx context.Context, c *change) error {
	if isSubject(c.Record.GetSubjectUnits(), c.Beside[endedSubjects], access.PrincipalOf(ctx).Unit) {
		return fault.NotFound(c.Record.GetName())
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}

// reachInvitation lets those see an invitation who are invited, and those who may read the study; but nobody the others' while
// they are asked themselves, and the study is open.
func (s *Server) reachInvitation(ctx context.Context, c *invitation) error {
	caller := access.PrincipalOf(ctx)
	if caller.Officer != "" && caller.Officer == c.Record.GetExpert().GetOfficer() {
		access.MarkReached(ctx)
		return nil
	}
	asked := caller.Officer != "" && slices.Contains(strings.Fields(c.Beside[askedOpen]), caller.Officer)
	if asked || isSubject(c.Record.GetSubjectUnits(), c.Beside[endedSubjects], caller.Unit) {
		return fault.NotFound(c.Record.GetName())
	}
	reads, err := access.Holds(ctx, s.directory, reading)
	switch {
	case err != nil:
		return err
	case !reads:
		return fault.NotFound(c.Record.GetName())
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}

// isSubject tells whether a unit is studied, or acts for one that is and has ended.
func isSubject(subjects []string, ended, unit string) bool {
	return slices.Contains(subjects, unit) || slices.Contains(strings.Fields(ended), resource.ID(unit))
}

// Owners are the studies as owners of attachments, by the rules of the scheme version that each goes by.
func (s *Server) Owners() attachments.Owners {
	return attachments.OwnedBy(s.studies, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &warningv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}

// GetStudy reads one study with its experts. Who is one of them learns nothing of the others while it is open.
func (s *Server) GetStudy(ctx context.Context, req *warningv1.GetStudyRequest) (*warningv1.Study, error) {
	study, err := s.studies.Get(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	study.Experts, err = s.invitations.First(ctx, maxExperts, collection.Where("study = ?", study.GetName()))
	officer := access.PrincipalOf(ctx).Officer
	isOne := func(i *warningv1.StudyInvitation) bool { return i.GetExpert().GetOfficer() == officer }
	if study.GetState() == open && officer != "" && slices.ContainsFunc(study.GetExperts(), isOne) {
		study.Experts = slices.DeleteFunc(study.GetExperts(), func(i *warningv1.StudyInvitation) bool { return !isOne(i) })
	}
	return study, err
}

// ListStudies lists the studies of a subtree.
func (s *Server) ListStudies(ctx context.Context, req *warningv1.ListStudiesRequest) (*warningv1.ListStudiesResponse, error) {
	filters := []collection.Filter{
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()),
		collection.WhereSet("subject_units @> to_jsonb(?::text)", req.GetSubjectUnit()),
		collection.WhereSet("findings @> to_jsonb(?::text)", req.GetFinding()),
		collection.WhereSet("inquiries @> to_jsonb(?::text)", req.GetInquiry()),
		collection.Where(notStudied, resource.ID(access.PrincipalOf(ctx).Unit)), // as reach
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("owed_on < ?", clock.Today(s.store.Clock)))
	}
	list, next, err := s.studies.List(ctx, req, filters...)
	return &warningv1.ListStudiesResponse{Studies: list, NextPageToken: next}, err
}

// GetStudyInvitation reads one invitation.
func (s *Server) GetStudyInvitation(
	ctx context.Context, req *warningv1.GetStudyInvitationRequest,
) (*warningv1.StudyInvitation, error) {
	return s.invitations.Get(ctx, req.GetName())
}

// ListStudyInvitations lists what the officer whom the caller's token was made for is invited to.
func (s *Server) ListStudyInvitations(
	ctx context.Context, req *warningv1.ListStudyInvitationsRequest,
) (*warningv1.ListStudyInvitationsResponse, error) {
	list, next, err := s.invitations.List(ctx, req,
		collection.Wherever("officer = ?", access.PrincipalOf(ctx).Officer), collection.Where("officer <> ''"),
		collection.InEnum("state", req.GetStates()))
	return &warningv1.ListStudyInvitationsResponse{StudyInvitations: list, NextPageToken: next}, err
}
