package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	county      = networktest.County
	otherCounty = "units/340504"
	town        = networktest.Township
	otherTown   = networktest.OtherTownship
	lateTown    = "units/340503002"
	waivedTown  = "units/340503003"
	village     = networktest.Village
	nextVillage = "units/340503001004"
	agency      = "units/education"
	branch      = "units/education_branch"
	regular     = networkv1.OfficerType_OFFICER_TYPE_REGULAR
)

// city is a city's discipline commission through the last quarter of 2026 (C1 to C10).
type city struct {
	*body

	// centre is its workstation.
	centre office
	// officer serves the village, townOfficer the other township.
	officer, townOfficer string
}

func (c *city) clerk(unit string) office { return c.office("clerk", unit) }

//nolint:tparallel // the steps follow each other through one quarter
func TestProfileC_AQuarterOfACity(t *testing.T) {
	t.Parallel()
	c := &city{body: found(t, "c", "maanshan", suitetest.City, "handler", "clerk")}
	c.centre = c.office("handler", c.root)
	_ = t.Run("C1_TheTreeOfACity", c.tree) &&
		t.Run("C2_EachBuildsItsPart", c.build) &&
		t.Run("C3_EachTierAppointsItsOwn", c.appoint) &&
		t.Run("C4_OtherRolesComeWithTheTip", c.roles) &&
		t.Run("C5_TheTownshipTrainsItsVillages", c.course) &&
		t.Run("C6_PledgesAreSigned", c.pledge) &&
		t.Run("C7_EachUnitNamesItsOffice", c.name) &&
		t.Run("C8_TipsGoToTheTownshipTheCountyAndTheCity", c.levels) &&
		t.Run("C9_EachChannelLeadsIn", c.channels) &&
		t.Run("H8_WhatFallsShortComesAgain", c.comeAgain) &&
		t.Run("C10_MonthlyReportsOfTownships", c.monthly) &&
		t.Run("C1_ATownshipMovesInMidQuarter", c.move) &&
		t.Run("C10_QuarterlyReportsOfAgencies", c.quarterly) &&
		t.Run("C10_NothingIsOwedTwice", c.owed) &&
		t.Run("C12_TheQuarterAddsUp", c.rollUp) // each goes on from the one before
}

func (c *city) at(t *testing.T, unit string, level typev1.Level) int {
	t.Helper()
	answer := must(c.keeper().ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: unit, Levels: []typev1.Level{level},
		PageSize: 1000,
	}))(t)
	return len(answer.GetUnits())
}

func (c *city) tree(t *testing.T) {
	assert.Equal(t, 6, c.at(t, c.root, typev1.Level_LEVEL_COUNTY))
	assert.Equal(t, 59, c.at(t, c.root, typev1.Level_LEVEL_TOWNSHIP))
}

func (c *city) build(t *testing.T) {
	point := func(parent string, level typev1.Level) *networkv1.Unit {
		return &networkv1.Unit{Title: "教育局", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: level, Parent: parent}
	}
	must(c.centre.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "education", Unit: point(c.root,
		typev1.Level_LEVEL_CITY)}))(t)
	below := &networkv1.CreateUnitRequest{UnitId: "education_branch", Unit: point(agency, typev1.Level_LEVEL_COUNTY)}
	_, err := c.clerk(town).CreateUnit(t.Context(), below)
	networktest.Refused(t, err, codes.NotFound)
	must(c.clerk(agency).CreateUnit(t.Context(), below))(t)
	missing := c.gaps(t, "village_point")
	must(c.clerk(town).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "group_one",
		Unit: &networkv1.Unit{
			Title: "一组", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: typev1.Level_LEVEL_VILLAGE, Parent: village,
		},
	}))(t)
	assert.Len(t, c.gaps(t, "village_point"), len(missing)+1, "a group is a point once somebody is there")
}

func (c *city) appoint(t *testing.T) {
	villages, points := len(c.gaps(t, "village_officer")), len(c.gaps(t, "village_point"))
	elder := c.candidate(town, village, regular)
	elder.Officer.Group = "five_elders"
	c.officer = must(c.clerk(town).AppointOfficer(t.Context(), elder))(t).GetName()
	must(c.clerk(town).AppointOfficer(t.Context(), c.candidate(town, nextVillage, regular)))(t)
	assert.Len(t, c.gaps(t, "village_officer"), villages-2)
	assert.Len(t, c.gaps(t, "village_point"), points-3, "two villages, and so their township")
	must(c.clerk(agency).AppointOfficer(t.Context(), c.candidate(agency, branch, regular)))(t)
	must(c.centre.AppointOfficer(t.Context(), c.candidate(c.root, county, regular)))(t)
	c.townOfficer = must(c.centre.AppointOfficer(t.Context(), c.candidate(c.root, otherTown, regular)))(t).GetName()
	duty := c.candidate(c.root, town, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER)
	reporters := len(c.gaps(t, "duty_reporter"))
	must(c.centre.AppointOfficer(t.Context(), duty))(t)
	assert.Len(t, c.gaps(t, "duty_reporter"), reporters-1)
	_, err := c.centre.AppointOfficer(t.Context(), duty)
	assert.Equal(t, "TOO_MANY_IN_OFFICE", suitetest.Reason(err))
	invited := c.candidate(c.root, village, networkv1.OfficerType_OFFICER_TYPE_SPECIAL_INVITED)
	invited.Officer.Group = "lawyer"
	must(c.centre.AppointOfficer(t.Context(), invited))(t)
	_, err = c.clerk(village).AppointOfficer(t.Context(), c.candidate(village, village, regular))
	assert.Equal(t, codes.FailedPrecondition.String(), codeOf(err), "a village appoints nobody")
}

func (c *city) roles(t *testing.T) {
	must(c.clerk(town).ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{
		Name:       c.officer,
		OtherRoles: []string{"mediator"},
	}))(t)
	for range 2 {
		other := c.candidate(town, nextVillage, regular)
		other.Officer.OtherRoles = []string{"mediator"}
		must(c.clerk(town).AppointOfficer(t.Context(), other))(t)
	}
	_, name := c.submitted(t, c.inOffice(c.officer), tip(nextVillage, "work_style", "web"))
	sorted := must(c.clerk(town).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name}))(t)
	assert.Equal(t, []string{"mediator"}, sorted.GetSourceRoles())
	settle(t, c.clerk(town), name, "solved")
}

func (c *city) course(t *testing.T) {
	c.jump("2026-10-12")
	assert.Equal(t, [2]int64{3, 4}, c.train(t, c.clerk(town), "informant", town, regular, 1))
}

func (c *city) pledge(t *testing.T) {
	unsigned := &networkv1.ListOfficersRequest{Unit: town, WithoutPledge: true}
	before := len(must(c.clerk(town).ListOfficers(t.Context(), unsigned))(t).GetOfficers())
	must(c.clerk(town).SignPledge(t.Context(), &networkv1.SignPledgeRequest{Name: c.officer, PledgedOn: "2026-10-12"}))(t)
	assert.Len(t, must(c.clerk(town).ListOfficers(t.Context(), unsigned))(t).GetOfficers(), before-1)
}

func (c *city) name(t *testing.T) {
	offices, persons := len(c.gaps(t, "responsible_office")), len(c.gaps(t, "first_responsible"))
	must(c.clerk(town).UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: town, ResponsibleOffice: "纪检监察办公室"}, Reason: "明确责任",
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"responsible_office"}},
	}))(t)
	must(c.centre.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: town, FirstResponsible: "纪工委书记"}, Reason: "明确责任",
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}},
	}))(t)
	assert.Len(t, c.gaps(t, "responsible_office"), offices-1)
	assert.Len(t, c.gaps(t, "first_responsible"), persons-1)
}

func (c *city) levels(t *testing.T) {
	c.jump("2026-10-20")
	sender := c.inOffice(c.officer)
	leaders := tip(town, "collective_funds", "web")
	leaders.AboutLeaders = true
	_, name := c.submitted(t, sender, leaders)
	_, err := c.clerk(town).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	settle(t, c.clerk(county), name, "decided")
	urgent := tip(village, "collective_funds", "sms")
	urgent.Urgent = true
	must(sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: urgent, Recipient: c.root}))(t)
	newest := networktest.NewestTip(t, c.Suite)
	assert.Equal(t, []string{"2026-10-20 urgent_tip"}, c.told(t, c.root, newest))
	settle(t, c.centre, newest, "transferred")
	must(sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: urgent}))(t)
	newest = networktest.NewestTip(t, c.Suite)
	assert.Equal(t, []string{"2026-10-20 urgent_tip"}, c.told(t, c.root, newest), "C15: the centre hears of what a township handles")
	settle(t, c.clerk(town), newest, "solved")
}

func (c *city) channels(t *testing.T) {
	staff, sender := c.clerk(town), c.inOffice(c.townOfficer)
	for _, channel := range []string{"sms", "email", "web", "online_petition"} {
		_, name := c.submitted(t, sender, tip(village, "work_style", channel))
		settle(t, staff, name, "solved")
	}
	for _, channel := range []string{
		"contact_card", "sms", "hotline", "web", "mailbox", "visit", "questionnaire", "forum",
	} {
		settle(t, staff, c.register(t, staff, town, tip(village, "ethics", channel)), "solved")
	}
	for _, channel := range []string{"letter", "email", "by_hand", "online_petition"} {
		name := c.register(t, staff, town, tip(village, "ethics", channel))
		_, err := staff.AcceptTip(t.Context(), accepting(t, staff, name))
		assert.Equal(t, "ORIGINAL_MISSING", suitetest.Reason(err))
		attach(t, staff, name)
		settle(t, staff, name, "unfounded")
	}
}

func (c *city) comeAgain(t *testing.T) {
	receipt, name := c.submitted(t, c.inOffice(c.townOfficer), tip(village, "law_enforcement", "web"))
	must(c.clerk(town).ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"founded"},
		Reason: "请附依据。",
	}))(t)
	must(networkv1.NewTipServiceClient(c.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
		Receipt: receipt, Content: fuller(tip(village, "law_enforcement", "web")),
	}))(t)
	settle(t, c.clerk(town), name, "solved")
	assert.EqualValues(t, 6, quality(t, c.clerk(town), name))
}
