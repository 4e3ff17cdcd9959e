package officers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// successor is the township that another is merged into, successorVillage a village of it.
const (
	successor        = "units/340503002"
	successorVillage = "units/340503001004"
)

func merge(t *testing.T, s *suitetest.Suite, unit, into, day string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: unit}}, Into: into, EffectiveFrom: day, Reason: "撤并",
		})
	require.NoError(t, err)
}

func TestC3_SuccessorKeepsAppointedOfficers(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	old := get(t, s, networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName())
	merge(t, s, networktest.Township, successor, "")
	assert.Equal(t, successor, get(t, s, old.GetName()).GetAppointingUnit())
	assert.NotEqual(t, old.GetEtag(), get(t, s, old.GetName()).GetEtag())

	clerk := s.As("clerk", successor)
	trainings := networkv1.NewTrainingServiceClient(clerk)
	session, err := trainings.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: successor, Form: "course", Title: "信息写作", FirstDay: "2026-11-20",
		}})
	require.NoError(t, err)
	invited, err := trainings.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{
		Name: session.GetName(), AllAppointed: true,
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, invited.GetInvited())

	s.Clock.Advance(5 * time.Second) // for which it is remembered where the village lay
	colleague := networktest.Appoint(t, s, successor, networktest.Village).GetName()
	_, err = as(s, successor).RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: old.GetName(), TermTo: "2026-11-10"})
	require.NoError(t, err)
	s.RunJob(officers.ExpireTermsJob)
	messages, err := networkv1.NewInboxServiceClient(clerk).ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: successor})
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(messages.GetMessages(),
		func(m *networkv1.Message) bool { return m.GetKind() == "inbox.officer_term" }))
	_, err = as(s, successor).DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{
		Name: old.GetName(), Reason: "外出务工。", HandOver: &networkv1.HandOverPlan{Successor: colleague},
	})
	require.NoError(t, err, "a colleague whom the successor appointed takes over")
}

func TestC2_C6_SuccessorKeepsOfficersFromItsDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	merge(t, s, networktest.Village, successorVillage, "2026-11-05")
	merge(t, s, networktest.Township, successor, "2026-11-06")
	gaps := func() map[string]bool {
		answer, err := networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).ListCoverageGaps(t.Context(),
			&networkv1.ListCoverageGapsRequest{Unit: networktest.County, Rule: "village_officer", PageSize: 1000})
		require.NoError(t, err)
		found := map[string]bool{}
		for _, gap := range answer.GetGaps() {
			found[gap.GetUnit()] = true
		}
		return found
	}
	posts := func() []string {
		officer := get(t, s, name)
		return []string{officer.GetUnit(), officer.GetAppointingUnit()}
	}
	assert.Equal(t, []string{networktest.Village, networktest.Township}, posts(), "until the day nothing changes")
	assert.True(t, gaps()[successorVillage])
	s.Clock.Advance(4 * 24 * time.Hour) // 6 November, after an outage
	s.RunJob("network.follow_moves")
	assert.Equal(t, []string{successorVillage, successor}, posts())
	assert.False(t, gaps()[successorVillage])
	listed, err := as(s, networktest.City).ListOfficers(t.Context(), &networkv1.ListOfficersRequest{Unit: successorVillage})
	require.NoError(t, err)
	assert.Len(t, listed.GetOfficers(), 1)
	covered, err := networkv1.NewTrainingServiceClient(s.As("clerk", successorVillage)).GetTrainingCoverage(t.Context(),
		&networkv1.GetTrainingCoverageRequest{Unit: successorVillage, Year: 2026})
	require.NoError(t, err)
	assert.Equal(t, successorVillage, covered.GetParts()[0].GetUnit())
	_, err = as(s, successor).CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{
		Name: name, Day: "2026-11-06", Reason: "好。",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{successorVillage, successor}, posts())
}
