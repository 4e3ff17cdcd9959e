package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// follow asks for a warning of a level to a unit, after the finding of the city's November there in an area.
func (o office) follow(t *testing.T, unit, area, warningLevel string) *warningv1.IssueWarningRequest {
	t.Helper()
	req := notice(warningLevel)
	req.Unit, req.SupervisingUnit, req.WarningLevelReason = unit, suitetest.City, "性质不同"
	req.Finding = o.listed(t, &warningv1.ListFindingsRequest{
		Unit: suitetest.City, AboutUnit: unit, SubjectArea: area, Period: "2026-11",
	})[0].GetName()
	return req
}

// settled is a yellow warning to the township of which nothing is owed.
func settled(t *testing.T, s *suitetest.Suite, req *warningv1.IssueWarningRequest) string {
	t.Helper()
	name := talkedTo(t, s, req)
	as(s, "clerk", township).rectify(t, name)
	as(s, "reviewer", req.GetSupervisingUnit()).check(t, name, req.GetSupervisingUnit(), true)
	return name
}

func TestC11_T6_AWarningFallsOnceThreeMonthsAreQuiet(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 5)
	as(s, "clerk", other).tip(t, other, "collective_funds", 5)
	city.run(t, "2026-11")
	name, byHand := settled(t, s, city.follow(t, township, "collective_funds", "yellow")), settled(t, s, notice("yellow"))
	busy := city.follow(t, other, "collective_funds", "yellow")
	owed := city.issue(t, busy).GetName()
	as(s, "clerk", other).acknowledge(t, owed)
	level := func(name string) string { return city.get(t, name).GetWarningLevel() }

	assert.Equal(t, "collective_funds", clerk.get(t, name).GetSubjectArea())
	s.RunJob("warning.fall")
	assert.Equal(t, "yellow", level(name), "no period has ended since the notice")
	s.Clock.Advance(62 * 24 * time.Hour) // 3 January
	city.run(t, "2026-12")
	s.RunJob("warning.fall")
	assert.Equal(t, "yellow", level(name), "the tips of November are not three months ago")
	s.Clock.Advance(40 * 24 * time.Hour) // 12 February
	city.run(t, "2027-02")
	s.RunJob("warning.fall")
	assert.Equal(t, "yellow", level(name), "February has not ended")
	s.Clock.Advance(20 * 24 * time.Hour) // 4 March
	city.run(t, "2027-02")
	s.RunJob("warning.fall")
	assert.Equal(t, "yellow", level(name), "what is sent late of February is waited for until 6 March")
	s.Clock.Advance(2 * 24 * time.Hour)
	city.run(t, "2027-02")
	s.RunJob("warning.fall")
	s.RunJob("warning.fall")
	w := clerk.get(t, name)
	assert.Equal(t, "blue", w.GetWarningLevel())
	assert.Equal(t, "lowered", w.GetForm())
	last := w.GetHistory()[len(w.GetHistory())-1]
	assert.Equal(t, "fall_level", last.GetAct())
	assert.Equal(t, "analyses/340500.2027-02: within[3] == 0", last.GetNote())
	assert.Empty(t, last.GetUnit(), "the suite does so by itself")
	assert.Contains(t, told(t, s, township, name, 4), "inbox.warning_level_changed_due")
	assert.Equal(t, "yellow", level(byHand), "it follows no finding")
	assert.Equal(t, "yellow", level(owed), "the talk is owed")
	clerk.acknowledge(t, name)
	w = city.close(t, name)
	assert.Equal(t, "2027-03-06", w.GetEndedOn())
}

// Tips about a village count for its township, and those about what has ended for what acts for it.
func TestC11_T6_AWarningFallsByTheTipsOfTheUnitThatTheyCountFor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stir(t, s)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", village)
	advanceTo(t, s, 2026, time.November, 6)
	s.RunJob(analysing)
	prevalent := city.listed(t, &warningv1.ListFindingsRequest{
		Unit: suitetest.City, FindingClasses: []string{"prevalent"}, AboutUnit: county,
	})
	req := notice("yellow")
	req.Unit, req.Finding, req.SupervisingUnit, req.WarningLevelReason = village, prevalent[0].GetName(), suitetest.City, "性质不同"
	name := city.issue(t, req).GetName()
	clerk.acknowledge(t, name)
	city.talk(t, name)
	clerk.sign(t, name)
	clerk.rectify(t, name)
	as(s, "reviewer", suitetest.City).check(t, name, suitetest.City, true)

	fallsBy := func(day int, month time.Month, period string) string {
		t.Helper()
		advanceTo(t, s, 2027, month, day)
		city.run(t, period)
		s.RunJob("warning.fall")
		return city.get(t, name).GetWarningLevel()
	}
	as(s, "clerk", township).tip(t, village, "ethics", 1)
	assert.Equal(t, "yellow", fallsBy(7, time.January, "2026-12"), "a tip of November about it counts for its township")
	assert.Equal(t, "blue", fallsBy(7, time.March, "2027-02"))
}

func TestT7_AWarningToTheUnitAboveMutesThoseBelow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 5)
	as(s, "clerk", county).tip(t, county, "collective_funds", 3)
	clerk.tip(t, village, "ethics", 3)
	city.run(t, "2026-11")
	below := city.issue(t, city.follow(t, township, "collective_funds", "yellow")).GetName()
	another := city.issue(t, city.follow(t, township, "ethics", "yellow")).GetName()
	above := city.issue(t, city.follow(t, county, "collective_funds", "blue")).GetName()
	muted := func() (names []string) {
		t.Helper()
		list, err := city.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: suitetest.City, Muted: true})
		require.NoError(t, err)
		for _, w := range list.GetWarnings() {
			names = append(names, w.GetName())
		}
		return names
	}

	assert.Equal(t, []string{below}, muted())
	assert.Equal(t, above, city.get(t, below).GetMutedBy())
	assert.True(t, clerk.get(t, below).GetMuted())
	assert.Empty(t, clerk.get(t, below).GetMutedBy(), "it learns not what a unit above was warned of")
	assert.False(t, clerk.get(t, another).GetMuted(), "it is about another area")
	late := city.follow(t, township, "collective_funds", "blue")
	late.Position = "主任"
	assert.True(t, city.issue(t, late).GetMuted(), "also one that comes later")

	as(s, "clerk", county).acknowledge(t, above)
	s.Clock.Advance(8 * 24 * time.Hour) // 10 November: two working days were given for the receipt
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", clerk.get(t, below).GetWarningLevel())
	assert.Equal(t, "orange", clerk.get(t, another).GetWarningLevel())
	assert.Equal(t, []string{"inbox.warning_issued"}, told(t, s, township, below, 1), "nobody was reminded")

	as(s, "reviewer", suitetest.City).withdraw(t, above)
	assert.Empty(t, muted())
	assert.False(t, clerk.get(t, below).GetMuted())
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", clerk.get(t, below).GetWarningLevel(), "it has the day")
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "orange", clerk.get(t, below).GetWarningLevel(), "it was not done meanwhile")
}

func TestT7_WhatIsDoneWhileMutedStaysDone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	clerk.tip(t, village, "collective_funds", 3)
	as(s, "clerk", county).tip(t, county, "collective_funds", 3)
	city.run(t, "2026-11")
	city.issue(t, city.follow(t, county, "collective_funds", "blue"))
	below := city.issue(t, city.follow(t, township, "collective_funds", "blue")).GetName()
	clerk.acknowledge(t, below)
	clerk.explain(t, below)
	w := city.close(t, below)
	assert.False(t, w.GetMuted(), "it has ended")
	assert.Equal(t, "2026-11-02", w.GetEndedOn())
}

// T's colours are states of the risk: signs that were put right, and that a month brings no more of, are none any more.
func TestT6_T7_YellowFallsToGreenAndEndsWithItsReceipt(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office, clerk := as(s, "leading_group_office", commerce), as(s, "section", finance)
	_, err := office.tips.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: commerce, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: &networkv1.TipContent{
			Unit: finance, SubjectArea: "finance", Channel: "letter", Title: "收费公示", Body: "两处窗口没有公示收费标准。",
		},
	})
	require.NoError(t, err)
	advanceTo(t, s, 2026, time.December, 1)
	s.RunJob(analysing)
	req := to(finance, commerce, "yellow", "notice")
	req.Finding = office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce, Period: "2026-11"})[0].GetName()
	req.WarningLevelReason = "出现苗头"
	name := office.issue(t, req).GetName()
	clerk.acknowledge(t, name)
	clerk.rectify(t, name)
	office.check(t, name, commerce, true)
	advanceTo(t, s, 2027, time.January, 1)
	s.RunJob(analysing)
	s.RunJob("warning.fall")
	w := clerk.get(t, name)
	assert.Equal(t, "green", w.GetWarningLevel())
	assert.Equal(t, "reminder", w.GetForm())
	assert.Equal(t, closed, clerk.acknowledge(t, name).GetState())
}
