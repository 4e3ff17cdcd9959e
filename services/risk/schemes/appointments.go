package schemes

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkAppointments wants kinds of polls that can come out either way, and appointments that can be made (T15).
func checkAppointments(faults *fault.Fields, s *riskv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.poll_kinds", s.GetPollKinds())
	for i, kind := range s.GetPollKinds() {
		at := fmt.Sprintf("scheme.poll_kinds[%d].options", i)
		schemes.CheckUnique(faults, at, kind.GetOptions())
		other := slices.IndexFunc(kind.GetOptions(), func(o *riskv1.PollOption) bool { return !o.GetSatisfied() })
		if other < 0 || !slices.ContainsFunc(kind.GetOptions(), (*riskv1.PollOption).GetSatisfied) {
			faults.Add(at, words.SatisfiedOptions())
		}
	}
	reminders.Check(faults, "scheme.poll_reminders", s.GetPollReminders())
	schemes.CheckUnique(faults, "scheme.appointment_kinds", s.GetAppointmentKinds())
	for i, kind := range s.GetAppointmentKinds() {
		at := fmt.Sprintf("scheme.appointment_kinds[%d].", i)
		schemes.CheckAllKnown(faults, at+"ranks", kind.GetRanks(), s.GetRanks())
		schemes.CheckUnique(faults, at+"nomination_ways", kind.GetNominationWays())
		if int(kind.GetMinNominationWays()) > len(kind.GetNominationWays()) {
			faults.Add(at+"min_nomination_ways", words.Contradiction())
		}
		schemes.CheckUnique(faults, at+"feedback_questions", kind.GetFeedbackQuestions())
		if len(kind.GetFeedbackQuestions()) > 0 {
			checkFeedback(faults, at, kind)
		}
		schemes.CheckKnown(faults, at+"decision_kind", kind.GetDecisionKind(), s.GetDecisionKinds())
		if kind.GetPollKind() != "" {
			schemes.CheckKnown(faults, at+"poll_kind", kind.GetPollKind(), s.GetPollKinds())
		}
	}
}

// fewest is how many people must be asked for nobody's answer to be told.
const fewest = 3

// checkFeedback wants questions about an inspection that is required, to so many people that nobody's answer can be told.
func checkFeedback(faults *fault.Fields, at string, kind *riskv1.AppointmentKind) {
	if !kind.GetInspectionRequired() {
		faults.Add(at+"feedback_questions", words.Contradiction())
	}
	if kind.GetMinFeedbackAsked() < fewest {
		faults.Add(at+"min_feedback_asked", words.FewAsked(strconv.Itoa(fewest)))
	}
}
