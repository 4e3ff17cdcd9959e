package schemes

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkDecisions wants kinds of decisions that can be prepared, decided and filed as they say (T11, T13).
func checkDecisions(faults *fault.Fields, s *riskv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.preparation_steps", s.GetPreparationSteps())
	for i, step := range s.GetPreparationSteps() {
		if step.GetEvidenceRequired() && s.GetAttachmentRules() == nil {
			faults.Add(fmt.Sprintf("scheme.preparation_steps[%d].evidence_required", i), words.EvidenceRules())
		}
	}
	schemes.CheckUnique(faults, "scheme.decision_kinds", s.GetDecisionKinds())
	for i, kind := range s.GetDecisionKinds() {
		checkKind(faults, fmt.Sprintf("scheme.decision_kinds[%d].", i), kind, s)
	}
	reminders.Check(faults, "scheme.decision_reminders", s.GetDecisionReminders())
	reminders.Check(faults, "scheme.filing_reminders", s.GetFilingReminders())
	reminders.Check(faults, "scheme.preparation_reminders", s.GetPreparationReminders())
	reminders.Check(faults, "scheme.renewal_reminders", s.GetRenewalReminders())
}

func checkKind(faults *fault.Fields, at string, kind *riskv1.DecisionKind, s *riskv1.Scheme) {
	schemes.CheckAllKnown(faults, at+"steps", kind.GetSteps(), s.GetPreparationSteps())
	for i, threshold := range kind.GetThresholds() {
		at := fmt.Sprintf("%sthresholds[%d].", at, i)
		schemes.CheckAllKnown(faults, at+"steps", threshold.GetSteps(), s.GetPreparationSteps())
		if i > 0 && threshold.GetMinAmount() <= kind.GetThresholds()[i-1].GetMinAmount() {
			faults.Add(at+"min_amount", words.RisingAmounts())
		}
	}
	schemes.CheckAllKnown(faults, at+"member_ranks", kind.GetMemberRanks(), s.GetRanks())
	members := slices.DeleteFunc(slices.Clone(s.GetRanks()), func(rank *riskv1.Term) bool {
		return len(kind.GetMemberRanks()) > 0 && !slices.Contains(kind.GetMemberRanks(), rank.GetId())
	})
	schemes.CheckAllKnown(faults, at+"last_ranks", kind.GetLastRanks(), members)
	checkShare(faults, at+"quorum", kind.GetQuorum())
	checkShare(faults, at+"majority", kind.GetMajority())
	checkFiling(faults, at+"filing", kind.GetFiling())
}

func checkFiling(faults *fault.Fields, at string, rule *riskv1.FilingRule) {
	schemes.CheckUnique(faults, at+".filed_with", rule.GetFiledWith())
	schemes.CheckUnique(faults, at+".grounds", rule.GetGrounds())
}

// checkDeficiencies wants kinds of deficiencies that are filed by their kind alone, without grounds or an amount (T16).
func checkDeficiencies(faults *fault.Fields, s *riskv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.deficiency_kinds", s.GetDeficiencyKinds())
	reminders.Check(faults, "scheme.deficiency_reminders", s.GetDeficiencyReminders())
	for i, kind := range s.GetDeficiencyKinds() {
		at, rule := fmt.Sprintf("scheme.deficiency_kinds[%d].filing", i), kind.GetFiling()
		checkFiling(faults, at, rule)
		if len(rule.GetGrounds()) > 0 {
			faults.Add(at+".grounds", words.Contradiction())
		}
		if rule.GetMinAmount() > 0 {
			faults.Add(at+".min_amount", words.Contradiction())
		}
	}
}

// checkShare wants a share that all can reach together.
func checkShare(faults *fault.Fields, field string, share *riskv1.Share) {
	n, d := share.GetNumerator(), share.GetDenominator()
	if n > d || n == d && share.GetMoreThan() {
		faults.Add(field+".numerator", words.ShareAboveAll())
	}
}
