package risk_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// termed is an entry of a list that people read.
type termed interface {
	GetId() string
	GetTitle() *typev1.Text
}

// lines are the entries of a list, "id title" each, with what else is said of them.
func lines[T termed](list []T, says ...func(T) string) []string {
	var all []string
	for _, entry := range list {
		line := []string{entry.GetId() + " " + entry.GetTitle().GetZh()}
		for _, say := range says {
			if more := say(entry); more != "" {
				line = append(line, more)
			}
		}
		all = append(all, strings.Join(line, ": "))
	}
	return all
}

// list says several words as one, and nothing where there is none.
func list[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = string(word)
	}
	return strings.Join(all, ", ")
}

func ids[T termed](terms []T) string {
	all := make([]string, len(terms))
	for i, term := range terms {
		all[i] = term.GetId()
	}
	return list(all)
}

// length says a limit: "10 working".
func length(rule *typev1.DeadlineRule) string {
	if rule == nil {
		return ""
	}
	return fmt.Sprintf("%d %s", rule.GetDays(), strings.ToLower(strings.TrimPrefix(rule.GetUnit().String(), "DAY_UNIT_")))
}

// where says a word where something holds.
func where(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

// joined is what there is to say, one after another.
func joined(said ...string) string {
	var all []string
	for _, word := range said {
		if word != "" {
			all = append(all, word)
		}
	}
	return strings.Join(all, "; ")
}

// short is an enum's name without what all of its values begin with.
func short(e protoreflect.Enum) string {
	name := string(e.Descriptor().Values().ByNumber(e.Number()).Name())
	first := string(e.Descriptor().Values().ByNumber(0).Name())
	return strings.ToLower(strings.TrimPrefix(name, strings.TrimSuffix(first, "UNSPECIFIED")))
}

func shorts[E protoreflect.Enum](all []E) string {
	said := make([]string, len(all))
	for i, e := range all {
		said[i] = short(e)
	}
	return list(said)
}

func every(r *riskv1.Recurrence) string {
	if r == nil {
		return "on its occasion"
	}
	return fmt.Sprintf("every %d months from %d", r.GetMonths(), r.GetFirstMonth())
}

// listsOf are the lists of a scheme, by what they are.
func listsOf(s *riskv1.Scheme) map[string][]string {
	forms := func(f *riskv1.ControlForm) string { return list(f.GetStages()) }
	factor := func(f *riskv1.Factor) string { return fmt.Sprintf("%d × %v", f.GetMaxPoints(), f.GetWeight()) }
	stage := func(r *riskv1.ReviewStage) string { return list(r.GetRoles()) }
	return map[string][]string{
		"ranks": lines(s.GetRanks()), "tiers": lines(s.GetTiers()), "power kinds": lines(s.GetPowerKinds()),
		"power review": lines(s.GetPowerReview(), stage), "point review": lines(s.GetPointReview(), stage),
		"problems": lines(s.GetProblems()), "categories": lines(s.GetCategories()), "aspects": lines(s.GetSearchAspects()),
		"ways of search": lines(s.GetSearchMethods()), "sources": lines(s.GetSearchSources()), "causes": lines(s.GetCauses()),
		"control stages": lines(s.GetControlStages()), "control forms": lines(s.GetControlForms(), forms),
		"factors": lines(s.GetFactors(), factor), "lowest scores": {fmt.Sprint(s.GetWeighted().GetMinScores())},
		"grades": lines(s.GetGrades(), func(g *riskv1.Grade) string {
			return joined(g.GetOwnerRank(), list(g.GetInspectionSchedules()), "of "+list(g.GetControlForms()),
				"all of "+list(g.GetRequiredControlForms()), strconv.Itoa(int(g.GetMinControlForms())))
		}),
		"public": lines(s.GetPublicationKinds(), func(k *riskv1.PublicationKind) string {
			return joined(strings.TrimPrefix(short(k.GetRegister()), "unspecified"), list(k.GetFields()), where(k.GetShowsControls(), "controls"),
				ids(k.GetPlaces()), "open at "+list(k.GetPublicPlaces()), length(k.GetPublicity()), where(k.GetObjections() != nil, "objections"),
				where(k.GetRenewal() != nil, "renewed"), where(len(k.GetFiledWith()) > 0, "filed with "+ids(k.GetFiledWith())))
		}),
		"openness": lines(s.GetOpenness(), func(o *riskv1.OpennessRule) string {
			return joined(o.GetPublicationKind(), every(o.GetEvery()), length(o.GetLimit()), where(o.GetEvidenceRequired(), "evidence"), shorts(o.GetUnitKinds()))
		}),
		"commitments": lines(s.GetCommitments(), func(c *riskv1.CommitmentRule) string {
			return joined(selects(c.GetPositions()), "with "+list(c.GetCounterpartRanks()), fmt.Sprint("from ", c.GetOpenMonth()), length(c.GetLimit()))
		}),
		"duties": lines(s.GetLeaderDuties(), func(d *riskv1.LeaderDuty) string {
			return joined(selects(d.GetPositions()), every(d.GetEvery()), where(d.GetEvidenceRequired(), "evidence"))
		}),
		"rotations": lines(s.GetRotations(), func(r *riskv1.RotationRule) string {
			return joined(selects(r.GetPositions()), fmt.Sprint(r.GetMonths(), " months"))
		}),
		"deficiencies": lines(s.GetDeficiencyKinds(), func(k *riskv1.DeficiencyKind) string {
			return joined(length(k.GetLimit()), where(k.GetGrave(), "grave"), where(k.GetEvidenceRequired(), "evidence"), filed(k.GetFiling()))
		}),
		"checks":       lines(s.GetCheckKinds(), func(k *riskv1.CheckKind) string { return where(k.GetVerifiesTips(), "tips") }),
		"media":        lines(s.GetCommentMedia()),
		"comments at":  lines(s.GetComments().GetPlaces()),
		"preparations": lines(s.GetPreparationSteps(), func(p *riskv1.PreparationStep) string { return where(p.GetEvidenceRequired(), "evidence") }),
		"decisions":    lines(s.GetDecisionKinds(), decided),
		"polls": lines(s.GetPollKinds(), func(k *riskv1.PollKind) string {
			return joined(ids(k.GetOptions()), fmt.Sprint(k.GetMinSatisfiedPercent(), " of ", k.GetMinReturnedPercent(), " of ", k.GetMinAsked()))
		}),
		"appointments": lines(s.GetAppointmentKinds(), func(k *riskv1.AppointmentKind) string {
			return joined(list(k.GetRanks()), ids(k.GetNominationWays()), where(k.GetInspectionRequired(), "inspection"), ids(k.GetFeedbackQuestions()),
				k.GetDecisionKind(), k.GetPollKind(), fmt.Sprint(k.GetWaitMonths(), " months"))
		}),
		"registrations": registrationsOf(s), "campaign": campaign(s),
		"limit for judging": {length(s.GetJudging().GetLimit())},
	}
}

func selects(p *riskv1.PositionSelector) string {
	return joined(list(p.GetRanks()), where(len(p.GetTiers()) > 0, "tiers "+list(p.GetTiers())), where(len(p.GetGrades()) > 0, "grades "+list(p.GetGrades())))
}

func filed(f *riskv1.FilingRule) string {
	if f == nil {
		return ""
	}
	return joined("filed with "+ids(f.GetFiledWith()), length(f.GetLimit()), ids(f.GetGrounds()))
}

func decided(k *riskv1.DecisionKind) string {
	said := []string{list(k.GetSteps())}
	for _, t := range k.GetThresholds() {
		said = append(said, fmt.Sprintf("from %d %s", t.GetMinAmount(), list(t.GetSteps())))
	}
	quorum, majority := k.GetQuorum(), k.GetMajority()
	return joined(append(said, where(k.GetAmountRequired(), "amount"), shorts(k.GetUnitKinds()), list(k.GetMemberRanks()), where(k.GetMembersBelow(), "below"),
		"last "+list(k.GetLastRanks()), fmt.Sprintf("%d speak, %d/%d come, more than %d/%d of %s", k.GetMinStatements(), quorum.GetNumerator(),
			quorum.GetDenominator(), majority.GetNumerator(), majority.GetDenominator(), short(k.GetMajorityOf())), filed(k.GetFiling()))...)
}

func registrationsOf(s *riskv1.Scheme) (said []string) {
	for _, r := range s.GetRegistrations() {
		said = append(said, shorts(r.GetUnitKinds())+": "+shorts(r.GetParts()))
	}
	return said
}

func campaign(s *riskv1.Scheme) (said []string) {
	for _, kind := range s.GetCampaignKinds() {
		said = append(said, kind.GetId()+" "+kind.GetTitle().GetZh()+": "+shorts(kind.GetUnitKinds()))
		for _, stage := range kind.GetStages() {
			w := stage.GetWindow()
			said = append(said, fmt.Sprintf("%s %s: %d-%d to %d-%d", stage.GetId(), stage.GetTitle().GetZh(), w.GetOpenMonth(), w.GetOpenDay(),
				w.GetCloseMonth(), w.GetCloseDay()))
			for _, m := range stage.GetMeasures() {
				said = append(said, joined(m.GetId()+" "+short(m.GetCount()), fmt.Sprint("at least ", m.GetMinimum()), where(m.GetComplete(), "all"),
					m.GetSchedule(), m.GetPublicationKind(), shorts(m.GetUnitKinds())))
			}
		}
	}
	return said
}

// Nothing of what the seeds name leaves the profiles t and j unnoticed.
func TestProfiles_J1_J2_J3_J5_T2_T3_T5_T8_T10_T11_T12_T15_T16_T17_T18_T19_T20_T21_NameWhatTheSeedsName(t *testing.T) {
	t.Parallel()
	for profile, root := range map[string]string{"t": commerce, "j": court} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			scheme, err := as(suitetest.Of(t, profile, root), "administrator", root).schemes.GetEffectiveScheme(t.Context(),
				&riskv1.GetEffectiveSchemeRequest{Unit: root})
			require.NoError(t, err)
			found := listsOf(scheme)
			for what, want := range registerLists[profile] {
				assert.Equal(t, want, found[what], what)
				delete(found, what)
			}
			for what, some := range found {
				assert.Empty(t, strings.TrimSpace(strings.Trim(strings.Join(some, ""), "[]")), what)
			}
		})
	}
}
