// Package schemes keeps how a body runs its network, as versioned data (H2, C3, C8, C10).
package schemes

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves SchemeService.
type Server struct {
	networkv1.UnsafeSchemeServiceServer

	book      *record.Book
	directory access.Directory
	queue     *jobs.Queue
}

// New makes the server.
func New(env service.Env) *Server {
	return &Server{book: env.Book, directory: env.Directory, queue: env.Queue}
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterSchemeServiceServer(r, s) }

// CreateScheme stores a scheme and has its schedules looked at.
func (s *Server) CreateScheme(ctx context.Context, req *networkv1.CreateSchemeRequest) (*networkv1.Scheme, error) {
	if err := checkScheme(req.GetScheme()); err != nil {
		return nil, err
	}
	return scheme.Create(ctx, s.book, req, req.GetScheme(), req.GetScheme(), s.follow)
}

// follow has the scheme's schedules looked at.
func (s *Server) follow(ctx context.Context, tx *record.Tx) error {
	return s.queue.Ask(ctx, tx, reports.OpenJob)
}

// GetEffectiveScheme finds the scheme that holds for a unit on a date.
func (s *Server) GetEffectiveScheme(
	ctx context.Context, req *networkv1.GetEffectiveSchemeRequest,
) (*networkv1.Scheme, error) {
	found := &networkv1.Scheme{}
	if err := scheme.Answer(ctx, s.book, s.directory, req, found); err != nil {
		return nil, err
	}
	return found, nil
}

// ListSchemes lists all versions.
func (s *Server) ListSchemes(ctx context.Context, req *networkv1.ListSchemesRequest) (*networkv1.ListSchemesResponse, error) {
	list, next, err := scheme.List[*networkv1.Scheme](ctx, s.book, req)
	if err != nil {
		return nil, err
	}
	return &networkv1.ListSchemesResponse{Schemes: list, NextPageToken: next}, nil
}

// checkScheme checks what the proto's rules can't say.
func checkScheme(s *networkv1.Scheme) error {
	var faults fault.Fields
	scheme.Unique(&faults, "scheme.subject_areas", s.GetSubjectAreas())
	scheme.Unique(&faults, "scheme.channels", s.GetChannels())
	scheme.Unique(&faults, "scheme.quality_criteria", s.GetQualityCriteria())
	scheme.Unique(&faults, "scheme.outcomes", s.GetOutcomes())
	scheme.Unique(&faults, "scheme.roles", s.GetRoles())
	scheme.Unique(&faults, "scheme.appointment_rules", s.GetAppointmentRules())
	scheme.Unique(&faults, "scheme.schedules", s.GetSchedules())
	scheme.Unique(&faults, "scheme.delegations", s.GetDelegations())
	scheme.Unique(&faults, "scheme.coverage_rules", s.GetCoverageRules())
	scheme.Unique(&faults, "scheme.unit_sorts", s.GetUnitSorts())
	scheme.Unique(&faults, "scheme.selection_criteria", s.GetSelectionCriteria())
	scheme.Unique(&faults, "scheme.training_forms", s.GetTrainingForms())
	scheme.Unique(&faults, "scheme.contact_kinds", s.GetContactKinds())
	scheme.Unique(&faults, "scheme.other_roles", s.GetOtherRoles())
	scheme.Unique(&faults, "scheme.inquiry_kinds", s.GetInquiryKinds())
	scheme.Unique(&faults, "scheme.channel_rules", s.GetChannelRules())
	for i, rule := range s.GetChannelRules() {
		scheme.Known(&faults, fmt.Sprintf("scheme.channel_rules[%d].id", i), rule.GetId(), s.GetChannels())
	}
	scheme.Unique(&faults, "scheme.attachment_rules.types", s.GetAttachmentRules().GetTypes())
	tips.CheckLimits(&faults, "scheme.tip_limits", s.GetTipLimits())
	for i, schedule := range s.GetSchedules() {
		reports.CheckSchedule(&faults, fmt.Sprintf("scheme.schedules[%d]", i), schedule)
		reports.CheckReminders(&faults, fmt.Sprintf("scheme.schedules[%d].reminders", i), schedule.GetReminders())
	}
	return faults.Err()
}
