package training_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	day         = 24 * time.Hour
	nextVillage = "units/340503001004"
)

// as is the training service as the clerk of a unit calls it.
func as(s *suitetest.Suite, unit string) networkv1.TrainingServiceClient {
	return networkv1.NewTrainingServiceClient(s.As("clerk", unit))
}

// schedule adds a session of a unit on a day.
func schedule(t *testing.T, s *suitetest.Suite, unit, on string) string {
	t.Helper()
	answer, err := as(s, unit).ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: unit, Form: "course", Title: "信息写作", FirstDay: on, Place: "会议室", Material: "案例选编",
		}})
	require.NoError(t, err)
	return answer.GetName()
}

func TestC5_SessionIsPlannedInvitedAndHeld(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	first := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	second := networktest.Appoint(t, s, networktest.Township, nextVillage).GetName()
	client := as(s, networktest.Township)
	plan, err := client.CreateTrainingPlan(t.Context(), &networkv1.CreateTrainingPlanRequest{Plan: &networkv1.TrainingPlan{
		Unit: networktest.Township, Year: 2026, Title: "年度轮训", UnitLevels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
	}})
	require.NoError(t, err)
	_, err = client.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: networktest.Township, Plan: plan.GetName(), Form: "karaoke", Title: "写作", FirstDay: "2027-01-04",
			LastDay: "2027-01-03",
		}})
	networktest.Refused(t, err, codes.InvalidArgument, "session.form", "session.last_day", "session.plan")
	made, err := client.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: networktest.Township, Plan: plan.GetName(), Form: "course", Title: "写作", FirstDay: "2026-11-04",
			LastDay: "2026-11-05",
		}})
	require.NoError(t, err)
	name := made.GetName()
	invited := as(s, networktest.Village)
	_, err = invited.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	asked, err := client.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: name, Officers: []string{first}})
	require.NoError(t, err)
	assert.EqualValues(t, 1, asked.GetInvited())
	_, err = invited.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	require.NoError(t, err, "the message names it")
	listed := func(unit string, invited bool) []*networkv1.TrainingSession {
		list, err := as(s, unit).ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{
			Unit: unit, Invited: invited, Year: 2026,
		})
		require.NoError(t, err)
		return list.GetSessions()
	}
	assert.Empty(t, listed(networktest.Village, false), "it is held elsewhere")
	if mine := listed(networktest.Village, true); assert.Len(t, mine, 1) {
		assert.Equal(t, name, mine[0].GetName())
	}
	assert.Empty(t, listed(nextVillage, true))
	assert.Len(t, listed(networktest.Township, true), 1, "officers below it are invited")
	_, err = as(s, nextVillage).ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	asked, err = client.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: name, AllAppointed: true})
	require.NoError(t, err)
	assert.EqualValues(t, 1, asked.GetInvited(), "who is invited already is not counted")
	_, err = client.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{
		Name: name, AllAppointed: true, Officers: []string{first},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "officers")
	came := &networkv1.RecordAttendanceRequest{Name: name, Attended: []string{first}, Absent: []string{second}}
	_, err = client.RecordAttendance(t.Context(), came)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "SESSION_NOT_STARTED")
	s.Clock.Advance(2 * day)
	held, err := client.RecordAttendance(t.Context(), came)
	require.NoError(t, err)
	assert.Equal(t, networkv1.TrainingSessionState_TRAINING_SESSION_STATE_HELD, held.GetState())
	_, err = client.RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{Name: name, Attended: []string{second}})
	require.NoError(t, err, "a correction")
	list, err := client.ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{
		Name: name, States: []networkv1.AttendanceState{networkv1.AttendanceState_ATTENDANCE_STATE_ATTENDED},
	})
	require.NoError(t, err)
	assert.Len(t, list.GetAttendances(), 2)
	own, err := invited.ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{Name: name})
	require.NoError(t, err)
	if assert.Len(t, own.GetAttendances(), 1, "a unit sees its own officers") {
		assert.Equal(t, first, own.GetAttendances()[0].GetOfficer())
	}
	_, err = client.CancelTrainingSession(t.Context(), &networkv1.CancelTrainingSessionRequest{Name: name, Reason: "改期。"})
	networktest.Refused(t, err, codes.FailedPrecondition)
	plans, err := client.ListTrainingPlans(t.Context(), &networkv1.ListTrainingPlansRequest{
		Unit: networktest.Township, Year: 2026,
	})
	require.NoError(t, err)
	assert.Len(t, plans.GetPlans(), 1)
}

func TestC5_UnitTrainsOnlyOfficersWithinReach(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	others := networktest.Appoint(t, s, networktest.City, networktest.County).GetName()
	name := schedule(t, s, networktest.Township, "2026-11-02")
	_, err := as(s, networktest.Township).InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{
		Name: name, Officers: []string{own, others, "officers/x"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "officers[1]", "officers[2]")
	_, err = as(s, networktest.Township).RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{
		Name: name, Attended: []string{own, own}, Absent: []string{own, others},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "attended[1]", "absent[0]", "absent[1]")
	_, err = as(s, networktest.City).RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{
		Name: name, Attended: []string{own},
	})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = as(s, networktest.OtherTownship).GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	called, err := as(s, networktest.Township).CancelTrainingSession(t.Context(), &networkv1.CancelTrainingSessionRequest{
		Name: name, Reason: "防汛。",
	})
	require.NoError(t, err)
	assert.Equal(t, "防汛。", called.GetCancelReason())
}

func TestC5_WhoWasInvitedIsRecordedAfterTheirUnitMovedAway(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	came := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	missed := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	name := schedule(t, s, networktest.Township, "2026-11-02")
	_, err := as(s, networktest.Township).InviteOfficers(t.Context(),
		&networkv1.InviteOfficersRequest{Name: name, Officers: []string{came, missed}})
	require.NoError(t, err)
	uninvited := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	_, err = networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Village, Parent: networktest.OtherTownship, Reason: "区划调整",
	})
	require.NoError(t, err)
	s.RunJob("network.follow_moves")
	s.Clock.Advance(time.Minute)
	record := func(attended, absent []string) error {
		_, err := as(s, networktest.Township).RecordAttendance(t.Context(),
			&networkv1.RecordAttendanceRequest{Name: name, Attended: attended, Absent: absent})
		return err
	}
	networktest.Refused(t, record([]string{came, uninvited}, []string{missed}), codes.InvalidArgument, "attended[1]")
	require.NoError(t, record([]string{came}, []string{missed}))
	require.NoError(t, record([]string{missed}, nil), "a correction")
	list, err := as(s, networktest.Township).ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{
		Name: name, States: []networkv1.AttendanceState{networkv1.AttendanceState_ATTENDANCE_STATE_ATTENDED},
	})
	require.NoError(t, err)
	assert.Len(t, list.GetAttendances(), 2)
}

func TestC5_SessionAndPlanAreChanged(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	town := as(s, networktest.Township)
	plan, err := town.CreateTrainingPlan(t.Context(), &networkv1.CreateTrainingPlanRequest{Plan: &networkv1.TrainingPlan{
		Unit: networktest.Township, Year: 2026, Title: "年度轮训",
	}})
	require.NoError(t, err)
	changed := &networkv1.TrainingPlan{Name: plan.GetName(), Title: "轮训", Etag: plan.GetEtag()}
	_, err = as(s, networktest.City).UpdateTrainingPlan(t.Context(), &networkv1.UpdateTrainingPlanRequest{TrainingPlan: changed})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	plan, err = town.UpdateTrainingPlan(t.Context(), &networkv1.UpdateTrainingPlanRequest{TrainingPlan: changed})
	require.NoError(t, err)
	assert.Equal(t, "轮训", plan.GetTitle())
	assert.EqualValues(t, 2026, plan.GetYear())
	_, err = town.UpdateTrainingPlan(t.Context(), &networkv1.UpdateTrainingPlanRequest{TrainingPlan: changed})
	networktest.Refused(t, err, codes.Aborted)

	name := schedule(t, s, networktest.Township, "2026-11-04")
	_, err = town.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: name, Officers: []string{officer}})
	require.NoError(t, err)
	update := func(by string, session *networkv1.TrainingSession) (*networkv1.TrainingSession, error) {
		session.Name = name
		answer, err := as(s, by).UpdateTrainingSession(t.Context(), &networkv1.UpdateTrainingSessionRequest{TrainingSession: session})
		return answer, err
	}
	_, err = update(networktest.City, &networkv1.TrainingSession{Place: "礼堂"})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = update(networktest.Township, &networkv1.TrainingSession{Form: "karaoke", LastDay: "2026-11-03"})
	networktest.Refused(t, err, codes.InvalidArgument, "training_session.form", "training_session.last_day")
	_, err = update(networktest.Township, &networkv1.TrainingSession{Material: "案例"})
	require.NoError(t, err, "nobody need be told")
	session, err := update(networktest.Township, &networkv1.TrainingSession{FirstDay: "2027-01-05", Place: "礼堂"})
	require.NoError(t, err)
	assert.Equal(t, "信息写作", session.GetTitle())
	assert.Equal(t, []string{
		"沙塘路街道邀请本单位 1 名信息员参加培训“信息写作”，2026-11-04 开始。地点：会议室。",
		"本单位信息员受邀参加的培训“信息写作”有变：2027-01-05 开始。地点：礼堂。",
	}, said(t, s, networktest.Village))
	s.Clock.Advance(70 * day)
	_, err = town.RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{Name: name, Attended: []string{officer}})
	require.NoError(t, err)
	coverage, err := town.GetTrainingCoverage(t.Context(), &networkv1.GetTrainingCoverageRequest{
		Unit: networktest.Township, Year: 2027,
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, coverage.GetTotal().GetNumerator(), "it counts in the year that it was moved to")
	_, err = update(networktest.Township, &networkv1.TrainingSession{Place: "会议室"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestC5_UnitsHearThatASessionIsCalledOff(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.Appoint(t, s, networktest.Township, networktest.Village)
	name := schedule(t, s, networktest.Township, "2026-11-04")
	_, err := as(s, networktest.Township).InviteOfficers(t.Context(),
		&networkv1.InviteOfficersRequest{Name: name, AllAppointed: true})
	require.NoError(t, err)
	_, err = as(s, networktest.Township).CancelTrainingSession(t.Context(),
		&networkv1.CancelTrainingSessionRequest{Name: name, Reason: "防汛。"})
	require.NoError(t, err)
	assert.Equal(t, "本单位信息员受邀参加的培训“信息写作”已经取消。", said(t, s, networktest.Village)[1])
}

func TestC5_InvitationWithoutAPlaceNamesNone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.Appoint(t, s, networktest.Township, networktest.Village)
	town := as(s, networktest.Township)
	session, err := town.ScheduleTrainingSession(t.Context(), &networkv1.ScheduleTrainingSessionRequest{
		Session: &networkv1.TrainingSession{Unit: networktest.Township, Form: "course", Title: "保密", FirstDay: "2026-11-04"},
	})
	require.NoError(t, err)
	_, err = town.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: session.GetName(), AllAppointed: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"沙塘路街道邀请本单位 1 名信息员参加培训“保密”，2026-11-04 开始。"}, said(t, s, networktest.Village))
}

// said is what the messages of a unit say to its officers of training, the oldest first.
func said(t *testing.T, s *suitetest.Suite, unit string) (titles []string) {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(s.As("informant", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{
			"inbox.training_invitation", "inbox.training_changed", "inbox.training_cancelled",
		}})
	require.NoError(t, err)
	for _, m := range slices.Backward(answer.GetMessages()) {
		titles = append(titles, m.GetTitle())
	}
	return titles
}

func TestC5_SuccessorHoldsPlannedSession(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const successor = "units/340503002"
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	plan, err := as(s, networktest.Township).CreateTrainingPlan(t.Context(),
		&networkv1.CreateTrainingPlanRequest{Plan: &networkv1.TrainingPlan{
			Unit: networktest.Township, Year: 2026, Title: "年度轮训", UnitLevels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
		}})
	require.NoError(t, err)
	held, off := schedule(t, s, networktest.Township, "2026-11-02"), schedule(t, s, networktest.Township, "2026-12-01")
	_, err = networkv1.NewTreeServiceClient(s.As("administrator", networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: successor, Reason: "撤并",
		})
	require.NoError(t, err)
	s.Clock.Advance(time.Minute)
	client := as(s, successor)
	asked, err := client.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: held, AllAppointed: true})
	require.NoError(t, err)
	assert.EqualValues(t, 1, asked.GetInvited())
	_, err = client.RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{Name: held, Attended: []string{officer}})
	require.NoError(t, err)
	for _, name := range []string{off, schedule(t, s, successor, "2026-12-02")} {
		_, err = client.CancelTrainingSession(t.Context(), &networkv1.CancelTrainingSessionRequest{Name: name, Reason: "并入年度轮训。"})
		require.NoError(t, err)
	}
	_, err = client.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: successor, Plan: plan.GetName(), Form: "course", Title: "写作", FirstDay: "2026-11-04",
		}})
	require.NoError(t, err)
	_, err = as(s, networktest.City).CancelTrainingSession(t.Context(), &networkv1.CancelTrainingSessionRequest{
		Name: held, Reason: "无。",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestC5_TheYearlyRoundCoversEveryVillageOfficer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	trained := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	missed := networktest.Appoint(t, s, networktest.Township, nextVillage).GetName()
	networktest.Appoint(t, s, networktest.City, networktest.Township)
	name := schedule(t, s, networktest.Township, "2026-11-02")
	_, err := as(s, networktest.Township).RecordAttendance(t.Context(), &networkv1.RecordAttendanceRequest{
		Name: name, Attended: []string{trained}, Absent: []string{missed},
	})
	require.NoError(t, err)
	coverage := func(unit string, levels ...typev1.Level) *networkv1.GetTrainingCoverageResponse {
		t.Helper()
		answer, err := as(s, networktest.City).GetTrainingCoverage(t.Context(), &networkv1.GetTrainingCoverageRequest{
			Unit: unit, UnitLevels: levels,
		})
		require.NoError(t, err)
		return answer
	}
	figure := func(f *typev1.Figure) [2]int64 { return [2]int64{f.GetNumerator(), f.GetDenominator()} }
	villages := coverage(networktest.City, typev1.Level_LEVEL_VILLAGE)
	assert.Equal(t, [2]int64{1, 2}, figure(villages.GetTotal()))
	require.Len(t, villages.GetParts(), 1)
	assert.Equal(t, networktest.County, villages.GetParts()[0].GetUnit(), "by the units directly below")
	parts := coverage(networktest.Township).GetParts()
	require.Len(t, parts, 3)
	assert.Equal(t, networktest.Township, parts[0].GetUnit(), "the unit's own officers are a part")
	assert.Equal(t, [2]int64{1, 1}, figure(parts[1]))
	assert.Equal(t, [2]int64{0, 1}, figure(parts[2]))
	untrained, err := as(s, networktest.City).ListUntrained(t.Context(), &networkv1.ListUntrainedRequest{
		Unit: networktest.City, UnitLevels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
	})
	require.NoError(t, err)
	require.Len(t, untrained.GetOfficers(), 1)
	assert.Equal(t, missed, untrained.GetOfficers()[0].GetName())
	figures, err := networkv1.NewFigureServiceClient(s.As("handler", networktest.City)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: networktest.City, Units: []string{networktest.Township, networktest.OtherTownship}, Period: "2026-H2",
			Measures: []string{"network.training_coverage"},
		})
	require.NoError(t, err)
	assert.Equal(t, [2]int64{1, 3}, figure(figures.GetFigures()[0]))
	assert.Len(t, figures.GetFigures()[0].GetRecords(), 3)
	assert.Equal(t, [2]int64{0, 0}, figure(figures.GetFigures()[1]))

	_, err = networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: missed, Reason: "调离。"})
	require.NoError(t, err)
	assert.Equal(t, [2]int64{1, 1}, figure(coverage(networktest.City, typev1.Level_LEVEL_VILLAGE).GetTotal()),
		"who has left is not missing")
	s.Clock.Advance(90 * day)
	assert.Equal(t, [2]int64{0, 1}, figure(coverage(networktest.City, typev1.Level_LEVEL_VILLAGE).GetTotal()),
		"a new year is a new round")
	last, err := as(s, networktest.City).GetTrainingCoverage(t.Context(), &networkv1.GetTrainingCoverageRequest{
		Unit: networktest.City, Year: 2026,
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-12-31", last.GetCountedOn())
	assert.Equal(t, [2]int64{1, 2}, figure(last.GetTotal()))
}

func TestC5_SessionsAreListedByPages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for _, on := range []string{"2026-11-09", "2026-11-03", "2026-11-05", "2027-01-04"} {
		schedule(t, s, networktest.Township, on)
	}
	var days []string
	req := &networkv1.ListTrainingSessionsRequest{Unit: networktest.County, Year: 2026, PageSize: 2}
	for {
		answer, err := as(s, networktest.County).ListTrainingSessions(t.Context(), req)
		require.NoError(t, err)
		for _, session := range answer.GetSessions() {
			days = append(days, session.GetFirstDay())
		}
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			break
		}
		forged := proto.CloneOf(req)
		raw, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
		require.NoError(t, err)
		forged.PageToken = base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(raw, []byte("2026-11-05"), []byte("x")))
		_, err = as(s, networktest.County).ListTrainingSessions(t.Context(), forged)
		networktest.Refused(t, err, codes.InvalidArgument, "page_token")
	}
	assert.Equal(t, []string{"2026-11-09", "2026-11-05", "2026-11-03"}, days)
}

func TestC5_HandbookHoldersAreListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	one := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	two := networktest.Appoint(t, s, networktest.Township, nextVillage).GetName()
	city := networkv1.NewHandbookServiceClient(s.As("clerk", networktest.City))
	town := networkv1.NewHandbookServiceClient(s.As("clerk", networktest.Township))
	handbook := &networkv1.Handbook{Unit: networktest.City, Title: "信息员手册", Version: "2026年版", PublishedOn: "2026-11-03"}
	_, err := city.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: handbook})
	networktest.Refused(t, err, codes.InvalidArgument, "handbook.published_on")
	handbook.PublishedOn = "2026-11-01"
	made, err := city.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: handbook})
	require.NoError(t, err)
	_, err = city.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: handbook})
	networktest.Refused(t, err, codes.AlreadyExists, "handbook.version")
	require.ErrorContains(t, err, made.GetName(), "the one that stands is named")
	spaced := proto.CloneOf(handbook)
	spaced.Title, spaced.Version = " 信息员手册　", "\ufeff2026年版\u200f"
	_, err = city.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: spaced})
	networktest.Refused(t, err, codes.AlreadyExists, "handbook.version")
	got, err := town.GetHandbook(t.Context(), &networkv1.GetHandbookRequest{Name: made.GetName()})
	require.NoError(t, err)
	assert.True(t, proto.Equal(made, got), "what the city publishes holds for the township")
	listed, err := town.ListHandbooks(t.Context(), &networkv1.ListHandbooksRequest{Unit: networktest.Township})
	require.NoError(t, err)
	require.Len(t, listed.GetHandbooks(), 1, "what the city publishes holds for the township")

	receipts := &networkv1.RecordHandbookReceiptsRequest{
		Unit: networktest.Township, Handbook: "handbooks/340500-none", Officers: []string{one, "officers/340503-none"},
		Day: "2026-11-03",
	}
	_, err = town.RecordHandbookReceipts(t.Context(), receipts)
	networktest.Refused(t, err, codes.InvalidArgument, "handbook", "officers[1]", "day")
	receipts.Handbook, receipts.Officers, receipts.Day = made.GetName(), []string{one}, "2026-11-02"
	given, err := town.RecordHandbookReceipts(t.Context(), receipts)
	require.NoError(t, err)
	assert.EqualValues(t, 1, given.GetRecorded())
	given, err = town.RecordHandbookReceipts(t.Context(), receipts)
	require.NoError(t, err)
	assert.Zero(t, given.GetRecorded(), "it was given already")
	holders := func(missing bool) []string {
		answer, err := town.ListHandbookHolders(t.Context(), &networkv1.ListHandbookHoldersRequest{
			Unit: networktest.Township, Handbook: receipts.GetHandbook(), Missing: missing,
		})
		require.NoError(t, err)
		names := []string{}
		for _, o := range answer.GetOfficers() {
			names = append(names, o.GetName())
		}
		return names
	}
	assert.Equal(t, []string{one}, holders(false))
	assert.Equal(t, []string{two}, holders(true))
	receipts.Returned = true
	_, err = town.RecordHandbookReceipts(t.Context(), receipts)
	require.NoError(t, err)
	assert.Empty(t, holders(false))
	assert.Equal(t, []string{one, two}, holders(true))
}

func TestC5_UnitsWhoseOfficersAreToReadAHandbookHearOfIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.Appoint(t, s, networktest.Township, networktest.Village)
	networktest.Appoint(t, s, networktest.Township, networktest.Village)
	published, err := networkv1.NewHandbookServiceClient(s.As("clerk", networktest.County)).PublishHandbook(t.Context(),
		&networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
			Unit: networktest.County, Title: "信息员手册", Version: "2026年版", PublishedOn: "2026-11-01",
		}})
	require.NoError(t, err)
	heard := func(unit string) []*networkv1.Message {
		listed, err := networkv1.NewInboxServiceClient(s.As("informant", unit)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.handbook_published"}})
		require.NoError(t, err)
		return listed.GetMessages()
	}
	require.Len(t, heard(networktest.Village), 1)
	assert.Equal(t, published.GetName(), heard(networktest.Village)[0].GetResource())
	assert.Equal(t, "花山区发布了《信息员手册》（2026年版），请本单位信息员阅读。", heard(networktest.Village)[0].GetTitle())
	assert.Empty(t, heard(nextVillage), "it has no officer")
}

func TestC5_HandbooksAreGivenOnDaysThatCanBe(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	town := networkv1.NewHandbookServiceClient(s.As("clerk", networktest.Township))
	publish := func(on string) string {
		made, err := town.PublishHandbook(t.Context(), &networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
			Unit: networktest.Township, Title: "信息员手册", Version: on, PublishedOn: on,
		}})
		require.NoError(t, err)
		return made.GetName()
	}
	of2025, of2026 := publish("2025-06-01"), publish("2026-10-20")
	for _, c := range []struct {
		handbook, day string
		returned      bool
		named         []string
	}{
		{of2026, "2026-10-19", false, []string{"day"}},
		{of2026, "2026-10-19", true, []string{"day"}},
		{of2026, "2026-11-03", false, []string{"day"}},
		{of2025, "2025-12-31", false, []string{"officers[0]"}}, // the term begins the day after
		{of2026, "2026-10-20", false, nil},
		{of2025, "2026-01-01", false, nil},
		{of2025, "2025-12-31", true, []string{"day"}}, // before it was given
		{of2025, "2026-03-01", true, nil},
		{of2025, "2026-02-28", false, []string{"day"}}, // before it was given back
		{of2025, "2026-03-01", false, nil},
	} {
		answer, err := town.RecordHandbookReceipts(t.Context(), &networkv1.RecordHandbookReceiptsRequest{
			Unit: networktest.Township, Handbook: c.handbook, Officers: []string{officer}, Day: c.day, Returned: c.returned,
		})
		if c.named != nil {
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
			continue
		}
		require.NoError(t, err)
		assert.EqualValues(t, 1, answer.GetRecorded())
	}
}

func TestC5_AnOfficerReadsTheSessionsTheirUnitIsInvitedTo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	invited := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	name := schedule(t, s, networktest.Township, "2026-11-20")
	other := schedule(t, s, networktest.Township, "2026-11-21")
	_, err := as(s, networktest.Township).InviteOfficers(t.Context(),
		&networkv1.InviteOfficersRequest{Name: name, Officers: []string{invited}})
	require.NoError(t, err)
	officer := networkv1.NewTrainingServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/li", Officer: invited, Roles: []string{"informant"},
	}))
	read, err := officer.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, "会议室", read.GetPlace())
	assert.Equal(t, "案例选编", read.GetMaterial())
	_, err = officer.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: other})
	networktest.Refused(t, err, codes.NotFound)
	listed, err := officer.ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{Unit: networktest.Village})
	require.NoError(t, err)
	require.Len(t, listed.GetSessions(), 1)
	assert.Equal(t, name, listed.GetSessions()[0].GetName())
	_, err = officer.ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{Name: name})
	networktest.Refused(t, err, codes.PermissionDenied)

	township := networkv1.NewTrainingServiceClient(s.As("informant", networktest.Township))
	_, err = township.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	listed, err = township.ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Empty(t, listed.GetSessions(), "nobody of the township itself is invited")
	_, err = township.ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{Unit: networktest.Village})
	networktest.Refused(t, err, codes.PermissionDenied)
}

func TestC5_TheReviewerReadsTheSessionTheLeaderInChargeIsInvitedTo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := s.As("handler", networktest.City)
	_, err := networkv1.NewOfficerServiceClient(handler).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
		Officer: networktest.Officer(networktest.City, networktest.City, networkv1.OfficerType_OFFICER_TYPE_LEADER_IN_CHARGE),
	})
	require.NoError(t, err)
	name, other := schedule(t, s, networktest.City, "2026-11-20"), schedule(t, s, networktest.City, "2026-11-21")
	_, err = as(s, networktest.City).InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: name, AllAppointed: true})
	require.NoError(t, err)
	reviewer := networkv1.NewTrainingServiceClient(s.As("reviewer", networktest.City))
	_, err = reviewer.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: name})
	require.NoError(t, err)
	_, err = reviewer.GetTrainingSession(t.Context(), &networkv1.GetTrainingSessionRequest{Name: other})
	networktest.Refused(t, err, codes.NotFound)
}
