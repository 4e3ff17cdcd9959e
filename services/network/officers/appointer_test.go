package officers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// forget has the suite forget where units lay, which it remembers for five seconds.
func forget(s *suitetest.Suite) { s.Clock.Advance(5 * time.Second) }

func trees(s *suitetest.Suite) networkv1.TreeServiceClient {
	return networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City))
}

// inviteAll is how many officers a unit invites that invites all it appointed.
func inviteAll(t *testing.T, s *suitetest.Suite, unit string) int32 {
	t.Helper()
	client := networkv1.NewTrainingServiceClient(s.As("clerk", unit))
	session, err := client.ScheduleTrainingSession(t.Context(), &networkv1.ScheduleTrainingSessionRequest{
		Session: &networkv1.TrainingSession{Unit: unit, Form: "course", Title: "信息写作", FirstDay: "2026-12-20"},
	})
	require.NoError(t, err)
	invited, err := client.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: session.GetName(), AllAppointed: true})
	require.NoError(t, err)
	return invited.GetInvited()
}

func TestC3_C5_C6_OfficersOfAMovedVillageGoOnWithItsNewTownship(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	colleague := networktest.Appoint(t, s, successor, "units/340503002001").GetName()
	fromCity, err := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: func() *networkv1.Officer {
			o := networktest.Officer(networktest.City, networktest.Village, invited)
			o.Group = "lawyer"
			return o
		}()})
	require.NoError(t, err)
	_, err = trees(s).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Village, Parent: successor, Reason: "区划调整", EffectiveFrom: "2026-11-05",
	})
	require.NoError(t, err)
	assert.Equal(t, networktest.Township, get(t, s, officer).GetAppointingUnit(), "until the day nothing changes")
	s.Clock.Advance(3 * 24 * time.Hour) // 5 November
	s.RunJob("network.follow_moves")
	assert.Equal(t, successor, get(t, s, officer).GetAppointingUnit())
	assert.Equal(t, networktest.City, get(t, s, fromCity.GetName()).GetAppointingUnit(), "the city is above as before")
	etag := get(t, s, officer).GetEtag()
	s.RunJob("network.follow_moves")
	assert.Equal(t, etag, get(t, s, officer).GetEtag(), "once")

	assert.EqualValues(t, 2, inviteAll(t, s, successor), "with the colleague")
	assert.Zero(t, inviteAll(t, s, networktest.Township))
	_, err = as(s, successor).RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: officer, TermTo: "2027-12-31"})
	require.NoError(t, err)
	assert.Contains(t, titles(t, networkv1.NewInboxServiceClient(s.As("clerk", networktest.Village)), networktest.Village),
		"张三 的任期已缩短，至 2027-12-31 届满。")
	assert.NotContains(t, titles(t, networkv1.NewInboxServiceClient(s.As("clerk", networktest.Township)), networktest.Township),
		"张三 的任期已缩短，至 2027-12-31 届满。", "the old township has nothing to do with it any more")
	_, err = as(s, successor).DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{
		Name: officer, Reason: "调离", HandOver: &networkv1.HandOverPlan{Successor: colleague},
	})
	require.NoError(t, err, "a colleague of the new township takes over")
}

func TestC1_C3_OfficersOfASplitTownshipGoOnWithTheirPart(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	listed, err := networkv1.NewUnitServiceClient(s.As(access.Administrator, networktest.City)).ListUnits(t.Context(),
		&networkv1.ListUnitsRequest{Unit: networktest.Township, PageSize: 1000})
	require.NoError(t, err)
	var others []string
	for _, u := range listed.GetUnits() {
		if u.GetParent() == networktest.Township && u.GetName() != networktest.Village {
			others = append(others, u.GetName())
		}
	}
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	part := func(id, title string, children ...string) *networkv1.SplitPart {
		return &networkv1.SplitPart{UnitId: id, Children: children, Unit: &networkv1.Unit{
			Title: title, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
		}}
	}
	_, err = trees(s).SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Reason: "分设",
		Parts: []*networkv1.SplitPart{part("part_a", "东镇", others...), part("part_b", "西镇", networktest.Village)},
	})
	require.NoError(t, err)
	assert.Equal(t, "units/part_b", get(t, s, officer).GetAppointingUnit())
	forget(s)
	assert.EqualValues(t, 1, inviteAll(t, s, "units/part_b"))
	assert.Zero(t, inviteAll(t, s, "units/part_a"))
}

func TestC1_C3_OfficersAppointedAlongTheSystemLineGoOnWithTheNewAgency(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	create := func(id, parent, system string, level typev1.Level) {
		t.Helper()
		_, err := networkv1.NewUnitServiceClient(s.As(access.Administrator, networktest.City)).CreateUnit(t.Context(),
			&networkv1.CreateUnitRequest{UnitId: id, Unit: &networkv1.Unit{
				Title: id, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: level, Parent: parent, SystemParent: system,
			}})
		require.NoError(t, err)
	}
	create("housing", networktest.City, "", typev1.Level_LEVEL_CITY)
	create("planning", networktest.City, "", typev1.Level_LEVEL_CITY)
	create("housing_branch", networktest.County, "units/housing", typev1.Level_LEVEL_COUNTY)
	officer := networktest.Appoint(t, s, "units/housing", "units/housing_branch").GetName()
	s.Clock.Advance(24 * time.Hour) // a unit of today has no past, and does not end today
	move := func(req *networkv1.MoveUnitRequest) {
		t.Helper()
		req.Name, req.Reason = "units/housing_branch", "职能划转"
		_, err := trees(s).MoveUnit(t.Context(), req)
		require.NoError(t, err)
		forget(s)
	}
	by := func() string { return get(t, s, officer).GetAppointingUnit() }
	move(&networkv1.MoveUnitRequest{Parent: "units/340504"})
	assert.Equal(t, "units/housing", by(), "the territory line decides nothing here")
	move(&networkv1.MoveUnitRequest{SystemParent: "units/planning"})
	assert.Equal(t, "units/planning", by())
	assert.EqualValues(t, 1, inviteAll(t, s, "units/planning"))

	_, err := networkv1.NewTreeServiceClient(s.As("clerk", "units/planning")).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: "units/housing_branch", Reason: "撤销"})
	require.NoError(t, err)
	assert.Equal(t, "units/planning", get(t, s, officer).GetUnit())
	assert.Equal(t, networktest.City, by(), "no agency has appointed its own: the unit above has them")
}
