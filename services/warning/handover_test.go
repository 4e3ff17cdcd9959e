package warning_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	asked    = "inbox.warning_step_awaited"
	passedOn = "inbox.warning_passed_on"
)

// merge ends a unit in another one, which the warnings follow, however often they look.
func merge(t *testing.T, s *suitetest.Suite, unit, into string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: unit}}, Into: into, Reason: "撤并"})
	require.NoError(t, err)
	followed(s)
}

// heard are the kinds of messages about a record in a unit's inbox, once one is among them.
func heard(t *testing.T, s *suitetest.Suite, role, unit, name, kind string) (kinds []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		kinds = toldAs(t, s, role, unit, name, 0)
		return slices.Contains(kinds, kind)
	}, time.Minute, 50*time.Millisecond, kind)
	return kinds
}

func followed(s *suitetest.Suite) {
	s.RunJob("warning.follow_moves")
	s.RunJob("warning.follow_moves")
}

// handedIn is a yellow warning whose rectification waits for an office to check it.
func handedIn(t *testing.T, s *suitetest.Suite, office string) string {
	t.Helper()
	req := notice("yellow")
	req.SupervisingUnit = office
	name := talkedTo(t, s, req)
	as(s, "clerk", township).rectify(t, name)
	heard(t, s, "clerk", office, name, asked)
	return name
}

func TestH9_C12b_WhoEndsInTheAddresseeAfterItWasAskedLeavesTheCheckToTheUnitAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := handedIn(t, s, other)
	merge(t, s, other, township)
	assert.Equal(t, []string{asked}, told(t, s, county, name, 1), "at once")
	kinds := heard(t, s, "clerk", township, name, passedOn)
	assert.NotContains(t, kinds, asked, "it is asked no more")
	assert.NotContains(t, kinds, "inbox.warning_supervised")
	assert.Contains(t, kinds, "inbox.warning_issued", "what it was told as addressee stays")
	assert.Contains(t, titles(t, s, township, name),
		"机构变动后，黄色预警“集体资金”中原由本单位负责的事项改由花山区负责。（事关"+titleOf(t, s, other)+"，该单位已撤并，由承继单位办理。）")
	_, err := as(s, "administrator", township).warnings.CheckRectification(t.Context(),
		&warningv1.CheckRectificationRequest{Name: name, CheckingUnit: other, Passed: true, Note: "属实"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_SUPERVISOR")
	as(s, "reviewer", county).check(t, name, county, true)
	as(s, "handler", suitetest.City).close(t, name)
	assert.Equal(t, []string{asked, "inbox.warning_closed"}, told(t, s, county, name, 2), "once")
}

// titleOf is what a unit was called.
func titleOf(t *testing.T, s *suitetest.Suite, unit string) string {
	t.Helper()
	found, err := networkv1.NewUnitServiceClient(s.As("administrator", suitetest.City)).GetUnit(t.Context(),
		&networkv1.GetUnitRequest{Name: unit, AsOf: "2026-11-01"})
	require.NoError(t, err)
	return found.GetTitle()
}

func TestH9_C12b_WhoBecomesTheAddresseeAfterItWasAskedLeavesTheCheckToTheUnitAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := handedIn(t, s, county)
	require.NoError(t, suitetest.Endings()["disbanded"].End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
	followed(s)
	assert.Equal(t, []string{asked, "inbox.warning_step_done", asked}, told(t, s, suitetest.City, name, 3),
		"the talk, which was signed, and now the check")
	assert.NotContains(t, heard(t, s, "clerk", county, name, passedOn), asked)
	as(s, "reviewer", suitetest.City).check(t, name, suitetest.City, true)
}

func TestH9_ASuccessorThatMayJudgeIsNotAskedAnew(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := handedIn(t, s, other)
	merge(t, s, other, "units/340503003")
	heard(t, s, "clerk", "units/340503003", name, asked)
	as(s, "administrator", "units/340503003").check(t, name, "units/340503003", true)
	heard(t, s, "clerk", suitetest.City, name, "inbox.warning_to_close") // all is there that came before
	assert.NotContains(t, told(t, s, "units/340503003", name, 0), passedOn)
}

func TestC11_ObjectionsAndApprovalsPassOnWithTheTree(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := notice("yellow")
	req.Unit, req.SupervisingUnit = village, township
	objected := as(s, "administrator", township).issue(t, req).GetName()
	_, err := as(s, "administrator", village).object(t, objected)
	require.NoError(t, err)
	heard(t, s, "clerk", county, objected, "inbox.warning_objected")
	pending := as(s, "handler", county).issue(t, notice("orange"))
	heard(t, s, "clerk", county, pending.GetName(), "inbox.warning_pending")

	_, err = networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: village, Reason: "撤销"})
	require.NoError(t, err)
	require.NoError(t, suitetest.Endings()["disbanded"].End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
	followed(s)
	heard(t, s, "clerk", suitetest.City, objected, "inbox.warning_objected")
	assert.Equal(t, []string{"inbox.warning_pending"}, told(t, s, suitetest.City, pending.GetName(), 1))
	heard(t, s, "clerk", county, objected, passedOn)
	for _, title := range titles(t, s, county, objected) {
		if strings.Contains(title, "提出异议") {
			assert.Contains(t, title, "事关沙塘路街道", "what the township heard as issuer stays")
		}
	}
	require.Eventually(t, func() bool { return len(told(t, s, county, pending.GetName(), 0)) == 0 }, time.Minute, 50*time.Millisecond,
		"what never went out is nothing that its addressee hears of, nor finds among what it was asked before")
	assert.NotContains(t, strings.Join(everything(t, s, "clerk", county), "\n"), "橙色预警“集体资金”中")
	as(s, "reviewer", suitetest.City).approve(t, pending)
	_, err = as(s, "reviewer", suitetest.City).answer(t, objected, isDismissed)
	require.NoError(t, err)
}

func TestH9_ThePointThatItsSectionEndsInLeavesTheClosingToTheCentre(t *testing.T) {
	t.Parallel()
	const health, hospital, section = "units/health", "units/hospital_people", "units/section_people_pharmacy"
	s := suitetest.Of(t, "h", health)
	point, head := as(s, "reporter", hospital), as(s, "section_head", section)
	name := point.issue(t, to(section, hospital, "warning", "")).GetName()
	head.acknowledge(t, name)
	head.rectify(t, name)
	point.check(t, name, hospital, true)
	tree := networkv1.NewTreeServiceClient(s.As("administrator", health))
	for _, unit := range []string{"units/section_people_charges", section} { // where others have ended before
		_, err := tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: unit, Reason: "撤销"})
		require.NoError(t, err)
		followed(s)
	}
	heard(t, s, "duty_reporter", health, name, "inbox.warning_to_close")
	heard(t, s, "reporter", hospital, name, passedOn)
	_, err := point.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	assert.Equal(t, closed, as(s, "duty_reporter", health).close(t, name).GetState())
}

// everything is what all messages of a unit say, whatever they lead to.
func everything(t *testing.T, s *suitetest.Suite, role, unit string) (titles []string) {
	t.Helper()
	listed, err := networkv1.NewInboxServiceClient(s.As(role, unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, PageSize: 1000})
	require.NoError(t, err)
	for _, m := range listed.GetMessages() {
		titles = append(titles, m.GetTitle())
	}
	return titles
}

// times counts a kind among the messages of a unit about a record.
func times(t *testing.T, s *suitetest.Suite, role, unit, name, kind string) (n int) {
	t.Helper()
	for _, k := range toldAs(t, s, role, unit, name, 0) {
		if k == kind {
			n++
		}
	}
	return n
}

const late = "inbox.warning_overdue"

// Whom the delay was told to is, once the section has ended in it, the one that is late.
func TestC15_H9_ADelayToldBeforeADisbandingIsToldToWhoJudgesSince(t *testing.T) {
	t.Parallel()
	const health, hospital, section = "units/health", "units/hospital_people", "units/section_people_pharmacy"
	s := suitetest.Of(t, "h", health)
	name := as(s, "reporter", hospital).issue(t, to(section, hospital, "warning", "")).GetName()
	s.Clock.Advance(7 * 24 * time.Hour) // three working days to acknowledge are over
	s.RunJob("warning.escalate_overdue")
	heard(t, s, "section_head", section, name, late)
	heard(t, s, "reporter", hospital, name, late)
	assert.Empty(t, toldAs(t, s, "duty_reporter", health, name, 0), "it is not the one above the section")

	_, err := networkv1.NewTreeServiceClient(s.As("administrator", health)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: section, Reason: "撤销"})
	require.NoError(t, err)
	followed(s)
	heard(t, s, "duty_reporter", health, name, "inbox.warning_supervised")
	heard(t, s, "duty_reporter", health, name, late)
	s.RunJob("warning.escalate_overdue")
	as(s, "reporter", hospital).acknowledge(t, name)
	as(s, "reporter", hospital).rectify(t, name)
	heard(t, s, "duty_reporter", health, name, asked) // all is there that came before
	assert.Equal(t, 1, times(t, s, "duty_reporter", health, name, late), "once")
	assert.Equal(t, 1, times(t, s, "reporter", hospital, name, late), "which it has heard before")
}

func TestC15_H9_WhoAnswersAnObjectionSinceAMoveHearsThatTheAnswerIsLate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := notice("yellow")
	req.Unit, req.SupervisingUnit = village, township
	name := as(s, "administrator", township).issue(t, req).GetName()
	_, err := as(s, "administrator", village).object(t, name)
	require.NoError(t, err)
	const kind = "inbox.warning_objection_overdue"
	s.Clock.Advance(60 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	heard(t, s, "clerk", county, name, kind)
	heard(t, s, "clerk", suitetest.City, name, kind)

	_, err = networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: township, Parent: stranger, Reason: "区划调整"})
	require.NoError(t, err)
	followed(s)
	heard(t, s, "clerk", stranger, name, "inbox.warning_objected")
	heard(t, s, "clerk", stranger, name, kind)
	assert.Equal(t, 1, times(t, s, "clerk", suitetest.City, name, kind), "which stands above both")
}

// The station that judged has ended in a unit that is told for it, and stands above the section itself.
func TestH9_ASuccessorHearsOnceWhatItIsToldInTwoPlaces(t *testing.T) {
	t.Parallel()
	const health, station, successor, section = "units/health", "units/blood_station", "units/cdc", "units/section_blood_supply"
	s := suitetest.Of(t, "h", health)
	name := as(s, "reporter", station).issue(t, to(section, station, "warning", "")).GetName()
	_, err := networkv1.NewTreeServiceClient(s.As("administrator", health)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: station}}, Into: successor, Reason: "撤并"})
	require.NoError(t, err)
	followed(s)
	s.Clock.Advance(7 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	heard(t, s, "reporter", successor, name, late)
	as(s, "section_head", section).acknowledge(t, name)
	as(s, "section_head", section).rectify(t, name)
	heard(t, s, "reporter", successor, name, asked) // all is there that came before
	assert.Equal(t, 1, times(t, s, "reporter", successor, name, late))
	as(s, "reporter", successor).check(t, name, successor, false)
	as(s, "section_head", section).rectify(t, name)
	assert.Zero(t, times(t, s, "reporter", successor, name, "inbox.warning_check_failed"), "who acted is told of nothing, for whomever")
}
