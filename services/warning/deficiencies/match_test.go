package deficiencies

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

const whenNoted = warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_NOTED

// scheme is of two levels, with rules.
func scheme(rules ...*warningv1.DeficiencyRule) *warningv1.Scheme {
	return &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{{Id: "yellow"}, {Id: "red"}}, DeficiencyRules: rules}
}

// funds are off-book funds that a check found on 2 November, to be put right by Friday, 6 November.
func funds(change func(*riskv1.Deficiency)) *riskv1.Deficiency {
	d := &riskv1.Deficiency{
		Kind: "funds", Grave: true, Source: "checks/340503-1", DueOn: "2026-11-06", State: riskv1.DeficiencyState_DEFICIENCY_STATE_OPEN,
		CreateTime: timestamppb.New(time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC)), // the 2nd in Shanghai
	}
	change(d)
	return d
}

// from are sorts of records that deficiencies are found in.
func from(names ...string) (list []warningv1.DeficiencyOrigin) {
	for _, name := range names {
		list = append(list, warningv1.DeficiencyOrigin(warningv1.DeficiencyOrigin_value["DEFICIENCY_ORIGIN_"+name]))
	}
	return list
}

func asItIs(*riskv1.Deficiency) {}

func on(day string) calendar.Date {
	d, err := calendar.ParseDate(day)
	if err != nil {
		panic(err)
	}
	return d
}

func TestT16_ARuleCoversKindsGravityAndWhereItWasFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule   *warningv1.DeficiencyRule
		change func(*riskv1.Deficiency)
		fits   bool
	}{
		"all":                         {&warningv1.DeficiencyRule{}, asItIs, true},
		"its kind":                    {&warningv1.DeficiencyRule{Kinds: []string{"whim", "funds"}}, asItIs, true},
		"another kind":                {&warningv1.DeficiencyRule{Kinds: []string{"whim"}}, asItIs, false},
		"grave":                       {&warningv1.DeficiencyRule{Grave: true}, asItIs, true},
		"not grave":                   {&warningv1.DeficiencyRule{Grave: true}, func(d *riskv1.Deficiency) { d.Grave = false }, false},
		"found in a check":            {&warningv1.DeficiencyRule{FoundIn: from("DECISION", "CHECK")}, asItIs, true},
		"found elsewhere":             {&warningv1.DeficiencyRule{FoundIn: from("DECISION")}, asItIs, false},
		"found in nothing":            {&warningv1.DeficiencyRule{FoundIn: from("CHECK")}, func(d *riskv1.Deficiency) { d.Source = "" }, false},
		"its kind, but not its place": {&warningv1.DeficiencyRule{Kinds: []string{"funds"}, FoundIn: from("REPORT")}, asItIs, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.rule.Moment = whenNoted
			m, err := match(funds(tc.change), scheme(tc.rule), calendar.BuiltIn(), on("2026-11-03"))
			require.NoError(t, err)
			assert.Equal(t, tc.fits, m.rule != nil)
			if tc.fits {
				assert.Equal(t, "2026-11-02", m.since.String())
			}
		})
	}
}

func TestT11_OfSeveralRulesTheGravestLevelHasIt(t *testing.T) {
	t.Parallel()
	rule := func(id, level string) *warningv1.DeficiencyRule {
		return &warningv1.DeficiencyRule{Id: id, Moment: whenNoted, WarningLevel: level}
	}
	for name, tc := range map[string]struct {
		rules []*warningv1.DeficiencyRule
		rule  string
	}{
		"a level above none":  {[]*warningv1.DeficiencyRule{rule("none", ""), rule("yellow", "yellow")}, "yellow"},
		"the graver first":    {[]*warningv1.DeficiencyRule{rule("red", "red"), rule("yellow", "yellow")}, "red"},
		"the graver later":    {[]*warningv1.DeficiencyRule{rule("yellow", "yellow"), rule("red", "red"), rule("none", "")}, "red"},
		"the first of two":    {[]*warningv1.DeficiencyRule{rule("one", "red"), rule("two", "red")}, "one"},
		"the first without":   {[]*warningv1.DeficiencyRule{rule("one", ""), rule("two", "")}, "one"},
		"nothing asks for it": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := match(funds(asItIs), scheme(tc.rules...), calendar.BuiltIn(), on("2026-11-03"))
			require.NoError(t, err)
			assert.Equal(t, tc.rule, m.rule.GetId())
			if level := m.level.GetId(); tc.rule == "red" || tc.rule == "yellow" {
				assert.Equal(t, tc.rule, level)
			}
		})
	}
}

func TestT16_WhatIsOverdueFitsFromTheDayAfterAndUntilItIsCorrected(t *testing.T) {
	t.Parallel()
	at := func(state riskv1.DeficiencyState) func(*riskv1.Deficiency) {
		return func(d *riskv1.Deficiency) { d.State = state }
	}
	grace := &typev1.DeadlineRule{Days: 2, Unit: typev1.DayUnit_DAY_UNIT_WORKING}
	for name, tc := range map[string]struct {
		grace        *typev1.DeadlineRule
		change       func(*riskv1.Deficiency)
		today        string
		fits         bool
		state, again string
	}{
		"on its last day":          {nil, asItIs, "2026-11-06", false, "TO_CORRECT", "2026-11-07"},
		"the day after":            {nil, asItIs, "2026-11-07", true, "OVERDUE", ""},
		"within the grace":         {grace, asItIs, "2026-11-10", false, "TO_CORRECT", "2026-11-11"},
		"after the grace":          {grace, asItIs, "2026-11-11", true, "OVERDUE", ""},
		"corrected, however late":  {nil, at(riskv1.DeficiencyState_DEFICIENCY_STATE_CORRECTED), "2026-11-20", false, "CORRECTED", ""},
		"put right":                {nil, at(riskv1.DeficiencyState_DEFICIENCY_STATE_CONFIRMED), "2026-11-20", false, "PUT_RIGHT", ""},
		"taken back":               {nil, at(withdrawn), "2026-11-20", false, "WITHDRAWN", ""},
		"sent back, and its day":   {nil, at(riskv1.DeficiencyState_DEFICIENCY_STATE_RETURNED), "2026-11-05", false, "TO_CORRECT", "2026-11-07"},
		"sent back, and past that": {nil, at(riskv1.DeficiencyState_DEFICIENCY_STATE_RETURNED), "2026-11-20", true, "OVERDUE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := &warningv1.DeficiencyRule{Moment: whenOverdue, Grace: tc.grace}
			m, err := match(funds(tc.change), scheme(rule), calendar.BuiltIn(), on(tc.today))
			require.NoError(t, err)
			assert.Equal(t, tc.fits, m.rule != nil)
			assert.Equal(t, "FINDING_SOURCE_STATE_"+tc.state, m.state.String())
			if tc.again == "" {
				assert.True(t, m.lookOn.IsZero())
			} else {
				assert.Equal(t, tc.again, m.lookOn.String())
			}
		})
	}
}
