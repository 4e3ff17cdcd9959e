// Package schemes keeps how a body warns, as versioned data: the ladder of warning levels, their criteria, approvals and forms
// with their steps (C11, T6).
package schemes

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
)

// Server serves SchemeService.
type Server struct {
	warningv1.UnsafeSchemeServiceServer
	*genericServer
}

type genericServer = schemes.Server[
	*warningv1.Scheme, *warningv1.CreateSchemeRequest, *warningv1.GetEffectiveSchemeRequest,
	*warningv1.ListSchemesRequest, *warningv1.ListSchemesResponse,
]

// New makes the server. It has analysed what a new scheme asks for.
func New(env service.Env) *Server {
	ask := askRisk(riskv1.NewSchemeServiceClient(env.Dial("risk")))
	return &Server{genericServer: &genericServer{
		Store: env.Store, Directory: env.Directory,
		Check: func(ctx context.Context, s *warningv1.Scheme) error {
			return checkScheme(ctx, access.Uncached(env.Directory), ask.of(ctx, s), s)
		},
		Stored: func(ctx context.Context, tx *record.Tx) error {
			return env.Queue.Enqueue(ctx, tx.Postgres, analyses.PeriodJob)
		},
	}}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterSchemeServiceServer(r, s) }

// checkScheme checks what the proto's rules can't say.
func checkScheme(ctx context.Context, directory access.Directory, asked register, s *warningv1.Scheme) error {
	var faults fault.Fields
	network, err := directory.Scheme(ctx, s.GetUnit())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	schemes.CheckUnique(&faults, "scheme.warning_levels", s.GetWarningLevels())
	attachments.CheckRules(&faults, "scheme.attachment_rules", s.GetAttachmentRules())
	checkClasses(&faults, s)
	for i, rule := range s.GetAnalysisRules() {
		field := fmt.Sprintf("scheme.analysis_rules[%d].unit_sorts", i)
		schemes.CheckAllKnown(&faults, field, rule.GetUnitSorts(), network.GetUnitSorts())
	}
	checkBulletinKinds(&faults, s.GetBulletinKinds(), network, s.GetUnit())
	checkReferrals(&faults, s)
	checkCaseLeads(&faults, s.GetCaseLeadKinds())
	checkStudies(&faults, s)
	checkFindingHandling(&faults, s)
	if err := checkDeficiencyRules(&faults, s, network, asked); err != nil {
		return err
	}
	for i, warningLevel := range s.GetWarningLevels() {
		field := fmt.Sprintf("scheme.warning_levels[%d]", i)
		schemes.CheckUnique(&faults, field+".forms", warningLevel.GetForms())
		for j, form := range warningLevel.GetForms() {
			checkForm(&faults, fmt.Sprintf("%s.forms[%d]", field, j), form, formContext{
				levelsAbove: len(s.GetWarningLevels()) - 1 - i, takesFiles: s.GetAttachmentRules() != nil,
			})
		}
		checkFall(&faults, field+".fall", s.GetWarningLevels(), i)
		if err := checkCriteria(&faults, field, s, i, asked); err != nil {
			return err
		}
		schemes.CheckRoles(&faults, field+".issuer_roles", warningLevel.GetIssuerRoles(), network, s.GetUnit())
		schemes.CheckUnique(&faults, field+".approvals", warningLevel.GetApprovals())
		for j, stage := range warningLevel.GetApprovals() {
			schemes.CheckRoles(&faults, fmt.Sprintf("%s.approvals[%d].roles", field, j), stage.GetRoles(), network, s.GetUnit())
		}
	}
	return faults.Err()
}

// checkFall notes what is wrong with how a warning falls from a level of the ladder.
func checkFall(faults *fault.Fields, field string, ladder []*warningv1.WarningLevel, i int) {
	fall := ladder[i].GetFall()
	switch {
	case fall == nil:
		return
	case i == 0:
		faults.Add(field, words.FallFromBottom())
	case fall.GetForm() != "":
		schemes.CheckKnown(faults, field+".form", fall.GetForm(), ladder[i-1].GetForms())
	}
}

// checkBulletinKinds notes what is wrong with kinds of bulletins that the proto's rules can't say.
func checkBulletinKinds(faults *fault.Fields, kinds []*warningv1.BulletinKind, network *networkv1.Scheme, unit string) {
	const list = "scheme.bulletin_kinds"
	schemes.CheckUnique(faults, list, kinds)
	for i, kind := range kinds {
		at := fmt.Sprintf("%s[%d].", list, i)
		schemes.CheckUnique(faults, at+"sections", kind.GetSections())
		reminders.Check(faults, at+"reminders", kind.GetReminders())
		schemes.CheckUnique(faults, at+"approvals", kind.GetApprovals())
		for j, stage := range kind.GetApprovals() {
			schemes.CheckRoles(faults, fmt.Sprintf("%sapprovals[%d].roles", at, j), stage.GetRoles(), network, unit)
		}
	}
}

// checkReferrals notes what is wrong with kinds of referrals that the proto's rules can't say.
func checkReferrals(faults *fault.Fields, s *warningv1.Scheme) {
	const list = "scheme.referral_kinds"
	schemes.CheckUnique(faults, list, s.GetReferralKinds())
	for i, kind := range s.GetReferralKinds() {
		at := fmt.Sprintf("%s[%d].", list, i)
		schemes.CheckUnique(faults, at+"outcomes", kind.GetOutcomes())
		reminders.Check(faults, at+"reminders", kind.GetReminders())
	}
	if in := s.GetRecursIn(); in.GetFindings() > in.GetPeriods() {
		faults.Add("scheme.recurs_in.findings", words.MoreThanPeriods(strconv.Itoa(int(in.GetPeriods()))))
	}
}

// checkCaseLeads notes what is wrong with kinds of case leads that the proto's rules can't say.
func checkCaseLeads(faults *fault.Fields, kinds []*warningv1.CaseLeadKind) {
	const list = "scheme.case_lead_kinds"
	schemes.CheckUnique(faults, list, kinds)
	for i, kind := range kinds {
		at := fmt.Sprintf("%s[%d].", list, i)
		reminders.Check(faults, at+"reminders", kind.GetReminders())
		schemes.CheckUnique(faults, at+"outcomes", kind.GetOutcomes())
		schemes.CheckUnique(faults, at+"filed_with", kind.GetFiledWith())
	}
}

// checkStudies notes what is wrong with kinds of studies that the proto's rules can't say.
func checkStudies(faults *fault.Fields, s *warningv1.Scheme) {
	const list = "scheme.study_kinds"
	schemes.CheckUnique(faults, list, s.GetStudyKinds())
	for i, kind := range s.GetStudyKinds() {
		reminders.Check(faults, fmt.Sprintf("%s[%d].reminders", list, i), kind.GetReminders())
	}
}

// checkFindingHandling notes what is wrong with the rule of findings that the proto's rules can't say.
func checkFindingHandling(faults *fault.Fields, s *warningv1.Scheme) {
	const field = "scheme.finding_handling."
	reminders.Check(faults, field+"reminders", s.GetFindingHandling().GetReminders())
	if s.GetFindingHandling().GetEvidenceRequired() && s.GetAttachmentRules() == nil {
		faults.Add(field+"evidence_required", words.EvidenceRules())
	}
}
