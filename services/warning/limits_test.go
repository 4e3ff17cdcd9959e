package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func (o office) extend(t *testing.T, name string) (*warningv1.Warning, error) {
	t.Helper()
	answer, err := o.warnings.ExtendWarning(t.Context(), &warningv1.ExtendWarningRequest{Name: name, Reason: "整改涉及多个村。"})
	return answer, err
}

func (o office) pause(t *testing.T, name, until string) (*warningv1.Warning, error) {
	t.Helper()
	answer, err := o.warnings.PauseWarning(t.Context(), &warningv1.PauseWarningRequest{Name: name, Reason: "等待审计", Until: until})
	return answer, err
}

func (o office) resume(t *testing.T, name string) (*warningv1.Warning, error) {
	t.Helper()
	answer, err := o.warnings.ResumeWarning(t.Context(), &warningv1.ResumeWarningRequest{Name: name})
	return answer, err
}

func TestT7_AwaitedActIsExtendedAndPausedAsTheSchemeAllows(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, checker := as(s, "clerk", township), as(s, "reviewer", county)
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, notice("yellow")).GetName()
	_, err := checker.extend(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EXTENDED_TOO_OFTEN") // the receipt can only wait
	clerk.acknowledge(t, name)
	city.talk(t, name)
	assert.Equal(t, "2026-11-23", clerk.sign(t, name).GetAwaited().GetDeadline().GetDue())

	w, err := checker.extend(t, name)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30", w.GetAwaited().GetDeadline().GetDue(), "five working days more")
	assert.Contains(t, w.GetAwaited().GetDeadline().GetArithmetic().GetZh(), "延长")
	assert.Equal(t, "2026-11-23", stepOf(w, "rectify").GetLimit().GetExtensions()[0].GetExtendedFrom())
	_, err = checker.extend(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EXTENDED_TOO_OFTEN")

	s.Clock.Advance(24 * time.Hour) // Tuesday, 3 November
	_, err = checker.resume(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_PAUSED")
	_, err = checker.pause(t, name, "2026-12-03")
	suitetest.RequireFieldFaults(t, err, map[string]string{"until": "PAUSE_TOO_LONG"})
	w, err = checker.pause(t, name, "2026-11-30")
	require.NoError(t, err)
	assert.Equal(t, "2026-12-28", w.GetAwaited().GetDeadline().GetDue(), "twenty working days stand still")
	assert.Contains(t, w.GetAwaited().GetDeadline().GetArithmetic().GetZh(), "等待审计")
	assert.Equal(t, w.GetAwaited().GetDeadline().GetDue(), w.GetDueOn(), "assessed by the day granted")
	_, err = checker.pause(t, name, "2026-11-05")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ALREADY_PAUSED")

	s.Clock.Advance(7 * 24 * time.Hour)
	w, err = checker.resume(t, name)
	require.NoError(t, err)
	assert.Equal(t, "2026-12-07", w.GetAwaited().GetDeadline().GetDue(), "five of them did")
	assert.Equal(t, "2026-11-09", stepOf(w, "rectify").GetLimit().GetPauses()[0].GetTo())
	_, err = checker.pause(t, name, "2026-11-12")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PAUSED_TOO_OFTEN")

	assert.Equal(t, []string{"issue", "acknowledge", "record_talk", "sign_talk", "extend", "pause", "resume"}, acts(w))
	assert.Equal(t, county, w.GetHistory()[5].GetUnit())
	assert.Equal(t, "等待审计", w.GetHistory()[5].GetNote())
	assert.Equal(t, "rectify", w.GetHistory()[5].GetStep())
	assert.Equal(t, "2026-12-28", w.GetHistory()[5].GetDeadline().GetDue())
}

func TestT7_NobodyExtendsTheirOwnLimit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	req := notice("yellow")
	req.SupervisingUnit = stranger // another district: no ancestor of the township
	name := talkedTo(t, s, req)

	_, err := clerk.pause(t, name, "2026-11-06")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(s, "administrator", township).pause(t, name, "2026-11-06")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	_, err = as(s, "reviewer", "units/340506").pause(t, name, "2026-11-06")
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(s, "reviewer", stranger).pause(t, name, "2026-11-06")
	require.NoError(t, err)
	_, err = city.resume(t, name)
	require.NoError(t, err)

	w := clerk.rectify(t, name)
	assert.Equal(t, stranger, stepOf(w, "check").GetLimit().GetUnit())
	_, err = as(s, "reviewer", stranger).extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	_, err = as(s, "administrator", township).extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	w, err = city.extend(t, name)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-23", w.GetAwaited().GetDeadline().GetDue(), "ten working days and five")
	s.Clock.Advance(22 * 24 * time.Hour)
	_, err = city.extend(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LIMIT_PASSED")
	as(s, "reviewer", stranger).check(t, name, stranger, true)
	_, err = as(s, "reviewer", stranger).extend(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_LIMIT")
	city.close(t, name)
	_, err = as(s, "reviewer", stranger).extend(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT7_PausedWarningDoesNotRise(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, notice("blue")).GetName()

	w, err := city.pause(t, name, "2026-11-16") // the receipt was due on the 5th
	require.NoError(t, err)
	assert.Equal(t, "2026-11-19", w.GetAwaited().GetOverdueAfter())
	assert.Equal(t, "2026-11-30", stepOf(w, "explain").GetLimit().GetDeadline().GetDue(), "the limit to explain stands as well")
	s.Clock.Advance(17 * 24 * time.Hour) // its last day
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "blue", city.get(t, name).GetWarningLevel())
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", city.get(t, name).GetWarningLevel())
	w = city.get(t, name)
	assert.Equal(t, "2026-11-19", w.GetHistory()[2].GetNote())
	assert.Empty(t, stepOf(w, "acknowledge").GetLimit().GetPauses(), "the fresh notice begins limits of its own")
}

func TestT7_FaultyLeewayIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City).schemes
	scheme, err := admin.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	spoilt := proto.CloneOf(scheme)
	spoilt.EffectiveFrom = "2026-12-01"
	steps := spoilt.GetWarningLevels()[0].GetForms()[0].GetSteps()
	steps[0].Leeway, steps[1].Leeway = &typev1.Leeway{Extensions: 1}, &typev1.Leeway{Pauses: 1}
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: spoilt})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.warning_levels[0].forms[0].steps[0].leeway.extend_by":  "REQUIRED",
		"scheme.warning_levels[0].forms[0].steps[1].leeway.pause_days": "REQUIRED",
	})
}
