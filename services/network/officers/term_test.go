package officers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC6_AnOfficeBeginsWithItsTerm(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	township := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	wanted := networktest.Officer(networktest.Township, networktest.Village, regular)
	wanted.TermFrom, wanted.TermTo = "2026-12-01", "2027-11-30"
	officer, err := township.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_APPOINTED, officer.GetState())
	submit := func() error {
		_, err := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
			Subject: "accounts/wang", Officer: officer.GetName(), Roles: []string{"informant"},
		})).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: networktest.ValidTip()})
		return err
	}
	suitetest.RequireRefused(t, submit(), codes.PermissionDenied, "NOT_IN_OFFICE")
	_, err = township.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{
		Name: officer.GetName(), Day: "2026-11-02", Reason: "尚未就任",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	s.RunJob(officers.ExpireTermsJob)
	officer, err = township.GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: officer.GetName()})
	require.NoError(t, err)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, officer.GetState())
	require.NoError(t, submit())
	for from, want := range map[string]int{"2027-11-30": 1, "2027-12-01": 0} {
		listed, err := township.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
			Unit: networktest.Village, TermEndsFrom: from, TermEndsBy: "2027-12-31",
		})
		require.NoError(t, err)
		assert.Len(t, listed.GetOfficers(), want, from)
	}
}

func TestC6_TheCityCommendsPeopleOfEveryTier(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	commend := func(role, unit string) error {
		_, err := networkv1.NewOfficerServiceClient(s.As(role, unit)).CommendOfficer(t.Context(),
			&networkv1.CommendOfficerRequest{Name: officer, Day: "2026-11-01", Reason: "报送及时"})
		return err
	}
	require.NoError(t, commend("handler", networktest.City))
	require.NoError(t, commend("clerk", networktest.Township))
	suitetest.RequireRefused(t, commend("clerk", networktest.Village), codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City)).RewardOfficer(t.Context(),
		&networkv1.RewardOfficerRequest{Name: officer, Day: "2026-11-01", Reason: "报送及时", Reward: "奖金"})
	require.NoError(t, err)
	_, err = networkv1.NewOfficerServiceClient(s.As("handler", networktest.City)).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: officer, Reason: "不履职"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestC6_RewardsAreOfDaysInOffice(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	township := as(s, networktest.Township)
	for day, named := range map[string][]string{
		"2025-12-31": {"day"}, "2026-01-01": nil, "2026-11-02": nil, "2026-11-03": {"day"},
	} {
		_, err := township.RewardOfficer(t.Context(), &networkv1.RewardOfficerRequest{
			Name: officer, Day: day, Reason: "报送及时", Reward: "奖金",
		})
		if named == nil {
			require.NoError(t, err, day)
		} else {
			networktest.Refused(t, err, codes.InvalidArgument, named...)
		}
	}
	assert.EqualValues(t, 2, get(t, s, officer).GetRewards())
}

func TestC6_UnitsHearOfTheirOfficersByName(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	township := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village)
	_, err := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City)).CommendOfficer(t.Context(),
		&networkv1.CommendOfficerRequest{Name: officer.GetName(), Day: "2026-11-01", Reason: "报送及时"})
	require.NoError(t, err)
	_, err = township.RenewTerm(t.Context(), &networkv1.RenewTermRequest{
		Name: officer.GetName(), TermTo: "2027-10-31", Reason: "续聘",
	})
	require.NoError(t, err)
	_, err = township.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: officer.GetName(), Reason: "调离"})
	require.NoError(t, err)
	told := func(unit string) (kinds []string) {
		answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			if m.GetResource() == officer.GetName() {
				assert.Contains(t, m.GetTitle(), officer.GetTitle())
				kinds = append([]string{m.GetKind()}, kinds...)
			}
		}
		return kinds
	}
	assert.Equal(t, []string{
		"inbox.officer_appointed", "inbox.officer_commended", "inbox.officer_shortened", "inbox.officer_dismissed",
	}, told(networktest.Village))
	assert.Equal(t, []string{"inbox.officer_commended"}, told(networktest.Township), "the rest it did itself")
}

func TestC3_NobodyIsAppointedPastTheEndOfAUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	merge(t, s, networktest.Village, successorVillage, "2026-12-01")
	officer := networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_REGULAR)
	appoint := func(from string) error {
		officer.TermFrom = from
		_, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
		return err
	}
	err := appoint("2026-12-01")
	networktest.Refused(t, err, codes.InvalidArgument, "officer.unit")
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "2026-12-01")
	require.NoError(t, appoint("2026-11-30"), "the successor has the officer from the day after")
}
