package deficiencies

import (
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	withdrawn = riskv1.DeficiencyState_DEFICIENCY_STATE_WITHDRAWN
	confirmed = riskv1.DeficiencyState_DEFICIENCY_STATE_CONFIRMED

	whenOverdue = warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_OVERDUE
)

// states are those of a source, by those of a deficiency. Whether it is overdue the rules say.
var states = map[riskv1.DeficiencyState]warningv1.FindingSourceState{
	riskv1.DeficiencyState_DEFICIENCY_STATE_OPEN:      warningv1.FindingSourceState_FINDING_SOURCE_STATE_TO_CORRECT,
	riskv1.DeficiencyState_DEFICIENCY_STATE_RETURNED:  warningv1.FindingSourceState_FINDING_SOURCE_STATE_TO_CORRECT,
	riskv1.DeficiencyState_DEFICIENCY_STATE_CORRECTED: warningv1.FindingSourceState_FINDING_SOURCE_STATE_CORRECTED,
	confirmed: warningv1.FindingSourceState_FINDING_SOURCE_STATE_PUT_RIGHT,
	withdrawn: warningv1.FindingSourceState_FINDING_SOURCE_STATE_WITHDRAWN,
}

// origins are the collections of the records that deficiencies are found in, by what a rule calls them.
var origins = map[warningv1.DeficiencyOrigin]string{
	warningv1.DeficiencyOrigin_DEFICIENCY_ORIGIN_DECISION:    resource.Decisions,
	warningv1.DeficiencyOrigin_DEFICIENCY_ORIGIN_CHECK:       resource.Checks,
	warningv1.DeficiencyOrigin_DEFICIENCY_ORIGIN_APPOINTMENT: resource.Appointments,
	warningv1.DeficiencyOrigin_DEFICIENCY_ORIGIN_REPORT:      resource.Reports,
}

// matched is what the rules of a scheme say of a deficiency on a day.
type matched struct {
	// rule is the one by which it is a finding, of a level of the ladder; nil where none fits.
	rule  *warningv1.DeficiencyRule
	level *warningv1.WarningLevel
	// since is the day from which the rule fits.
	since calendar.Date
	state warningv1.FindingSourceState
	// lookOn is the next day on which another rule may fit; zero where there is none before something is done about it.
	lookOn calendar.Date
}

// match holds a deficiency against the rules of a scheme. Of those that fit, that of the gravest level has it, the first of
// several.
func match(d *riskv1.Deficiency, scheme *warningv1.Scheme, days *calendar.Calendar, today calendar.Date) (matched, error) {
	m := matched{state: states[d.GetState()]}
	ladder, best := scheme.GetWarningLevels(), 0
	for _, rule := range scheme.GetDeficiencyRules() {
		if !covers(rule, d) {
			continue
		}
		since, err := fitsFrom(rule, d, days)
		switch {
		case err != nil:
			return m, err
		case since.IsZero():
			continue
		case since.After(today):
			if m.lookOn.IsZero() || since.Before(m.lookOn) {
				m.lookOn = since
			}
			continue
		case rule.GetMoment() == whenOverdue:
			m.state = warningv1.FindingSourceState_FINDING_SOURCE_STATE_OVERDUE
		}
		at := 1 + slices.IndexFunc(ladder, func(l *warningv1.WarningLevel) bool { return l.GetId() == rule.GetWarningLevel() })
		if m.rule != nil && at <= best {
			continue
		}
		m.rule, m.level, m.since, best = rule, nil, since, at
		if at > 0 {
			m.level = ladder[at-1]
		}
	}
	return m, nil
}

// covers tells whether a rule is about such a deficiency.
func covers(rule *warningv1.DeficiencyRule, d *riskv1.Deficiency) bool {
	foundIn, _, _ := strings.Cut(d.GetSource(), "/")
	isOf := func(origin warningv1.DeficiencyOrigin) bool { return origins[origin] == foundIn }
	return (len(rule.GetKinds()) == 0 || slices.Contains(rule.GetKinds(), d.GetKind())) &&
		(len(rule.GetFoundIn()) == 0 || slices.ContainsFunc(rule.GetFoundIn(), isOf)) &&
		(!rule.GetGrave() || d.GetGrave())
}

// fitsFrom is the day from which a rule fits a deficiency that it is about; zero where it does not as long as nothing is done
// about it: what was corrected, or settled, is overdue no more.
func fitsFrom(rule *warningv1.DeficiencyRule, d *riskv1.Deficiency, days *calendar.Calendar) (day calendar.Date, err error) {
	if rule.GetMoment() != whenOverdue {
		return calendar.DateOf(d.GetCreateTime().AsTime(), calendar.Shanghai), nil
	}
	if states[d.GetState()] != warningv1.FindingSourceState_FINDING_SOURCE_STATE_TO_CORRECT || d.GetDueOn() == "" {
		return day, nil
	}
	last, err := calendar.ParseDate(d.GetDueOn())
	if err != nil || rule.GetGrace() == nil {
		return last.AddDays(1), err
	}
	until, err := calendarpb.Due(days, last, rule.GetGrace())
	if err != nil {
		return day, err
	}
	last, err = calendar.ParseDate(until.GetDue())
	return last.AddDays(1), err
}
