// Package schemes keeps how a body runs its network, as versioned data (H2, C3, C8, C10).
package schemes

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves SchemeService.
type Server struct {
	networkv1.UnsafeSchemeServiceServer
	*schemeServer
}

type schemeServer = scheme.Server[
	*networkv1.Scheme, *networkv1.CreateSchemeRequest, *networkv1.GetEffectiveSchemeRequest,
	*networkv1.ListSchemesRequest, *networkv1.ListSchemesResponse,
]

// New makes the server, which has the schedules of a new scheme looked at.
func New(env service.Env) *Server {
	return &Server{schemeServer: &schemeServer{
		Store: env.Book, Directory: env.Directory,
		Check:  func(_ context.Context, s *networkv1.Scheme) error { return checkScheme(s) },
		Stored: func(ctx context.Context, tx *record.Tx) error { return env.Queue.Ask(ctx, tx, reports.OpenJob) },
	}}
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterSchemeServiceServer(r, s) }

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
