package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// shared is a warning to the township, to the holder of a post there, and to another township.
func shared(warningLevel string) *warningv1.IssueWarningRequest {
	req := notice(warningLevel)
	req.FurtherAddressees = []*warningv1.Addressee{{Unit: township, Position: "主任", Person: "甲"}, {Unit: other}}
	return req
}

// part has a unit acknowledge or explain for an addressee.
func (o office) part(t *testing.T, name string, addressee int32, explains bool) (*warningv1.Warning, error) {
	t.Helper()
	if !explains {
		w, err := o.warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name, Addressee: addressee})
		return w, err
	}
	w, err := o.warnings.ExplainWarning(t.Context(), &warningv1.ExplainWarningRequest{
		Name: name, Addressee: addressee, Explanation: "公开栏维修",
	})
	return w, err
}

// owed are the steps that are awaited of the addressees.
func owed(w *warningv1.Warning) (steps []string) {
	for _, a := range w.GetAddressees() {
		steps = append(steps, a.GetAwaited().GetStep())
	}
	return steps
}

func TestH9_UnitAndHolderOfAPostEachAnswer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk, further := as(s, "handler", suitetest.City), as(s, "clerk", township), as(s, "clerk", other)
	w := city.issue(t, shared("blue"))
	name := w.GetName()
	assert.Contains(t, w.GetNotice().GetBody().GetZh(), "沙塘路街道、沙塘路街道（主任）、")
	assert.Equal(t, []string{"acknowledge", "acknowledge", "acknowledge"}, owed(w))
	do := func(o office, addressee int32, explains bool) *warningv1.Warning {
		t.Helper()
		w, err := o.part(t, name, addressee, explains)
		require.NoError(t, err)
		return w
	}

	do(clerk, 0, false)
	w = do(clerk, 0, true)
	assert.Equal(t, []string{"", "acknowledge", "acknowledge"}, owed(w), "nobody waits for another addressee")
	assert.EqualValues(t, 2, w.GetAwaited().GetAddressee(), "the first of whom something is awaited")
	_, err := clerk.part(t, name, 0, false)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_STEP")
	_, err = clerk.part(t, name, 2, true)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	for _, o := range []office{further, as(s, "clerk", county)} {
		_, err = o.part(t, name, 2, false)
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	}
	_, err = clerk.part(t, name, 4, false)
	suitetest.RequireFieldFaults(t, err, map[string]string{"addressee": "UNKNOWN_ADDRESSEE"})
	do(clerk, 2, false)
	do(clerk, 2, true)
	assert.Equal(t, []string{"", "", "explain"}, owed(do(further, 0, false)))
	end := &warningv1.CloseWarningRequest{Name: name, Note: "已办结", Outcomes: []*warningv1.AddresseeOutcome{
		{Addressee: 2, Outcome: "批评教育"}, {Addressee: 3, Outcome: "情况属实，已改正"},
	}}
	_, err = city.warnings.CloseWarning(t.Context(), end)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	assert.Equal(t, warningv1.StepKind_STEP_KIND_CLOSE, do(further, 3, true).GetAwaited().GetKind(), "all have done theirs")
	assert.Equal(t, []string{"inbox.warning_step_done", "inbox.warning_step_done", "inbox.warning_to_close"},
		told(t, s, suitetest.City, name, 3))

	end.Outcomes[1].Addressee = 2
	_, err = city.warnings.CloseWarning(t.Context(), end)
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcomes[1].addressee": "SAME_ADDRESSEE"})
	end.Outcomes[1].Addressee = 3
	w, err = city.warnings.CloseWarning(t.Context(), end)
	require.NoError(t, err)
	assert.Equal(t, "批评教育", w.GetAddressees()[1].GetOutcome())
	assert.Equal(t, "甲", w.GetAddressees()[1].GetPerson())
}

func TestH9_T7_AFurtherAddresseeIsWarnedOfAFindingOnceToo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	as(s, "clerk", township).tip(t, village, "collective_funds", 3)
	as(s, "clerk", county).tip(t, county, "collective_funds", 3)
	city.run(t, "2026-11")
	first := city.follow(t, county, "collective_funds", "blue")
	first.FurtherAddressees = []*warningv1.Addressee{{Unit: county, Position: "局长"}}
	city.issue(t, first)
	second := city.follow(t, county, "collective_funds", "blue")
	second.Position = "局长"
	_, err := city.warnings.IssueWarning(t.Context(), second)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FINDING_WARNED")
	second.Position = "副局长"
	city.issue(t, second)
}

func TestH9_AHoldersPartIsReadByItsUnitAndByThoseWhoJudge(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := shared("blue")
	req.SupervisingUnit = suitetest.City
	name := as(s, "handler", suitetest.City).issue(t, req).GetName()
	clerk, further := as(s, "clerk", township), as(s, "clerk", other)
	for _, number := range []int32{1, 2} {
		for _, explains := range []bool{false, true} {
			_, err := clerk.part(t, name, number, explains)
			require.NoError(t, err)
		}
	}
	read := func(w *warningv1.Warning) (parts []string) {
		for _, step := range w.GetSteps() {
			if step.GetId() == "explain" && step.GetAddressee() < 3 {
				for _, r := range step.GetRecords() {
					parts = append(parts, r.GetExplanation())
				}
			}
		}
		return append(parts, w.GetAddressees()[1].GetPerson())
	}
	for _, o := range []office{clerk, as(s, "clerk", county), as(s, "clerk", suitetest.City)} {
		assert.Equal(t, []string{"公开栏维修", "公开栏维修", "甲"}, read(o.get(t, name)))
	}
	assert.Equal(t, []string{"公开栏维修", ""}, read(further.get(t, name)), "another addressee reads the units' parts")
	answer, err := further.part(t, name, 0, false)
	require.NoError(t, err)
	assert.Equal(t, []string{"公开栏维修", ""}, read(answer))
	listed, err := further.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: other})
	require.NoError(t, err)
	assert.Equal(t, []string{"公开栏维修", ""}, read(listed.GetWarnings()[0]))
	for _, e := range listed.GetWarnings()[0].GetHistory() {
		assert.Truef(t, e.GetAddressee() != 2 || e.GetNote() == "", "%v", e)
	}
	_, err = as(s, "clerk", stranger).warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

func TestH9_WarningsAreListedForEachAddresseesUnitOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, shared("orange")).GetName()
	listed := func(o office, unit string) (names []string) {
		t.Helper()
		list, err := o.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: unit})
		require.NoError(t, err)
		for _, w := range list.GetWarnings() {
			names = append(names, w.GetName())
		}
		return names
	}
	for _, unit := range []string{township, other} {
		assert.Empty(t, listed(as(s, "clerk", unit), unit), "it did not go out")
		_, err := as(s, "clerk", unit).warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: name})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	as(s, "reviewer", suitetest.City).approve(t, city.get(t, name))
	for _, unit := range []string{township, other, county, suitetest.City} {
		assert.Equal(t, []string{name}, listed(as(s, "clerk", unit), unit))
		assert.Contains(t, told(t, s, other, name, 1), "inbox.warning_issued")
	}
	assert.Empty(t, listed(city, stranger))
}

func TestH9_AddresseesAreChecked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	fails := func(o office, further ...*warningv1.Addressee) error {
		req := notice("blue")
		req.FurtherAddressees = further
		_, err := o.warnings.IssueWarning(t.Context(), req)
		return err
	}
	city := as(s, "handler", suitetest.City)
	suitetest.RequireFieldFaults(t, fails(city, &warningv1.Addressee{Unit: township}, &warningv1.Addressee{Unit: other},
		&warningv1.Addressee{Unit: township, Position: "主任"}, &warningv1.Addressee{Unit: township, Position: "主任", Person: "乙"}),
		map[string]string{"further_addressees[0]": "SAME_ADDRESSEE", "further_addressees[3]": "SAME_ADDRESSEE"})
	suitetest.RequireFieldFaults(t, fails(city, &warningv1.Addressee{Unit: "units/999999"}),
		map[string]string{"further_addressees[0].unit": "UNKNOWN_UNIT"})
	suitetest.RequireFieldFaults(t, fails(as(s, "handler", county), &warningv1.Addressee{Unit: stranger}),
		map[string]string{"further_addressees[0].unit": "UNKNOWN_UNIT"})
	suitetest.RequireFieldFaults(t, fails(city, &warningv1.Addressee{Unit: other, Person: "甲"}),
		map[string]string{"further_addressees[0].position": "REQUIRED"})
	suitetest.RequireRefused(t, fails(city, &warningv1.Addressee{Unit: suitetest.City, Position: "主任"}),
		codes.PermissionDenied, "OWN_WARNING")
	suitetest.RequireRefused(t, fails(city, &warningv1.Addressee{Unit: county}), codes.FailedPrecondition, "SUPERVISOR_BELOW")
}

func TestT7_H9_EachAddresseeHasLimitsOfItsOwn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk, further := as(s, "handler", suitetest.City), as(s, "clerk", township), as(s, "clerk", other)
	name := city.issue(t, shared("blue")).GetName()
	paused, err := city.warnings.PauseWarning(t.Context(), &warningv1.PauseWarningRequest{
		Name: name, Addressee: 3, Reason: "防汛", Until: "2026-11-06",
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-05", paused.GetAddressees()[0].GetAwaited().GetDeadline().GetDue())
	assert.Equal(t, "2026-11-11", paused.GetAddressees()[2].GetAwaited().GetDeadline().GetDue(), "five working days stand")
	assert.EqualValues(t, 3, paused.GetHistory()[1].GetAddressee())
	_, err = as(s, "administrator", other).extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	_, err = city.warnings.ExtendWarning(t.Context(), &warningv1.ExtendWarningRequest{Name: name, Addressee: 4, Reason: "防汛"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"addressee": "UNKNOWN_ADDRESSEE"})

	s.Clock.Advance(2 * 24 * time.Hour) // 4 November, a working day before
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_step_due", "inbox.warning_step_due"}, told(t, s, township, name, 3))
	assert.Equal(t, []string{"inbox.warning_issued", "inbox.warning_limit_changed"}, told(t, s, other, name, 2), "its own limit is far")
	for _, number := range []int32{1, 2} {
		_, err = clerk.part(t, name, number, false)
		require.NoError(t, err)
	}
	s.Clock.Advance(2 * 24 * time.Hour) // 6 November: those of the township have passed
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "blue", city.get(t, name).GetWarningLevel())
	s.Clock.Advance(6 * 24 * time.Hour) // 12 November
	s.RunJob("warning.escalate_overdue")
	w := further.get(t, name)
	assert.Equal(t, "yellow", w.GetWarningLevel(), "it rises by the delay of one")
	assert.EqualValues(t, 3, w.GetHistory()[len(w.GetHistory())-1].GetAddressee())
	assert.Equal(t, []string{"acknowledge", "acknowledge", "acknowledge"}, owed(w), "the form begins anew for each")
	assert.Len(t, w.GetEarlierSteps(), 2)
	told(t, s, suitetest.City, name, 1)
	require.Contains(t, titles(t, s, suitetest.City, name)[0], "对预警“集体资金”逾期未办，已自动上调为黄色预警。")
	assert.NotContains(t, titles(t, s, suitetest.City, name)[0], "沙塘路街道", "it names who was late")
}

func TestH9_EachDelayIsToldByItself(t *testing.T) {
	t.Parallel()
	const first, second = "units/health_huashan", "units/health_yushan"
	s := suitetest.Of(t, "h", "units/health")
	centre := as(s, "duty_reporter", "units/health")
	req := to(first, "units/health", "warning", "")
	req.FurtherAddressees = []*warningv1.Addressee{{Unit: second}, {Unit: second, Position: "科长"}}
	name := centre.issue(t, req).GetName()
	_, err := as(s, "reporter", first).part(t, name, 0, false)
	require.NoError(t, err)
	s.Clock.Advance(7 * 24 * time.Hour) // three working days to acknowledge are over
	s.RunJob("warning.escalate_overdue")
	s.RunJob("warning.escalate_overdue")
	w := centre.get(t, name)
	require.Equal(t, []string{"issue", "acknowledge", "overdue", "overdue"}, acts(w))
	assert.EqualValues(t, 2, w.GetHistory()[2].GetAddressee())
	assert.EqualValues(t, 3, w.GetHistory()[3].GetAddressee())
	assert.NotContains(t, toldAs(t, s, "reporter", first, name, 1), "inbox.warning_overdue", "it is not late")
	assert.Contains(t, toldAs(t, s, "reporter", second, name, 3), "inbox.warning_overdue")
	as(s, "reporter", first).rectify(t, name)
	_, err = centre.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: "units/health", Passed: true, Note: "已核查",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST") // who judges waits for all
	for _, number := range []int32{2, 3} {
		_, err := as(s, "reporter", second).part(t, name, number, false)
		require.NoError(t, err)
	}
	centre.check(t, name, "units/health", true)
	assert.Equal(t, closed, centre.close(t, name).GetState())
}

func TestH9_SuccessorOfAnAddresseeAnswersAndNeverJudges(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := shared("yellow")
	req.Unit, req.FurtherAddressees[1].Unit = other, township
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, req).GetName()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: township, ChildrenTo: county, Reason: "撤销"})
	require.NoError(t, err)
	s.RunJob("warning.follow_moves")
	judge, successor := as(s, "administrator", county), as(s, "clerk", county)
	for _, err := range judge.rulings(t, city.get(t, name)) {
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	}
	_, err = judge.extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	for _, number := range []int32{2, 3} {
		_, err := successor.part(t, name, number, false)
		require.NoError(t, err)
	}
	as(s, "clerk", other).acknowledge(t, name)
	city.talk(t, name)
	as(s, "clerk", other).sign(t, name)
	as(s, "clerk", other).rectify(t, name)
	_, err = judge.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: county, Passed: true, Note: "x",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_SUPERVISOR") // the office is the successor now
	as(s, "reviewer", suitetest.City).check(t, name, county, true)
	city.close(t, name)
}

func TestH9_FiguresCountAWarningOnceForAUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	name := city.issue(t, shared("yellow")).GetName()
	for _, number := range []int32{1, 2} {
		_, err := as(s, "clerk", township).part(t, name, number, false)
		require.NoError(t, err)
	}
	as(s, "clerk", other).acknowledge(t, name)
	city.talk(t, name)
	as(s, "clerk", township).sign(t, name)
	as(s, "clerk", township).rectify(t, name)
	listed, err := city.figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
		Root: suitetest.City, Units: []string{township, other}, Period: "2026-11", Measures: []string{"warning.rectified_on_time"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, listed.GetFigures()[0].GetDenominator(), "for the unit, and not for the post again")
	assert.EqualValues(t, 1, listed.GetFigures()[0].GetNumerator())
	assert.Zero(t, listed.GetFigures()[1].GetDenominator(), "it has nothing to rectify")
}

func TestC11_AtTheTopmostUnitNobodyJudgesTheirOwnWork(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	account := func(subject string) office {
		return on(s.AsPrincipal(access.Principal{Subject: subject, Unit: commerce, Roles: []string{"leading_group_office"}}))
	}
	one, two := account("accounts/one"), account("accounts/two")
	name := one.issue(t, to(finance, commerce, "yellow", "notice")).GetName()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", commerce)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: finance, ChildrenTo: commerce, Reason: "撤并"})
	require.NoError(t, err)
	s.RunJob("warning.follow_moves")
	one.acknowledge(t, name) // it acts for the unit that ended, and no unit is above it
	one.rectify(t, name)
	_, err = one.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: commerce, Passed: true, Note: "x",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
	_, err = one.warnings.WithdrawWarning(t.Context(), &warningv1.WithdrawWarningRequest{Name: name, Reason: "x"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
	two.check(t, name, commerce, true)
	assert.Equal(t, closed, two.close(t, name).GetState())
}
