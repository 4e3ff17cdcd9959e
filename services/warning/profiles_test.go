package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	closed   = warningv1.WarningState_WARNING_STATE_CLOSED
	commerce = "units/commerce"
	finance  = "units/commerce_finance"
	school   = "units/school"
)

// to is a warning of a unit, which supervises it too, to another one.
func to(unit, by, level, form string) *warningv1.IssueWarningRequest {
	return &warningv1.IssueWarningRequest{
		Unit: unit, WarningLevel: level, Form: form, Title: "收费公示", Grounds: "两处窗口没有公示收费标准", SupervisingUnit: by,
	}
}

func TestT6_AReminderOfAnyColourEndsWithItsReceipt(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office, clerk := as(s, "leading_group_office", commerce), as(s, "section", finance)
	for _, colour := range []string{"green", "yellow", "red"} {
		w := office.issue(t, to(finance, commerce, colour, "reminder"))
		assert.Equal(t, "廉政风险预警提醒", w.GetNotice().GetTitle().GetZh())
		if colour == "green" {
			assert.Nil(t, w.GetAwaited().GetDeadline(), "green has no limit")
		}
		w = clerk.acknowledge(t, w.GetName())
		assert.Equal(t, closed, w.GetState())
		assert.Nil(t, w.GetAwaited())
		assert.Equal(t, closed, w.GetHistory()[1].GetState())
		_, err := clerk.warnings.SubmitRectification(t.Context(), rectification(w.GetName()))
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
		_, err = office.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: w.GetName(), Note: "已办结"})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	}
}

func TestT6_T7_TheNoticeAsksForRectificationInTime(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office, clerk := as(s, "leading_group_office", commerce), as(s, "section", finance)
	w := office.issue(t, to(finance, commerce, "yellow", "notice"))
	name := w.GetName()
	assert.Contains(t, w.GetNotice().GetBody().GetZh(), "2026-11-23前整改到位")
	assert.Equal(t, "2026-11-23", w.GetDueOn())
	clerk.acknowledge(t, name)
	clerk.explain(t, name)
	s.Clock.Advance(22 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	w = clerk.get(t, name)
	assert.Equal(t, "red", w.GetWarningLevel(), "overdue rises by itself")
	assert.Equal(t, "notice", w.GetForm(), "to the usual form of that level")
	clerk.acknowledge(t, name)
	clerk.rectify(t, name)
	office.check(t, name, commerce, true)
	assert.Equal(t, closed, office.close(t, name).GetState())

	red := office.issue(t, to(finance, commerce, "red", "")).GetName()
	s.Clock.Advance(7 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	w = clerk.get(t, red)
	assert.Equal(t, "red", w.GetWarningLevel(), "nothing rises from the last level")
	assert.Equal(t, []string{"issue", "overdue"}, acts(w))
}

func TestV3_AdviceAsksForAReportAndACircularForRectification(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "v", school)
	office, department := as(s, "discipline_office", school), as(s, "department", "units/school_logistics")
	advice := office.issue(t, to("units/school_logistics", school, "warning", "advice")).GetName()
	department.acknowledge(t, advice)
	_, err := department.warnings.SubmitRectification(t.Context(), rectification(advice))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_STEP")
	department.explain(t, advice)
	assert.Equal(t, closed, office.close(t, advice).GetState())

	circular := office.issue(t, to("units/school_logistics", school, "warning", "circular")).GetName()
	department.acknowledge(t, circular)
	department.rectify(t, circular)
	office.check(t, circular, school, true)
	assert.Equal(t, closed, office.close(t, circular).GetState())
}

func TestH9_APointWarnsASectionAndHearsOfItsDelay(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "h", "units/health")
	centre := as(s, "duty_reporter", "units/health")
	name := centre.issue(t, to("units/health_huashan", "units/health", "warning", "")).GetName()
	s.Clock.Advance(7 * 24 * time.Hour) // three working days to acknowledge are over
	s.RunJob("warning.escalate_overdue")
	w := centre.get(t, name)
	assert.Equal(t, "warning", w.GetWarningLevel(), "there is no other level")
	require.Equal(t, []string{"issue", "overdue"}, acts(w))
	point := as(s, "reporter", "units/health_huashan")
	point.acknowledge(t, name)
	point.rectify(t, name)
	centre.check(t, name, "units/health", true)
	assert.Equal(t, closed, centre.close(t, name).GetState())
}
