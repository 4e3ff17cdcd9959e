package schemes

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// roles is a directory whose network scheme has these roles.
type roles struct {
	access.Directory

	ids []string
}

func (r roles) Scheme(context.Context, string) (*networkv1.Scheme, error) {
	scheme := &networkv1.Scheme{SubjectAreas: []*networkv1.Term{{Id: "finance"}}}
	for _, id := range r.ids {
		scheme.Roles = append(scheme.Roles, &networkv1.Role{Id: id})
	}
	return scheme, nil
}

// faultsOf are the faulty fields of a scheme and why they are.
func faultsOf(t *testing.T, scheme *warningv1.Scheme) []string {
	t.Helper()
	err := checkScheme(t.Context(), roles{ids: []string{"handler"}},
		func() (*riskv1.Scheme, error) {
			return &riskv1.Scheme{
				DeficiencyKinds: []*riskv1.DeficiencyKind{{Id: "off_book_funds"}}, Grades: []*riskv1.Grade{{Id: "a"}, {Id: "b"}},
			}, nil
		}, scheme)
	if err == nil {
		return nil
	}
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	list := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		list[i] = strings.TrimPrefix(field.Path, "scheme.warning_levels") + " " + field.Key
	}
	return list
}

func TestSchemeNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	receipt := []*warningv1.Step{step(acknowledge)}
	assert.ElementsMatch(t, []string{
		"[1].id duplicate", "[0].forms[1].id duplicate", "[0].criterion expression", "[1].approvals[1].id duplicate",
		"[1].approvals[1].roles[0] unknown_role", "[0].forms[1].notice.zh unknown_term",
	}, faultsOf(t, &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
		{Id: "blue", Criterion: "tips >", Forms: []*warningv1.Form{
			{Id: "a", Steps: receipt}, {Id: "a", Steps: receipt, Notice: &typev1.Text{Zh: "{unit}{who}"}},
		}},
		{
			Id: "blue", Criterion: "tips > 1", IssuerRoles: []string{"handler", access.Administrator},
			Approvals: []*warningv1.ApprovalStage{{Id: "a"}, {Id: "a", Roles: []string{"handlr"}}},
		},
	}}))
}

const (
	addressee = warningv1.StepParty_STEP_PARTY_ADDRESSEE
	office    = warningv1.StepParty_STEP_PARTY_OFFICE
)

// step is a step of a kind by whom it suits, with changes.
func step(kind warningv1.StepKind, changes ...func(*warningv1.Step)) *warningv1.Step {
	s := &warningv1.Step{Id: strings.ToLower(kind.String()), Kind: kind, By: addressee}
	if kind >= check || kind == talk {
		s.By = office
	}
	if kind == lookBack {
		s.After = &typev1.DeadlineRule{Days: 3}
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

func optional(s *warningv1.Step) { s.Optional = true }

func by(party warningv1.StepParty) func(*warningv1.Step) {
	return func(s *warningv1.Step) { s.By = party }
}

// rises gives a step a limit, beyond which the warning rises.
func rises(s *warningv1.Step) {
	s.Within = &typev1.DeadlineRule{Days: 3}
	s.Overdue = &warningv1.Overdue{Action: warningv1.OverdueAction_OVERDUE_ACTION_RISE}
}

func TestC11_T6_AFormWhoseStepsCantBeDoneIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps []*warningv1.Step
		fault string
	}{
		"good": {[]*warningv1.Step{
			step(acknowledge, rises), step(talk), step(plan), step(rectify), step(check), step(lookBack), step(decide),
		}, ""},
		"a check of nothing":             {[]*warningv1.Step{step(acknowledge), step(check)}, "[1].kind nothing_to_check"},
		"a check of what may be missing": {[]*warningv1.Step{step(rectify, optional), step(check)}, "[1].kind nothing_to_check"},
		"a check of a plan":              {[]*warningv1.Step{step(plan), step(check)}, ""},
		"a look-back on nothing":         {[]*warningv1.Step{step(plan), step(check), step(lookBack)}, "[2].kind look_back_place"},
		"a look-back before the check": {
			[]*warningv1.Step{step(rectify), step(lookBack), step(check)}, "[1].kind look_back_place",
		},
		"a look-back at no time": {
			[]*warningv1.Step{step(rectify), step(lookBack, func(s *warningv1.Step) { s.After = nil })}, "[1].after required",
		},
		"a delay of what is no look-back": {
			[]*warningv1.Step{step(rectify, func(s *warningv1.Step) { s.After = &typev1.DeadlineRule{Days: 1} })}, "[0].after step_option",
		},
		"who answers judges":           {[]*warningv1.Step{step(rectify), step(check, by(addressee))}, "[1].by step_party"},
		"who answers decides":          {[]*warningv1.Step{step(decide, by(addressee))}, "[0].by step_party"},
		"who judges answers":           {[]*warningv1.Step{step(rectify, by(office))}, "[0].by step_party"},
		"a receipt of each":            {[]*warningv1.Step{step(acknowledge, by(eachAddressee), rises), step(rectify, rises)}, ""},
		"a rectification of each":      {[]*warningv1.Step{step(rectify, by(eachAddressee))}, "[0].by step_party"},
		"each judges":                  {[]*warningv1.Step{step(decide, by(eachAddressee))}, "[0].by step_party"},
		"something after the decision": {[]*warningv1.Step{step(decide), step(rectify)}, "[0].kind after_decision"},
		"a choice after the decision":  {[]*warningv1.Step{step(decide), step(rectify, optional)}, ""},
		"a decision at will":           {[]*warningv1.Step{step(acknowledge), step(decide, optional)}, "[1].kind after_decision"},
		"nothing that must be done":    {[]*warningv1.Step{step(acknowledge, optional)}, " no_mandatory_step"},
		"one id twice":                 {[]*warningv1.Step{step(rectify), step(rectify)}, "[1].id duplicate"},
		"evidence without rules": {
			[]*warningv1.Step{step(rectify, func(s *warningv1.Step) { s.EvidenceRequired = true })}, "[0].evidence_required evidence_rules",
		},
		"evidence of a talk": {
			[]*warningv1.Step{step(talk, func(s *warningv1.Step) { s.EvidenceRequired = true })}, "[0].evidence_required step_option",
		},
		"signatures of a plan": {
			[]*warningv1.Step{step(plan, func(s *warningv1.Step) { s.BothSign = true })}, "[0].both_sign step_option",
		},
		"a rise that the addressee does not owe": {
			[]*warningv1.Step{step(talk, rises)}, "[0].overdue.action rise_not_owed",
		},
		"overdue without a limit": {
			[]*warningv1.Step{step(acknowledge, rises, func(s *warningv1.Step) { s.Within = nil })},
			"[0].overdue overdue_without_limit",
		},
		"a limit that passes while others are awaited": {
			[]*warningv1.Step{step(talk), step(rectify, rises)}, "[1].from_step_before limit_before_turn",
		},
		"overdue at will": {
			[]*warningv1.Step{step(acknowledge), step(plan, rises, optional)}, "[1].overdue overdue_without_limit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if tc.fault != "" {
				want = []string{"[0].forms[0].steps" + tc.fault}
			}
			assert.Equal(t, want, faultsOf(t, &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
				{Id: "blue", Forms: []*warningv1.Form{{Id: "a", Steps: tc.steps}}}, {Id: "red"},
			}}))
		})
	}
}

func TestC11_NothingRisesFromTheLastLevel(t *testing.T) {
	t.Parallel()
	rising := []*warningv1.Form{{Id: "a", Steps: []*warningv1.Step{step(acknowledge, rises)}}}
	assert.Equal(t, []string{"[1].forms[0].steps[0].overdue.action rise_beyond"}, faultsOf(t, &warningv1.Scheme{
		WarningLevels: []*warningv1.WarningLevel{{Id: "blue", Forms: rising}, {Id: "red", Forms: rising}},
	}))
}

func TestC11_T7_ARiseOfSeveralLevelsStaysOnTheLadder(t *testing.T) {
	t.Parallel()
	forms := func(changes ...func(*warningv1.Step)) []*warningv1.Form {
		return []*warningv1.Form{{Id: "a", Steps: []*warningv1.Step{step(acknowledge, changes...)}}}
	}
	byTwo := func(s *warningv1.Step) { s.Overdue.RisesBy = 2 }
	tells := func(s *warningv1.Step) { s.Overdue.Action = warningv1.OverdueAction_OVERDUE_ACTION_TELL }
	ladder := []*warningv1.WarningLevel{{Forms: forms(rises, byTwo)}, {Forms: forms(rises, byTwo)}, {Forms: forms(rises, byTwo, tells)}}
	for i, id := range []string{"green", "yellow", "red"} {
		ladder[i].Id = id
	}
	assert.Equal(t, []string{
		"[1].forms[0].steps[0].overdue.rises_by rise_beyond", "[2].forms[0].steps[0].overdue.rises_by rise_only",
	}, faultsOf(t, &warningv1.Scheme{WarningLevels: ladder}))
}

func TestC11_AFallLeadsToAFormOfTheLevelBelow(t *testing.T) {
	t.Parallel()
	forms := []*warningv1.Form{{Id: "a", Steps: []*warningv1.Step{step(acknowledge)}}}
	falls := func(criterion, form string) *warningv1.WarningLevel {
		return &warningv1.WarningLevel{Forms: forms, Fall: &warningv1.Fall{Criterion: criterion, Form: form}}
	}
	levels := []*warningv1.WarningLevel{falls("tips == 0", ""), falls("tips", "b"), falls("within[3] == 0", "a")}
	for i, id := range []string{"green", "yellow", "red"} {
		levels[i].Id = id
	}
	assert.Equal(t, []string{"[0].fall fall_from_bottom", "[1].fall.form unknown_term", "[1].fall.criterion expression"},
		faultsOf(t, &warningv1.Scheme{WarningLevels: levels}))
}

func TestC11_ANoticeNamesLastDaysThatBeginWithIt(t *testing.T) {
	t.Parallel()
	later := step(rectify, rises, func(s *warningv1.Step) { s.FromStepBefore = true })
	notice := &typev1.Text{Zh: "{due.step_kind_acknowledge}", En: "{due.step_kind_rectify}"}
	assert.Equal(t, []string{"[0].forms[0].notice.en unknown_term"}, faultsOf(t, &warningv1.Scheme{
		WarningLevels: []*warningv1.WarningLevel{
			{Id: "blue", Forms: []*warningv1.Form{{Id: "a", Notice: notice, Steps: []*warningv1.Step{step(acknowledge, rises), later}}}},
			{Id: "red"},
		},
	}))
}

func TestT11_T16_ARuleOfDeficienciesNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	const noted, overdue = warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_NOTED, warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_OVERDUE
	levels := []*warningv1.WarningLevel{{Id: "blue", Forms: []*warningv1.Form{{Id: "a", Steps: []*warningv1.Step{step(acknowledge)}}}}}
	grace := &typev1.DeadlineRule{Days: 3}
	rules := []*warningv1.DeficiencyRule{
		{Id: "funds", Moment: noted, SubjectArea: "finance", Kinds: []string{"off_book_funds"}, WarningLevel: "blue"},
		{Id: "late", Moment: overdue, SubjectArea: "finance", Grace: grace},
	}
	assert.Empty(t, faultsOf(t, &warningv1.Scheme{WarningLevels: levels, DeficiencyRules: rules}))
	rules = []*warningv1.DeficiencyRule{
		{Id: "funds", Moment: noted, SubjectArea: "fun", Kinds: []string{"off_book_funds", "whim", "off_book_funds"}, Grace: grace},
		{Id: "funds", Moment: overdue, SubjectArea: "finance", WarningLevel: "pink"},
	}
	const at = "scheme.deficiency_rules"
	assert.ElementsMatch(t, []string{
		at + "[1].id duplicate", at + "[0].subject_area unknown_term", at + "[0].kinds[1] unknown_term", at + "[0].kinds[2] duplicate",
		at + "[0].grace overdue_only", at + "[1].warning_level unknown_term",
	}, faultsOf(t, &warningv1.Scheme{WarningLevels: levels, DeficiencyRules: rules}))
}

// Kinds are known to the risk service alone; a scheme that names none is stored without it.
func TestT16_RiskIsAskedWhereKindsAreNamedAlone(t *testing.T) {
	t.Parallel()
	asked := 0
	away := errors.New("away")
	check := func(kinds ...string) error {
		rule := &warningv1.DeficiencyRule{Id: "a", SubjectArea: "finance", Kinds: kinds}
		return checkScheme(t.Context(), roles{}, func() (*riskv1.Scheme, error) {
			asked++
			return nil, away
		}, &warningv1.Scheme{DeficiencyRules: []*warningv1.DeficiencyRule{rule}})
	}
	require.NoError(t, check())
	assert.Zero(t, asked)
	require.ErrorIs(t, check("off_book_funds"), away)
}

// What a criterion names must be in the risk scheme, or be a state or a sort; the risk service is asked for its terms alone.
func TestC11_T6_CriteriaNameWhatTheRegisterHas(t *testing.T) {
	t.Parallel()
	classes := []*warningv1.FindingClass{{Id: "emerging", Kind: trend, Months: 12}}
	for text, key := range map[string]string{
		"risks.a > 0 && risks[\"b\"] > 1 || \"a\" in risks": "",
		"deficiencies.off_book_funds > 0 || deviations > 2": "",
		"overdue.controls + overdue.reports > 2":            "",
		"states.uncontrolled > 0 || states.misgraded > 0":   "",
		"risks.exists(grade, risks[grade] > 3)":             "",
		"findings.emerging && tips > 0":                     "",
		"tips < 9 || risks.c > 0":                           "expression", // which no try comes to
		"risks[\"c\"] > 0":                                  "expression",
		"deficiencies.gifts > 0":                            "expression",
		"overdue.lunches > 0":                               "expression",
		"states.wonderful > 0":                              "expression",
		"tips < 9 || findings.falling":                      "expression",
		"overdue.controls / risks.a > 2":                    "expression",
		"risks > 0":                                         "expression",
		"deviations.a > 0":                                  "expression",
	} {
		for field, scheme := range map[string]*warningv1.WarningLevel{
			"[1].criterion": {Id: "y", Criterion: text}, "[1].unit_criterion": {Id: "y", UnitCriterion: text},
			"[1].fall.criterion": {Id: "y", Fall: &warningv1.Fall{Criterion: text}},
		} {
			var want []string
			if key != "" || strings.Contains(field, "fall") && strings.Contains(text, "findings") {
				want = []string{field + " expression"}
			}
			assert.Equal(t, want, faultsOf(t, &warningv1.Scheme{
				FindingClasses: classes, WarningLevels: []*warningv1.WarningLevel{{Id: "x"}, scheme},
			}), "%s: %s", field, text)
		}
	}
	assert.Equal(t, []string{"[0].silence_days criterion_only"}, faultsOf(t, &warningv1.Scheme{
		WarningLevels: []*warningv1.WarningLevel{{Id: "x", SilenceDays: 30}},
	}))

	away := errors.New("away")
	check := func(text string) error {
		return checkScheme(t.Context(), roles{}, func() (*riskv1.Scheme, error) { return nil, away },
			&warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{{Id: "x", UnitCriterion: text}}})
	}
	require.NoError(t, check("overdue.controls > 0 || deviations > 0 || states.uncontrolled > 0"))
	require.ErrorIs(t, check("risks.a > 0"), away)
	require.ErrorIs(t, check("deficiencies.off_book_funds > 0"), away)
}
