package network_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// system is a city bureau with a county bureau of its system, each under its own territory.
type system struct {
	*suitetest.Suite

	t *testing.T
}

const (
	cityBureau   = "units/finance"
	countyBureau = "units/finance_huashan"
)

func newSystem(t *testing.T) system {
	t.Helper()
	s := system{suitetest.New(t), t}
	require.NoError(t, s.create("handler", networktest.City, cityBureau, networktest.City, "", typev1.Level_LEVEL_CITY))
	require.NoError(t, s.create("clerk", cityBureau, countyBureau, county, cityBureau, typev1.Level_LEVEL_COUNTY),
		"an agency builds its system in other units' territory (C2)")
	return s
}

func (s system) create(role, by, name, parent, systemParent string, level typev1.Level) error {
	_, err := networkv1.NewUnitServiceClient(s.As(role, by)).CreateUnit(s.t.Context(), &networkv1.CreateUnitRequest{
		UnitId: name[len("units/"):], Unit: &networkv1.Unit{
			Title: "财政局" + name[len("units/"):], Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: level, Parent: parent,
			SystemParent: systemParent,
		},
	})
	return err
}

func (s system) appoint(by, unit string) (*networkv1.Officer, error) {
	return networkv1.NewOfficerServiceClient(s.As("clerk", by)).AppointOfficer(s.t.Context(), &networkv1.AppointOfficerRequest{
		Officer: networktest.Officer(by, unit, regular),
	})
}

func TestC2_C3_AgenciesBuildAndAppointStrictlyBelowAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	officer, err := s.appoint(cityBureau, countyBureau)
	require.NoError(t, err)
	assert.Equal(t, "agency", officer.GetAppointmentRule())
	_, err = s.appoint(cityBureau, cityBureau)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_TIER")
	require.ErrorContains(t, err, "马鞍山市", "and says who may")
	_, err = s.appoint(countyBureau, countyBureau)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_TIER")
	_, err = s.appoint(countyBureau, cityBureau)
	require.Error(t, err, "nobody appoints upwards")
	_, err = s.appoint(cityBureau, village)
	require.Error(t, err, "nor outside of the system")

	suitetest.RequireRefused(t, s.create("clerk", cityBureau, "units/stranger", county, "", typev1.Level_LEVEL_COUNTY),
		codes.NotFound, "NOT_FOUND")
	suitetest.RequireRefused(t, s.create("clerk", town, "units/branch", otherTown, countyBureau, typev1.Level_LEVEL_TOWNSHIP),
		codes.NotFound, "NOT_FOUND")
	_, err = networkv1.NewTreeServiceClient(s.As("clerk", cityBureau)).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: countyBureau, EffectiveFrom: "2027-01-01", Reason: "机构改革",
	})
	require.NoError(t, err)
}

func TestC3_AnAgencyAppointsAtThePointsThatItBuilds(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	const point = "units/finance_window"
	_, err := networkv1.NewUnitServiceClient(s.As("clerk", cityBureau)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: point[len("units/"):], Unit: &networkv1.Unit{
			Title: "办事窗口", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: typev1.Level_LEVEL_COUNTY, Parent: countyBureau,
		},
	})
	require.NoError(t, err)
	officer, err := s.appoint(cityBureau, point)
	require.NoError(t, err, "at once")
	assert.Equal(t, "agency", officer.GetAppointmentRule())
}

func TestC2_AnAgencyReadsAtOnceWhatItHasBuilt(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	tips := networkv1.NewTipServiceClient(s.As("clerk", cityBureau))
	_, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: countyBureau})
	require.NoError(t, err, "what lies on the line is remembered from here on")
	const second = "units/finance_yushan"
	_, err = tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: second})
	networktest.Refused(t, err, codes.NotFound)
	require.NoError(t, s.create("clerk", cityBureau, second, county, cityBureau, typev1.Level_LEVEL_COUNTY))
	_, err = tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: second})
	require.NoError(t, err)
}

func TestC3_RefusalsNameWhoCanStillAct(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	officer, err := s.appoint(cityBureau, countyBureau)
	require.NoError(t, err)
	renew := func() error {
		_, err := networkv1.NewOfficerServiceClient(s.As("clerk", county)).RenewTerm(t.Context(), &networkv1.RenewTermRequest{
			Name: officer.GetName(), Reason: "续聘", TermTo: "2029-12-31",
		})
		return err
	}
	err = renew()
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	require.ErrorContains(t, err, "马鞍山市、财政局finance")
	_, err = networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: countyBureau, OffSystemLine: true, Reason: "改由区管理",
	})
	require.NoError(t, err)
	err = renew()
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	require.ErrorContains(t, err, "马鞍山市")
	require.NotContains(t, err.Error(), "财政局finance", "the agency that appointed is above the bureau no more")
}

func TestC1_C5_AgenciesReceiveReadAndTrainAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	officer, err := s.appoint(cityBureau, countyBureau)
	require.NoError(t, err)
	content := networktest.ValidTip()
	content.Unit = countyBureau
	_, err = networkv1.NewTipServiceClient(s.As("informant", village)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: content, Recipient: cityBureau,
	})
	require.NoError(t, err, "a tip about a county bureau goes to the bureau of the city where its sender wants so")
	bureau := networkv1.NewTipServiceClient(s.As("clerk", cityBureau))
	listed, err := bureau.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: cityBureau})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 1)
	_, err = bureau.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: listed.GetTips()[0].GetName(), ToUnit: village, Reason: "不在条线上",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")

	content.Title, content.Body = "另一件", "区财政局十月的另一笔支出没有公开，会议记录中也没有。"
	_, err = networkv1.NewTipServiceClient(s.As("informant", village)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: content, Recipient: countyBureau,
	})
	require.NoError(t, err)
	below, err := bureau.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: countyBureau})
	require.NoError(t, err, "the city's bureau reads what the county's handles")
	assert.Len(t, below.GetTips(), 1)
	_, err = networkv1.NewTipServiceClient(s.As("clerk", countyBureau)).ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: cityBureau})
	networktest.Refused(t, err, codes.NotFound)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", cityBureau)).ListReports(t.Context(),
		&networkv1.ListReportsRequest{Unit: countyBureau})
	require.NoError(t, err)
	_, err = networkv1.NewReportServiceClient(s.As("reviewer", cityBureau)).ListReports(t.Context(),
		&networkv1.ListReportsRequest{Unit: countyBureau})
	networktest.Refused(t, err, codes.NotFound)

	trainings := networkv1.NewTrainingServiceClient(s.As("clerk", cityBureau))
	session, err := trainings.ScheduleTrainingSession(t.Context(), &networkv1.ScheduleTrainingSessionRequest{
		Session: &networkv1.TrainingSession{
			Unit: cityBureau, Title: "系统培训", Form: "course", FirstDay: "2026-12-01", LastDay: "2026-12-01",
		},
	})
	require.NoError(t, err)
	invited, err := trainings.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{
		Name: session.GetName(), Officers: []string{officer.GetName()},
	})
	require.NoError(t, err)
	assert.Equal(t, int32(1), invited.GetInvited())
}

func TestC8_WhatWentPastAnAgencyStaysHiddenAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	content := networktest.ValidTip()
	content.Unit, content.AboutLeaders = cityBureau, true
	networktest.SubmitTip(t, s.Suite, village, content)
	centre := networkv1.NewTipServiceClient(s.As("handler", networktest.City))
	listed, err := centre.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.City})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 1)
	_, err = centre.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: listed.GetTips()[0].GetName(), ToUnit: countyBureau, Reason: "转办",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
}

func TestC7_TheUnitAboveSaysWhoLeadsAUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := func(conn grpc.ClientConnInterface, unit string, edit func(*networkv1.Unit), field string) error {
		u := &networkv1.Unit{Name: unit}
		edit(u)
		_, err := networkv1.NewTreeServiceClient(conn).UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
			Unit: u, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{field}}, Reason: "明确责任",
		})
		return err
	}
	networktest.SubmitTip(t, s, nextVillage, networktest.ValidTip()) // the directory knows the village from now on
	leader := func(u *networkv1.Unit) { u.FirstResponsible, u.LeaderInCharge = "党委书记", "党委书记" }
	own := s.As("clerk", town)
	for _, field := range []string{"first_responsible", "leader_in_charge"} {
		err := name(own, town, leader, field)
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_DELEGATED")
		require.ErrorContains(t, err, "马鞍山市", "and says who may")
		require.NoError(t, name(s.As("handler", networktest.City), town, leader, field))
		require.NoError(t, name(own, village, leader, field), "a township says it of its villages")
	}
	require.NoError(t, name(own, town, func(u *networkv1.Unit) { u.ResponsibleOffice = "纪检监察办公室" }, "responsible_office"),
		"an office it names itself")

	content := networktest.ValidTip()
	content.Position = "党委书记"
	networktest.SubmitTip(t, s, nextVillage, content)
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", town)).ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: town})
	require.NoError(t, err)
	assert.Len(t, slices.DeleteFunc(listed.GetTips(), func(tip *networkv1.Tip) bool { return !tip.GetContent().GetAboutLeaders() }), 1,
		"at once, whatever the directory remembers")
}

func TestC2_TheRolesOfTheProfileBuildWhatTheDelegationsSay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := s.As("clerk", town)
	_, err := networkv1.NewUnitServiceClient(clerk).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "new_village", Unit: &networkv1.Unit{
			Title: "新村", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: typev1.Level_LEVEL_VILLAGE, Parent: town,
		},
	})
	require.NoError(t, err)
	_, err = networkv1.NewTreeServiceClient(clerk).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: "units/new_village", EffectiveFrom: "2027-01-01", Reason: "并村",
	})
	require.NoError(t, err)
	_, err = networkv1.NewTipServiceClient(s.As("reviewer", networktest.City)).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: "tips/340503-0"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	assert.ErrorContains(t, err, "单位经办人、预警工作站经办人", "a refusal names the roles that may")
}

func TestC2_C3_AnAgencyChangesAndEndsWhatItHasYetToBuild(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	clerk := s.As("clerk", cityBureau)
	const later, window = "units/finance_yushan", "units/finance_window"
	for _, u := range []*networkv1.Unit{
		{Name: later, Title: "雨山财政局", Parent: county, SystemParent: cityBureau},
		{Name: window, Title: "办事窗口", Parent: county, SystemParent: later},
	} {
		u.Kind, u.Level, u.EffectiveFrom = networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, typev1.Level_LEVEL_COUNTY, "2026-12-01"
		_, err := networkv1.NewUnitServiceClient(clerk).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: u.GetName()[len("units/"):], Unit: u,
		})
		require.NoError(t, err)
	}
	tree := networkv1.NewTreeServiceClient(clerk)
	for _, name := range []string{later, window} {
		_, err := tree.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
			Unit: &networkv1.Unit{Name: name, FirstResponsible: "局长"}, EffectiveFrom: "2026-12-01", Reason: "明确",
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}},
		})
		require.NoError(t, err)
	}
	_, err := networkv1.NewTreeServiceClient(s.As("clerk", countyBureau)).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: later, EffectiveFrom: "2026-12-01", Reason: "机构改革",
	})
	networktest.Refused(t, err, codes.NotFound)
	wanted := networktest.Officer(cityBureau, later, regular)
	wanted.TermFrom = "2026-12-01"
	officers := networkv1.NewOfficerServiceClient(clerk)
	officer, err := officers.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	_, err = officers.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: officer.GetName(), Reason: "另有安排"})
	require.NoError(t, err)
	for _, name := range []string{window, later} {
		_, err = tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
			Name: name, EffectiveFrom: "2026-12-01", Reason: "不再设立",
		})
		require.NoError(t, err)
	}
}
