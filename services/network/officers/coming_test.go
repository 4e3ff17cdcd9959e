package officers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// coming is a township that another becomes.
const coming = "units/merged_town"

// planTown has a township become a new one on a day.
func planTown(t *testing.T, s *suitetest.Suite, unit, day string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: unit}}, NewUnitId: "merged_town", EffectiveFrom: day, Reason: "撤并",
			NewUnit: &networkv1.Unit{
				Title: "新镇", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
				Parent: networktest.County,
			},
		})
	require.NoError(t, err)
}

func TestC3_H5_ATownshipToComeHasItsDutyReporterFromItsFirstDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	planTown(t, s, networktest.Township, "2026-11-20")
	centre := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City))
	appoint := func(unit, from string) (*networkv1.Officer, error) {
		wanted := networktest.Officer(networktest.City, unit, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER)
		wanted.TermFrom = from
		return centre.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	}
	_, err := appoint(networktest.Township, "2026-11-20")
	named := suitetest.FieldViolations(t, err)
	require.Len(t, named, 1)
	assert.Contains(t, named[0].GetDescription(), "由新镇承继", "it says whom to name")
	_, err = appoint(coming, "2026-11-19")
	networktest.Refused(t, err, codes.InvalidArgument, "officer.term_from")
	_, err = appoint("units/never", "2026-11-20")
	networktest.Refused(t, err, codes.InvalidArgument, "officer.unit")
	reporter, err := appoint(coming, "2026-11-20")
	require.NoError(t, err)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_APPOINTED, reporter.GetState())
	_, err = appoint(coming, "2026-12-01")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_IN_OFFICE")
	require.ErrorContains(t, err, "新镇同期在任")
	_, err = centre.SignPledge(t.Context(), &networkv1.SignPledgeRequest{Name: reporter.GetName(), PledgedOn: "2026-11-02"})
	require.NoError(t, err)

	s.Clock.Advance(18 * 24 * time.Hour) // 20 November
	s.RunJob("network.follow_moves")
	s.RunJob(officers.ExpireTermsJob)
	listed, err := networkv1.NewOfficerServiceClient(s.As("clerk", coming)).ListOfficers(t.Context(),
		&networkv1.ListOfficersRequest{Unit: coming})
	require.NoError(t, err)
	require.Len(t, listed.GetOfficers(), 1)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, listed.GetOfficers()[0].GetState())
}

func TestC1_C3_AUnitToComeThatAnOfficerIsNamedForIsNotTakenBack(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As(access.Administrator, networktest.City)
	_, err := networkv1.NewUnitServiceClient(admin).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "later", Unit: &networkv1.Unit{
			Title: "新街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: networktest.County, EffectiveFrom: "2026-11-20",
		},
	})
	require.NoError(t, err)
	centre := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City))
	wanted := networktest.Officer(networktest.City, "units/later", regular)
	wanted.TermFrom = "2026-11-20"
	officer, err := centre.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	takeBack := func() error {
		_, err := networkv1.NewTreeServiceClient(admin).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
			Name: "units/later", Reason: "不再设立", EffectiveFrom: "2026-11-20",
		})
		return err
	}
	suitetest.RequireRefused(t, takeBack(), codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, takeBack(), "下列内容已提及该单位：张三。")
	_, err = centre.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: officer.GetName(), Reason: "另有安排"})
	require.NoError(t, err)
	require.NoError(t, takeBack())
}

func TestC2_C3_ASplitWhosePartAnOfficerIsNamedForIsNotCancelled(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	tree := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City))
	split, err := tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Keep: true, EffectiveFrom: "2026-11-20", Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: "later", Unit: &networkv1.Unit{
				Title: "新街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			},
		}},
	})
	require.NoError(t, err)
	centre := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City))
	wanted := networktest.Officer(networktest.City, "units/later", regular)
	wanted.TermFrom = "2026-11-20"
	officer, err := centre.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	cancel := func() error {
		_, err := tree.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{
			Name: split.GetUnits()[0].GetChange(), Reason: "批复收回",
		})
		return err
	}
	err = cancel()
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "新街道的设立不能收回，下列内容已提及该单位：张三。")
	_, err = centre.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: officer.GetName(), Reason: "另有安排"})
	require.NoError(t, err)
	require.NoError(t, cancel())
}

func TestC3_C6_AUnitToComeHearsOfItsOfficersOnItsFirstDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	planTown(t, s, networktest.Township, "2026-11-20")
	centre := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City))
	wanted := networktest.Officer(networktest.City, coming, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER)
	wanted.TermFrom = "2026-11-20"
	officer, err := centre.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	_, err = centre.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: officer.GetName(), TermTo: "2027-11-19"})
	require.NoError(t, err)
	heard := func(unit string) (said []string) {
		answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(), &networkv1.ListMessagesRequest{
			Unit: unit, Kinds: []string{"inbox.officer_appointed", "inbox.officer_renewed", "inbox.officer_shortened"},
		})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			assert.Equal(t, officer.GetName(), m.GetResource())
			said = append(said, m.GetTitle())
		}
		return said
	}
	assert.Equal(t, []string{
		"张三 的任期已缩短，至 2027-11-19 届满。（事关新镇，该单位尚待设立。）",
		"张三 已聘任为专报员，自 2026-11-20 起任职。（事关新镇，该单位尚待设立。）",
	}, heard(networktest.County), "who stands above it today")
	assert.Empty(t, heard(networktest.City), "who appointed knows")

	s.Clock.Advance(18 * 24 * time.Hour) // 20 November
	s.RunJob("network.follow_moves")
	s.RunJob(officers.ExpireTermsJob)
	assert.Equal(t, []string{
		"张三 的任期已缩短，至 2027-11-19 届满。", "张三 已聘任为专报员，自 2026-11-20 起任职。",
	}, heard(coming))
	assert.Len(t, heard(networktest.County), 2)
}

func TestC6_NobodyIsToldOfTheEndOfATermBeforeItBegins(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	wanted := networktest.Officer(networktest.Township, networktest.Village, regular)
	wanted.TermFrom, wanted.TermTo = "2026-11-10", "2026-11-20"
	officer, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-10", officer.GetTermNoticeOn())
	shorter := networktest.Officer(networktest.Township, networktest.Village, regular)
	shorter.TermTo = "2026-11-20"
	officer, err = as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: shorter})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-02", officer.GetTermNoticeOn(), "nor before it was decided")
}
