package officers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// busy is a village officer who is invited to a session and holds a handbook.
func busy(t *testing.T, s *suitetest.Suite) (officer, session, handbook string) {
	t.Helper()
	officer = networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	clerk := s.As("clerk", networktest.Township)
	trainings, handbooks := networkv1.NewTrainingServiceClient(clerk), networkv1.NewHandbookServiceClient(clerk)
	planned, err := trainings.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: networktest.Township, Form: "course", Title: "信息写作", FirstDay: "2026-11-20",
		}})
	require.NoError(t, err)
	_, err = trainings.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{
		Name: planned.GetName(), Officers: []string{officer},
	})
	require.NoError(t, err)
	published, err := handbooks.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
		Unit: networktest.Township, Title: "信息员手册", Version: "1", PublishedOn: "2026-10-01",
	}})
	require.NoError(t, err)
	handbook = published.GetName()
	_, err = handbooks.RecordHandbookReceipts(t.Context(), &networkv1.RecordHandbookReceiptsRequest{
		Unit: networktest.Township, Handbook: handbook, Officers: []string{officer}, Day: "2026-10-02",
	})
	require.NoError(t, err)
	return officer, planned.GetName(), handbook
}

func openWork(t *testing.T, s *suitetest.Suite, officer string) []string {
	t.Helper()
	answer, err := as(s, networktest.City).ListOpenWork(t.Context(), &networkv1.ListOpenWorkRequest{Name: officer})
	require.NoError(t, err)
	var list []string
	for _, w := range answer.GetWork() {
		list = append(list, w.GetResource())
	}
	return list
}

func TestC6_LeavingOfficerHandsOverOpenWork(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	leaving, session, handbook := busy(t, s)
	client := as(s, networktest.Township)
	assert.Equal(t, []string{session, handbook}, openWork(t, s, leaving))
	dismiss := &networkv1.DismissOfficerRequest{Name: leaving, Reason: "外出务工。"}
	_, err := client.DismissOfficer(t.Context(), dismiss)
	networktest.Refused(t, err, codes.FailedPrecondition, "hand_over")
	assert.Equal(t, "HAS_OPEN_WORK", suitetest.Reason(err))

	stranger := networktest.Appoint(t, s, networktest.City, networktest.County).GetName()
	for _, wrong := range []string{leaving, stranger, "officers/340503-none", "officers/none"} {
		dismiss.HandOver = &networkv1.HandOverPlan{Successor: wrong}
		_, err = client.DismissOfficer(t.Context(), dismiss)
		networktest.Refused(t, err, codes.InvalidArgument, "hand_over.successor")
	}
	successor := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	dismiss.HandOver = &networkv1.HandOverPlan{Successor: successor, Note: "信箱钥匙一把。"}
	_, err = client.DismissOfficer(t.Context(), dismiss)
	require.NoError(t, err)
	assert.Empty(t, openWork(t, s, leaving))
	assert.Equal(t, []string{session, handbook}, openWork(t, s, successor))
	over := get(t, s, leaving).GetHandOver()
	assert.Equal(t, successor, over.GetSuccessor())
	assert.Len(t, over.GetWork(), 2)
	assert.Equal(t, "信箱钥匙一把。", over.GetNote())
}

func TestC6_OpenWorkIsHandedOverLater(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	leaving, session, handbook := busy(t, s)
	client := as(s, networktest.Township)
	_, err := client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{
		Name: leaving, Reason: "病休。", HandOver: &networkv1.HandOverPlan{Reason: "接替人选尚未确定。"},
	})
	require.NoError(t, err)
	assert.Len(t, openWork(t, s, leaving), 2)
	successor := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	_, err = client.HandOverOfficer(t.Context(), &networkv1.HandOverOfficerRequest{
		Name: leaving, HandOver: &networkv1.HandOverPlan{Reason: "再等等。"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "hand_over.successor")
	hand := &networkv1.HandOverOfficerRequest{Name: leaving, HandOver: &networkv1.HandOverPlan{Successor: successor}}
	_, err = client.HandOverOfficer(t.Context(), hand)
	require.NoError(t, err)
	assert.Equal(t, []string{session, handbook}, openWork(t, s, successor))
	_, err = client.HandOverOfficer(t.Context(), hand)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_OPEN_WORK")
	assert.Equal(t, []string{"hand_over", "dismiss", "appoint"}, acts(t, s, leaving))
}

func TestC6_ReplaceDismissesAndAppointsAtomically(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	leaving, session, handbook := busy(t, s)
	client := as(s, networktest.Township)
	replace := &networkv1.ReplaceOfficerRequest{
		Name: leaving, Reason: "任职调整。", Successor: networktest.Officer(networktest.City, networktest.County, invited),
	}
	replace.Successor.TermFrom = "2026-11-02"
	_, err := client.ReplaceOfficer(t.Context(), replace)
	networktest.Refused(t, err, codes.InvalidArgument, "successor.unit", "successor.appointing_unit", "successor.type")
	replace.Successor.Unit, replace.Successor.AppointingUnit, replace.Successor.Type = networktest.Village, networktest.Township,
		regular
	replace.Successor.TermTo = "2026-11-01"
	_, err = client.ReplaceOfficer(t.Context(), replace)
	networktest.Refused(t, err, codes.InvalidArgument, "successor.term_to")
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, get(t, s, leaving).GetState(), "neither happened")
	replace.Successor.TermTo, replace.RequestId = "", "0190a000-0000-7000-8000-000000000001"
	first, err := client.ReplaceOfficer(t.Context(), replace)
	require.NoError(t, err)
	again, err := client.ReplaceOfficer(t.Context(), replace)
	require.NoError(t, err)
	successor := first.GetSuccessor().GetName()
	assert.Equal(t, successor, again.GetSuccessor().GetName(), "a repeated request appoints nobody else")
	assert.Equal(t, leaving, get(t, s, successor).GetPredecessor())
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_REPLACED, get(t, s, leaving).GetState())
	assert.Equal(t, []string{session, handbook}, openWork(t, s, successor))
	assert.Empty(t, openWork(t, s, leaving))
}

func TestH5_DutyReporterIsReplacedWithinTheLimitOfOne(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := as(s, networktest.City)
	reporter := networktest.Officer(networktest.City, networktest.County, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER)
	made, err := client.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: reporter})
	require.NoError(t, err)
	_, err = client.ReplaceOfficer(t.Context(), &networkv1.ReplaceOfficerRequest{
		Name: made.GetName(), Reason: "轮岗。", Successor: reporter,
	})
	require.NoError(t, err)
	listed, err := client.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
		Unit: networktest.County, States: []networkv1.OfficerState{networkv1.OfficerState_OFFICER_STATE_IN_OFFICE},
		Types: []networkv1.OfficerType{networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER},
	})
	require.NoError(t, err)
	assert.Len(t, listed.GetOfficers(), 1)
}
