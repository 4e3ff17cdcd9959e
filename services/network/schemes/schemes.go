// Package schemes keeps how a body runs its network, as versioned data (H2, C3, C8, C10).
package schemes

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
)

// Server serves SchemeService.
type Server struct {
	networkv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*networkv1.Scheme, *networkv1.CreateSchemeRequest, *networkv1.GetEffectiveSchemeRequest,
	*networkv1.ListSchemesRequest, *networkv1.ListSchemesResponse,
]

// New makes the server, which has the schedules of a new scheme looked at.
func New(env service.Env) *Server {
	return &Server{genericServer: &genericServer{
		Store: env.Store, Directory: env.Directory,
		Check:      func(ctx context.Context, s *networkv1.Scheme) error { return checkScheme(ctx, env.Directory, s) },
		MayReplace: reports.MayReplace,
		Stored: func(ctx context.Context, tx *record.Tx) error {
			return env.Queue.Enqueue(ctx, tx.Postgres, reports.OpenReportsJob)
		},
	}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterSchemeServiceServer(r, s) }

// checkScheme checks what the proto's rules can't say.
func checkScheme(ctx context.Context, directory access.Directory, s *networkv1.Scheme) error {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.subject_areas", s.GetSubjectAreas())
	schemes.CheckUnique(&faults, "scheme.channels", s.GetChannels())
	schemes.CheckUnique(&faults, "scheme.quality_criteria", s.GetQualityCriteria())
	schemes.CheckUnique(&faults, "scheme.outcomes", s.GetOutcomes())
	schemes.CheckUnique(&faults, "scheme.roles", s.GetRoles())
	if err := checkPermissions(ctx, directory, &faults, s); err != nil {
		return err
	}
	schemes.CheckUnique(&faults, "scheme.appointment_rules", s.GetAppointmentRules())
	schemes.CheckUnique(&faults, "scheme.schedules", s.GetSchedules())
	schemes.CheckUnique(&faults, "scheme.delegations", s.GetDelegations())
	schemes.CheckUnique(&faults, "scheme.coverage_rules", s.GetCoverageRules())
	schemes.CheckUnique(&faults, "scheme.unit_sorts", s.GetUnitSorts())
	checkSelectionCriteria(&faults, s)
	schemes.CheckUnique(&faults, "scheme.training_forms", s.GetTrainingForms())
	schemes.CheckUnique(&faults, "scheme.contact_kinds", s.GetContactKinds())
	schemes.CheckUnique(&faults, "scheme.other_roles", s.GetOtherRoles())
	schemes.CheckUnique(&faults, "scheme.inquiry_kinds", s.GetInquiryKinds())
	schemes.CheckUnique(&faults, "scheme.channel_rules", s.GetChannelRules())
	for i, rule := range s.GetChannelRules() {
		schemes.CheckKnown(&faults, fmt.Sprintf("scheme.channel_rules[%d].id", i), rule.GetId(), s.GetChannels())
	}
	attachments.CheckRules(&faults, "scheme.attachment_rules", s.GetAttachmentRules())
	limits.CheckLeeway(&faults, "scheme.tip_limits.close_leeway", s.GetTipLimits().GetCloseLeeway())
	reports.CheckForms(&faults, "scheme.report_forms", s)
	for i, schedule := range s.GetSchedules() {
		reports.CheckSchedule(&faults, fmt.Sprintf("scheme.schedules[%d]", i), schedule, s)
		reminders.Check(&faults, fmt.Sprintf("scheme.schedules[%d].reminders", i), schedule.GetReminders())
		reminders.Check(&faults, fmt.Sprintf("scheme.schedules[%d].filing_reminders", i), schedule.GetFilingReminders())
	}
	return faults.Err()
}

// checkSelectionCriteria checks that nobody can be appointed without having been selected: every type of officer that is
// appointed has a mandatory criterion (C6).
func checkSelectionCriteria(faults *fault.Fields, s *networkv1.Scheme) {
	const field = "scheme.selection_criteria"
	schemes.CheckUnique(faults, field, s.GetSelectionCriteria())
	appointed := map[networkv1.OfficerType]bool{}
	for _, rule := range s.GetAppointmentRules() {
		for _, kind := range rule.GetOfficerTypes() {
			appointed[kind] = true
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(appointed)) {
		if !slices.ContainsFunc(s.GetSelectionCriteria(), func(c *networkv1.SelectionCriterion) bool {
			return c.GetMandatory() && (len(c.GetOfficerTypes()) == 0 || slices.Contains(c.GetOfficerTypes(), kind))
		}) {
			faults.Add(field, words.MandatoryCriterion(kind.String()))
		}
	}
}

// checkPermissions refuses permissions that no RPC asks for, whose roles would be locked out, and those that the caller has not
// got and the role had not before.
func checkPermissions(ctx context.Context, directory access.Directory, faults *fault.Fields, s *networkv1.Scheme) error {
	held, err := directory.Scheme(ctx, s.GetUnit())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	for i, role := range s.GetRoles() {
		before, _ := schemes.Find(held.GetRoles(), role.GetId())
		if role.GetAlongSystemLine() && !before.GetAlongSystemLine() && access.RequireWhole(ctx, directory) != nil {
			faults.Add(fmt.Sprintf("scheme.roles[%d].along_system_line", i), words.WholeInstanceRole())
		}
		for j, permission := range role.GetPermissions() {
			field := fmt.Sprintf("scheme.roles[%d].permissions[%d]", i, j)
			if !access.IsPermission(permission) {
				faults.Add(field, words.UnknownPermission(permission))
				continue
			}
			if slices.Contains(before.GetPermissions(), permission) {
				continue
			}
			may, err := access.Holds(ctx, directory, permission)
			if err != nil {
				return err
			}
			if !may {
				faults.Add(field, words.PermissionNotHeld(permission))
			}
		}
	}
	return nil
}
