package suite_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// checkRights checks that the rules and roles of a network scheme agree: where units are built, somebody appoints, and other
// builders than a centre do so themselves (C2, C3); who appoints also builds, trains and reads the points (C5, C6, C16); where
// warnings are answered, somebody issues them (H9).
func checkRights(t *testing.T, scheme *networkv1.Scheme) {
	t.Helper()
	for _, d := range scheme.GetDelegations() {
		if !d.GetCreate() {
			continue
		}
		for _, built := range unitsOf(d.GetUnitLevels(), d.GetUnitKinds()) {
			at := fmt.Sprintf("%s: %s builds %s %s", scheme.GetName(), d.GetId(), built.GetLevel(), built.GetKind())
			rules := appointingRules(scheme, built)
			if len(rules) == 0 && !asksForOfficers(scheme, built) {
				continue // such as the sections of a point
			}
			assert.NotEmpty(t, rules, "%s, where nobody appoints", at)
			for _, builder := range unitsOf(d.GetBuilderLevels(), d.GetBuilderKinds()) {
				assert.True(t, builder.GetKind() == networkv1.UnitKind_UNIT_KIND_CENTER ||
					slices.ContainsFunc(rules, func(r *networkv1.AppointmentRule) bool {
						return access.Fits(r.GetAppointerLevels(), r.GetAppointerKinds(), builder) && sameLines(r, d)
					}), "%s, where %s appoints nobody", at, builder.GetLevel())
			}
		}
	}
	for _, r := range scheme.GetAppointmentRules() {
		for _, served := range unitsOf(r.GetUnitLevels(), r.GetUnitKinds()) {
			assert.True(t, served.GetKind() == networkv1.UnitKind_UNIT_KIND_CENTER || len(r.GetUnitKinds()) == 0 ||
				slices.ContainsFunc(scheme.GetDelegations(), func(d *networkv1.DelegationRule) bool {
					return d.GetCreate() && access.Fits(d.GetUnitLevels(), d.GetUnitKinds(), served)
				}), "%s: %s appoints at %s %s, which nobody builds", scheme.GetName(), r.GetId(), served.GetLevel(), served.GetKind())
		}
	}
	holds := func(role *networkv1.Role, permission string) bool {
		return slices.Contains(access.Granted([]*networkv1.Role{role}), permission)
	}
	warned, warns := false, false
	for _, role := range scheme.GetRoles() {
		if holds(role, "network.officers.manage") {
			for _, needed := range []string{"network.officer_points.read", "network.trainings.manage", "network.units.build"} {
				assert.True(t, holds(role, needed), "%s: %s appoints without %s", scheme.GetName(), role.GetId(), needed)
			}
		}
		warned = warned || holds(role, "warning.answer")
		warns = warns || holds(role, "warning.handle")
	}
	assert.Equal(t, warned, warns, "%s: who answers warnings is warned", scheme.GetName())
}

// stepMethods are the RPCs by which the steps of each kind are done.
var stepMethods = map[warningv1.StepKind][]string{
	warningv1.StepKind_STEP_KIND_ACKNOWLEDGE: {"AcknowledgeWarning"},
	warningv1.StepKind_STEP_KIND_EXPLAIN:     {"ExplainWarning"},
	warningv1.StepKind_STEP_KIND_TALK:        {"RecordTalk", "SignTalk"},
	warningv1.StepKind_STEP_KIND_PLAN:        {"SubmitPlan"},
	warningv1.StepKind_STEP_KIND_RECTIFY:     {"SubmitRectification"},
	warningv1.StepKind_STEP_KIND_CHECK:       {"CheckRectification"},
	warningv1.StepKind_STEP_KIND_LOOK_BACK:   {"LookBack"},
	warningv1.StepKind_STEP_KIND_DECIDE:      {"DecideCase"},
}

// checkStepRights checks that some role may do each step of each form, and that one which may approve passes each stage (C11, T6).
func checkStepRights(t *testing.T, network *networkv1.Scheme, scheme *warningv1.Scheme) {
	t.Helper()
	mayCall := func(method string, roles []string, at string) {
		rule, err := accessv1.Of(warningv1.File_qingfeng_warning_v1_warning_proto.Services().ByName("WarningService").
			Methods().ByName(protoreflect.Name(method)))
		require.NoError(t, err)
		assert.True(t, slices.ContainsFunc(network.GetRoles(), func(r *networkv1.Role) bool {
			return (len(roles) == 0 || slices.Contains(roles, r.GetId())) &&
				slices.Contains(access.Granted([]*networkv1.Role{r}), rule.GetPermission())
		}), "%s %s: nobody may call %s", scheme.GetName(), at, method)
	}
	for _, level := range scheme.GetWarningLevels() {
		mayCall("IssueWarning", level.GetIssuerRoles(), level.GetId())
		for _, stage := range level.GetApprovals() {
			mayCall("ApproveWarning", stage.GetRoles(), level.GetId()+" "+stage.GetId())
		}
		for _, form := range level.GetForms() {
			for _, step := range form.GetSteps() {
				for _, method := range stepMethods[step.GetKind()] {
					mayCall(method, nil, level.GetId()+" "+form.GetId()+" "+step.GetId())
				}
			}
		}
	}
}

// asksForOfficers tells whether a unit without officers would be a gap.
func asksForOfficers(scheme *networkv1.Scheme, unit *networkv1.Unit) bool {
	return slices.ContainsFunc(scheme.GetCoverageRules(), func(r *networkv1.CoverageRule) bool {
		return r.GetNeed() == networkv1.CoverageNeed_COVERAGE_NEED_OFFICER && access.Fits(r.GetUnitLevels(), r.GetUnitKinds(), unit)
	})
}

// unitsOf is a unit of each of some levels and kinds; of all kinds where none is named.
func unitsOf(levels []typev1.Level, kinds []networkv1.UnitKind) []*networkv1.Unit {
	if len(kinds) == 0 {
		for kind := range networkv1.UnitKind_name {
			if kind != 0 {
				kinds = append(kinds, networkv1.UnitKind(kind))
			}
		}
	}
	var all []*networkv1.Unit
	for _, level := range levels {
		for _, kind := range kinds {
			all = append(all, &networkv1.Unit{Level: level, Kind: kind})
		}
	}
	return all
}

// appointingRules are those by which regular officers are appointed for a unit.
func appointingRules(scheme *networkv1.Scheme, unit *networkv1.Unit) []*networkv1.AppointmentRule {
	var rules []*networkv1.AppointmentRule
	for _, r := range scheme.GetAppointmentRules() {
		if slices.Contains(r.GetOfficerTypes(), networkv1.OfficerType_OFFICER_TYPE_REGULAR) &&
			access.Fits(r.GetUnitLevels(), r.GetUnitKinds(), unit) {
			rules = append(rules, r)
		}
	}
	return rules
}

// sameLines tells whether an appointment goes along the lines that a delegation goes along.
func sameLines(r *networkv1.AppointmentRule, d *networkv1.DelegationRule) bool {
	for _, line := range d.GetLines() {
		if !slices.Contains(r.GetLines(), line) {
			return false
		}
	}
	return true
}
