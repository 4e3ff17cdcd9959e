package officers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const day = 24 * time.Hour

// as is the officer service as the clerk of a unit calls it.
func as(s *suitetest.Suite, unit string) networkv1.OfficerServiceClient {
	return networkv1.NewOfficerServiceClient(s.As("clerk", unit))
}

func get(t *testing.T, s *suitetest.Suite, name string) *networkv1.Officer {
	t.Helper()
	answer, err := as(s, networktest.City).GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: name})
	require.NoError(t, err)
	return answer
}

// acts are the acts in an officer's history, the newest first.
func acts(t *testing.T, s *suitetest.Suite, name string) []string {
	t.Helper()
	answer, err := as(s, networktest.City).ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{Name: name})
	require.NoError(t, err)
	var list []string
	for _, e := range answer.GetEvents() {
		list = append(list, e.GetAct())
	}
	return list
}

// TestC6_EndedOfficeAllowsNoActs walks the life cycle at random: nothing leads back into office, and an office ends once.
func TestC6_EndedOfficeAllowsNoActs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state, ended := officers.Lifecycle.Start, 0
		all := []lifecycle.Act{
			"pledge", "renew", "change_roles", "commend", "reward", "dismiss", "replace", "expire", "hand_over",
		}
		for _, act := range rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "acts") {
			next, err := officers.Lifecycle.Next(state, act)
			if (err == nil) != slices.Contains(officers.Lifecycle.Acts(state), act) {
				t.Fatalf("%s in %s: %v", act, state, err)
			}
			if err != nil {
				continue
			}
			if state == networkv1.OfficerState_OFFICER_STATE_IN_OFFICE && next != state {
				ended++
			}
			if ended > 0 && next == networkv1.OfficerState_OFFICER_STATE_IN_OFFICE || ended > 1 {
				t.Fatalf("%s led from %s to %s", act, state, next)
			}
			state = next
		}
	})
}

func TestC6_OfficerGoesFromPledgeToDismissal(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	made := networktest.Appoint(t, s, networktest.Township, networktest.Village)
	client, name := as(s, networktest.Township), made.GetName()
	gaps, err := client.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{Unit: networktest.Township, WithoutPledge: true})
	require.NoError(t, err)
	require.Len(t, gaps.GetOfficers(), 1, "no pledge is a gap")
	_, err = client.SignPledge(t.Context(), &networkv1.SignPledgeRequest{Name: name, PledgedOn: "2026-11-03"})
	networktest.Refused(t, err, codes.InvalidArgument, "pledged_on")
	_, err = client.SignPledge(t.Context(), &networkv1.SignPledgeRequest{
		Name: name, PledgedOn: "2026-11-02", Etag: made.GetEtag(),
	})
	require.NoError(t, err)
	_, err = client.SignPledge(t.Context(), &networkv1.SignPledgeRequest{
		Name: name, PledgedOn: "2026-11-02", Etag: made.GetEtag(),
	})
	networktest.Refused(t, err, codes.Aborted)
	_, err = client.SignPledge(t.Context(), &networkv1.SignPledgeRequest{Name: name, PledgedOn: "2026-11-02"})
	networktest.Refused(t, err, codes.InvalidArgument, "pledged_on")
	_, err = client.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{Name: name, Day: "2025-12-31", Reason: "早。"})
	networktest.Refused(t, err, codes.InvalidArgument, "day")
	gaps, err = client.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{Unit: networktest.Township, WithoutPledge: true})
	require.NoError(t, err)
	assert.Empty(t, gaps.GetOfficers())
	_, err = client.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{Name: name, Day: "2026-11-01", Reason: "反映及时。"})
	require.NoError(t, err)
	_, err = client.RewardOfficer(t.Context(), &networkv1.RewardOfficerRequest{
		Name: name, Day: "2026-11-01", Reason: "反映及时。", Reward: "荣誉证书",
	})
	require.NoError(t, err)
	_, err = client.RewardOfficer(t.Context(), &networkv1.RewardOfficerRequest{
		Name: name, Day: "2026-13-01", Reason: "\u202e", Reward: "",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "day", "reason", "reward")
	_, err = client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: name})
	networktest.Refused(t, err, codes.InvalidArgument, "reason")
	_, err = client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: name, Reason: "调离本地。"})
	require.NoError(t, err)
	left := get(t, s, name)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_DISMISSED, left.GetState())
	assert.Equal(t, "2026-11-02", left.GetEndedOn())
	assert.EqualValues(t, 1, left.GetCommendations())
	assert.EqualValues(t, 1, left.GetRewards())
	assert.Equal(t, []string{"dismiss", "reward", "commend", "pledge", "appoint"}, acts(t, s, name))
	_, err = client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: name, TermTo: "2027-12-31"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestC3_OnlyTheAppointingTierActs(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	dismiss := &networkv1.DismissOfficerRequest{Name: name, Reason: "无。"}
	for unit, code := range map[string]codes.Code{
		networktest.OtherTownship: codes.NotFound, networktest.Village: codes.PermissionDenied,
		networktest.County: codes.PermissionDenied, networktest.City: codes.PermissionDenied,
	} {
		_, err := as(s, unit).DismissOfficer(t.Context(), dismiss)
		networktest.Refused(t, err, code)
	}
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) {
		for _, rule := range scheme.GetAppointmentRules() {
			if rule.GetId() == "township" {
				rule.AppointerLevels = append(rule.AppointerLevels, 3) // counties too
			}
		}
	})
	s.Clock.Advance(5 * time.Second) // for which the directory remembers a scheme
	_, err := as(s, networktest.County).CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{
		Name: name, Day: "2026-11-01", Reason: "好。",
	})
	require.NoError(t, err, "a unit above acts where a rule lets it appoint such officers")
}

func TestC6_SelectionNeedsMandatoryCriteria(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	appoint := func(criteria ...string) error {
		officer := networktest.Officer(networktest.Township, networktest.Village, regular)
		officer.Selection = networktest.Selected(criteria...)
		_, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
		return err
	}
	const missing = "officer.selection"
	networktest.Refused(t, appoint(), codes.InvalidArgument, missing, missing, missing, missing)
	networktest.Refused(t, appoint("sound", "sound", "charm"), codes.InvalidArgument,
		"officer.selection[1].criterion", "officer.selection[2].criterion", missing, missing, missing)
	networktest.Refused(t, appoint("sound", "trusted", "observant"), codes.InvalidArgument, missing)
	require.NoError(t, appoint("sound", "trusted", "upright", "observant"))
}

func TestC6_CriteriaOfOtherTypesOfOfficersAreNotAsked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) {
		scheme.SelectionCriteria[2].OfficerTypes = []networkv1.OfficerType{invited}
	})
	officer := networktest.Officer(networktest.Township, networktest.Village, regular)
	officer.Selection = networktest.Selected("sound", "trusted", "observant")
	_, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
	require.NoError(t, err)
}

func TestC4_OtherRolesMustBeInTheScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	client := as(s, networktest.Township)
	_, err := client.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{
		Name: name, OtherRoles: []string{"mediator", "wizard", "mediator"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "other_roles[1]", "other_roles[2]")
	_, err = client.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{
		Name: name, OtherRoles: []string{"mediator", "style_supervisor"},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"mediator", "style_supervisor"}, get(t, s, name).GetOtherRoles())
	_, err = client.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{Name: name})
	require.NoError(t, err)
	assert.Empty(t, get(t, s, name).GetOtherRoles())
}

func TestH5_UnitHasOneDutyReporter(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := as(s, networktest.City)
	appoint := func(kind networkv1.OfficerType, from, to string) (*networkv1.Officer, error) {
		officer := networktest.Officer(networktest.City, networktest.County, kind)
		officer.TermFrom, officer.TermTo = from, to
		return client.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
	}
	reporter, leader := networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER, networkv1.OfficerType_OFFICER_TYPE_LEADER_IN_CHARGE
	first, err := appoint(reporter, "2026-01-01", "2026-12-31")
	require.NoError(t, err)
	_, err = appoint(reporter, "2026-12-31", "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_IN_OFFICE")
	_, err = appoint(leader, "2026-01-01", "")
	require.NoError(t, err, "the leader in charge is another post")
	_, err = appoint(reporter, "2027-01-01", "2027-12-31")
	require.NoError(t, err, "the term after")
	_, err = client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: first.GetName(), TermTo: "2027-01-01"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_IN_OFFICE")
	_, err = client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: first.GetName(), TermTo: "2026-11-30"})
	require.NoError(t, err)
}

func TestH5_OneOfTwoConcurrentAppointmentsIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	results := make(chan error)
	for range 8 {
		go func() {
			_, err := as(s, networktest.City).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
				Officer: networktest.Officer(networktest.City, networktest.County, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER),
			})
			results <- err
		}()
	}
	appointed := 0
	for range 8 {
		if err := <-results; err == nil {
			appointed++
		} else {
			assert.Equal(t, "TOO_MANY_IN_OFFICE", suitetest.Reason(err))
		}
	}
	assert.Equal(t, 1, appointed)
}

func TestC6_AppointerIsNotifiedBeforeATermEnds(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := as(s, networktest.Township)
	officer := networktest.Officer(networktest.Township, networktest.Village, regular)
	officer.TermTo = "2026-12-10"
	made, err := client.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
	require.NoError(t, err)
	open := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	name, db := made.GetName(), networktest.Database(t, s)
	told := func(kind string) (count int) {
		require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM network.messages WHERE kind = $1 AND resource = $2 AND unit_id = '340503001'",
			kind, name).Scan(&count))
		return count
	}
	s.RunJob(officers.ExpireTermsJob)
	assert.Zero(t, told("inbox.officer_term"), "38 days before")
	s.Clock.Advance(8 * day)
	s.RunJob(officers.ExpireTermsJob)
	s.RunJob(officers.ExpireTermsJob)
	assert.Equal(t, 1, told("inbox.officer_term"), "30 days before, once")
	_, err = client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: name, TermTo: "2026-12-20", Reason: "换届推迟。"})
	require.NoError(t, err)
	s.RunJob(officers.ExpireTermsJob)
	assert.Equal(t, 1, told("inbox.officer_term"), "40 days before the new end")
	s.Clock.Advance(40 * day) // 20 December: the last day in office
	s.RunJob(officers.ExpireTermsJob)
	assert.Equal(t, 2, told("inbox.officer_term"))
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, get(t, s, name).GetState())
	s.Clock.Advance(day)
	s.RunJob(officers.ExpireTermsJob)
	assert.Equal(t, 1, told("inbox.officer_expired"))
	ended := get(t, s, name)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_EXPIRED, ended.GetState())
	assert.Equal(t, "2026-12-21", ended.GetEndedOn())
	assert.Equal(t, "expire", acts(t, s, name)[0])
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, get(t, s, open).GetState(), "an open term does not end")
	_, err = client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: open, TermTo: "2026-12-20"})
	networktest.Refused(t, err, codes.InvalidArgument, "term_to")
}
