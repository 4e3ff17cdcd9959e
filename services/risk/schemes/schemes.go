// Package schemes keeps how a body searches and grades its risks, as versioned data (J2, J3, T3).
package schemes

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
)

// Server serves SchemeService.
type Server struct {
	riskv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*riskv1.Scheme, *riskv1.CreateSchemeRequest, *riskv1.GetEffectiveSchemeRequest,
	*riskv1.ListSchemesRequest, *riskv1.ListSchemesResponse,
]

// New makes the server.
func New(env service.Env) *Server {
	check := func(ctx context.Context, s *riskv1.Scheme) error {
		network, err := access.Uncached(env.Directory).Scheme(ctx, s.GetUnit())
		if err != nil && !fault.IsNotFound(err) {
			return err
		}
		return checkScheme(s, network)
	}
	return &Server{genericServer: &genericServer{Store: env.Store, Directory: env.Directory, Check: check}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterSchemeServiceServer(r, s) }

// checkScheme checks what the proto's rules can't say. Roles are those of the network scheme that holds for the unit.
func checkScheme(s *riskv1.Scheme, network *networkv1.Scheme) error {
	var faults fault.Fields
	schemes.CheckUnique(&faults, "scheme.ranks", s.GetRanks())
	schemes.CheckUnique(&faults, "scheme.tiers", s.GetTiers())
	schemes.CheckUnique(&faults, "scheme.power_kinds", s.GetPowerKinds())
	checkStages(&faults, "scheme.power_review", s.GetPowerReview(), network, s.GetUnit())
	checkStages(&faults, "scheme.point_review", s.GetPointReview(), network, s.GetUnit())
	schemes.CheckUnique(&faults, "scheme.problems", s.GetProblems())
	schemes.CheckUnique(&faults, "scheme.categories", s.GetCategories())
	schemes.CheckUnique(&faults, "scheme.search_aspects", s.GetSearchAspects())
	schemes.CheckUnique(&faults, "scheme.search_methods", s.GetSearchMethods())
	schemes.CheckUnique(&faults, "scheme.search_sources", s.GetSearchSources())
	schemes.CheckUnique(&faults, "scheme.causes", s.GetCauses())
	schemes.CheckUnique(&faults, "scheme.control_stages", s.GetControlStages())
	grading.Check(&faults, s)
	for i, grade := range s.GetGrades() {
		inspected := fmt.Sprintf("scheme.grades[%d].inspection_schedules", i)
		schemes.CheckAllKnown(&faults, inspected, grade.GetInspectionSchedules(), network.GetSchedules())
		if rank := grade.GetOwnerRank(); rank != "" {
			schemes.CheckKnown(&faults, fmt.Sprintf("scheme.grades[%d].owner_rank", i), rank, s.GetRanks())
		}
	}
	checkControls(&faults, s)
	checkDeficiencies(&faults, s)
	schemes.CheckUnique(&faults, "scheme.check_kinds", s.GetCheckKinds())
	for i, kind := range s.GetCheckKinds() {
		schemes.CheckUnique(&faults, fmt.Sprintf("scheme.check_kinds[%d].filing.filed_with", i), kind.GetFiling().GetFiledWith())
	}
	reminders.Check(&faults, "scheme.check_reminders", s.GetCheckReminders())
	reminders.Check(&faults, "scheme.redo_reminders", s.GetRedoReminders())
	reminders.Check(&faults, "scheme.study_reminders", s.GetStudyReminders())
	reminders.Check(&faults, "scheme.judging.reminders", s.GetJudging().GetReminders())
	reminders.Check(&faults, "scheme.comment_reminders", s.GetCommentReminders())
	publications.CheckKinds(&faults, s.GetPublicationKinds())
	checkOpenness(&faults, s, network)
	schemes.CheckUnique(&faults, "scheme.comments.places", s.GetComments().GetPlaces())
	schemes.CheckUnique(&faults, "scheme.comment_media", s.GetCommentMedia())
	checkAsked(&faults, s)
	checkCampaigns(&faults, s, network)
	for i, rule := range s.GetRegistrations() {
		sorts := fmt.Sprintf("scheme.registrations[%d].unit_sorts", i)
		schemes.CheckAllKnown(&faults, sorts, rule.GetUnitSorts(), network.GetUnitSorts())
	}
	checkDecisions(&faults, s)
	checkAppointments(&faults, s)
	attachments.CheckRules(&faults, "scheme.attachment_rules", s.GetAttachmentRules())
	return faults.Err()
}

// checkStages wants stages apart, and roles that somebody can have.
func checkStages(faults *fault.Fields, field string, stages []*riskv1.ReviewStage, network *networkv1.Scheme, unit string) {
	schemes.CheckUnique(faults, field, stages)
	for i, stage := range stages {
		schemes.CheckRoles(faults, fmt.Sprintf("%s[%d].roles", field, i), stage.GetRoles(), network, unit)
	}
}

// checkOpenness wants what units must open to be of kinds that the scheme has, by sorts of units that there are (T19).
func checkOpenness(faults *fault.Fields, s *riskv1.Scheme, network *networkv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.openness", s.GetOpenness())
	for i, rule := range s.GetOpenness() {
		at := fmt.Sprintf("scheme.openness[%d].", i)
		schemes.CheckKnown(faults, at+"publication_kind", rule.GetPublicationKind(), s.GetPublicationKinds())
		schemes.CheckAllKnown(faults, at+"unit_sorts", rule.GetUnitSorts(), network.GetUnitSorts())
	}
	reminders.Check(faults, "scheme.openness_reminders", s.GetOpennessReminders())
}

// checkAsked checks the rules that ask something of the holders of positions (T5, T10, T18).
func checkAsked(faults *fault.Fields, s *riskv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.commitments", s.GetCommitments())
	for i, rule := range s.GetCommitments() {
		at := fmt.Sprintf("scheme.commitments[%d].", i)
		checkSelector(faults, at+"positions", rule.GetPositions(), s)
		schemes.CheckAllKnown(faults, at+"counterpart_ranks", rule.GetCounterpartRanks(), s.GetRanks())
	}
	reminders.Check(faults, "scheme.commitment_reminders", s.GetCommitmentReminders())
	schemes.CheckUnique(faults, "scheme.leader_duties", s.GetLeaderDuties())
	for i, duty := range s.GetLeaderDuties() {
		checkSelector(faults, fmt.Sprintf("scheme.leader_duties[%d].positions", i), duty.GetPositions(), s)
	}
	schemes.CheckUnique(faults, "scheme.rotations", s.GetRotations())
	for i, rule := range s.GetRotations() {
		at := fmt.Sprintf("scheme.rotations[%d].", i)
		checkSelector(faults, at+"positions", rule.GetPositions(), s)
		if rule.GetNoticeMonths() >= rule.GetMonths() {
			faults.Add(at+"notice_months", words.NoticeLong())
		}
	}
	reminders.Check(faults, "scheme.rotation_reminders", s.GetRotationReminders())
}

// checkSelector wants a rule to be about positions of ranks, tiers and grades that the scheme has.
func checkSelector(faults *fault.Fields, field string, asked *riskv1.PositionSelector, s *riskv1.Scheme) {
	schemes.CheckAllKnown(faults, field+".ranks", asked.GetRanks(), s.GetRanks())
	schemes.CheckAllKnown(faults, field+".tiers", asked.GetTiers(), s.GetTiers())
	schemes.CheckAllKnown(faults, field+".grades", asked.GetGrades(), s.GetGrades())
}
