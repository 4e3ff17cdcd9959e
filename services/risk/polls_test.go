package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// survey is a poll of T's bureau about its sections, for which nobody is to be appointed.
func survey() *riskv1.Poll {
	return &riskv1.Poll{Unit: commerce, Kind: "satisfaction", Title: "中层干部群众满意度", Asked: 50, HeldOn: "2026-11-04"}
}

func (o office) poll(t *testing.T, poll *riskv1.Poll) *riskv1.Poll {
	t.Helper()
	answer, err := o.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: poll})
	require.NoError(t, err)
	return answer
}

func (o office) count(t *testing.T, poll *riskv1.Poll, answers ...*riskv1.PollAnswer) (*riskv1.Poll, error) {
	t.Helper()
	return o.polls.ClosePoll(t.Context(), &riskv1.ClosePollRequest{Name: poll.GetName(), Answers: answers})
}

func chose(option string, count int32) *riskv1.PollAnswer {
	return &riskv1.PollAnswer{Option: option, Count: count}
}

func TestT15_APollIsCountsAloneAndTheSuiteCountsItsOutcome(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	poll := office.poll(t, survey())
	_, err := office.count(t, poll, chose("satisfied", 40))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLL_NOT_HELD")
	s.Clock.Advance(48 * time.Hour)

	_, err = office.count(t, poll, chose("satisfied", 40), chose("fine", 1), chose("satisfied", 1))
	suitetest.RequireFieldFaults(t, err, map[string]string{"answers[1].option": "UNKNOWN_TERM", "answers[2].option": "DUPLICATE"})
	_, err = office.count(t, poll, chose("satisfied", 40), chose("dissatisfied", 11))
	suitetest.RequireFieldFaults(t, err, map[string]string{"answers": "MORE_THAN_ASKED"})
	_, err = as(s, "discipline_group", commerce).count(t, poll, chose("satisfied", 40))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")

	poll, err = office.count(t, poll, chose("dissatisfied", 11), chose("rather", 10), chose("satisfied", 24))
	require.NoError(t, err)
	assert.Equal(t, "POLL_STATE_CLOSED POLL_OUTCOME_SATISFIED 45 34 75.55 2026-11-04 schemes/t@2026-01-01", fmt.Sprint(
		poll.GetState(), " ", poll.GetOutcome(), " ", poll.GetReturned(), " ", poll.GetSatisfied(), " ", poll.GetSatisfiedPercent(), " ",
		poll.GetClosedOn(), " ", poll.GetSchemeVersion()))
	assert.Len(t, poll.GetAnswers(), 4, "an option that nobody chose is counted too")
	_, err = office.count(t, poll, chose("satisfied", 45))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = office.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "结果不好"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT15_FaultyPollsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	for name, tc := range map[string]struct {
		spoil func(*riskv1.Poll)
		want  map[string]string
	}{
		"of a kind that the scheme lacks": {
			func(p *riskv1.Poll) { p.Kind = "mood" }, map[string]string{"poll.kind": "UNKNOWN_TERM"},
		},
		"of a few, yesterday": {
			func(p *riskv1.Poll) { p.Asked, p.HeldOn = 9, "2026-11-01" },
			map[string]string{"poll.asked": "FEW_ASKED", "poll.held_on": "PAST_DAY"},
		},
		"in seventy years": {
			func(p *riskv1.Poll) { p.HeldOn = "2099-01-01" }, map[string]string{"poll.held_on": "TOO_FAR_AHEAD"},
		},
		"about nothing that is there": {
			func(p *riskv1.Poll) { p.Appointment = "appointments/x-none" }, map[string]string{"poll.appointment": "NOT_FOUND"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := survey()
			tc.spoil(bad)
			_, err := office.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: bad})
			suitetest.RequireFieldFaults(t, err, tc.want)
		})
	}
	below := survey()
	below.Unit = markets
	_, err := office.polls.CreatePoll(t.Context(), &riskv1.CreatePollRequest{Poll: below})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

func TestT15_AWithdrawnPollIsToldUpwardAndListed(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	own := survey()
	own.Unit = markets
	poll := section.poll(t, own)
	_, err := office.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "改期"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = section.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "改期"})
	require.NoError(t, err)
	assert.Len(t, said(t, s, "leading_group_office", commerce, poll.GetName(), 1), 1)
	office.poll(t, survey())
	listed := func(req *riskv1.ListPollsRequest) int {
		answer, err := office.polls.ListPolls(t.Context(), req)
		require.NoError(t, err)
		return len(answer.GetPolls())
	}
	assert.Equal(t, 2, listed(&riskv1.ListPollsRequest{Unit: commerce, Kinds: []string{"satisfaction"}}))
	assert.Equal(t, 1, listed(&riskv1.ListPollsRequest{
		Unit: commerce, States: []riskv1.PollState{riskv1.PollState_POLL_STATE_WITHDRAWN},
	}))
	_, err = office.polls.ListPolls(t.Context(), &riskv1.ListPollsRequest{Unit: commerce, Kinds: []string{"mood"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"kinds": "UNKNOWN_TERM"})
}

func TestT15_APollThatWasHeldIsFoundVoidFromAboveAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, "discipline_group", commerce)
	own := survey()
	own.Unit = markets
	poll := section.poll(t, own)
	void := func(o office) (*riskv1.Poll, error) {
		return o.polls.VoidPoll(t.Context(), &riskv1.VoidPollRequest{Name: poll.GetName(), Reason: "未按规定范围组织"})
	}
	_, err := void(group)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLL_NOT_HELD")
	s.Clock.Advance(48 * time.Hour)
	_, err = section.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "结果不好"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "POLL_HELD")
	_, err = void(section)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	poll, err = void(group)
	require.NoError(t, err)
	assert.Equal(t, "POLL_STATE_CLOSED POLL_OUTCOME_INVALID 2026-11-04 未按规定范围组织", fmt.Sprint(
		poll.GetState(), " ", poll.GetOutcome(), " ", poll.GetClosedOn(), " ", poll.GetVoidReason()))
	assert.Equal(t, []string{"测评“中层干部群众满意度”被商务局三位一体机制建设领导小组办公室作废：未按规定范围组织"}, said(t, s, "section", markets, poll.GetName(), 1))
	_, err = section.count(t, poll, chose("satisfied", 50))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT15_WhatFewAnsweredIsToldUpwardAndNotKept(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section := as(s, "section", markets)
	own := survey()
	own.Unit, own.HeldOn = markets, "2026-11-02"
	poll, err := section.count(t, section.poll(t, own), chose("satisfied", 9))
	require.NoError(t, err)
	assert.Equal(t, "POLL_OUTCOME_INVALID 9 0 0", fmt.Sprint(
		poll.GetOutcome(), " ", poll.GetReturned(), " ", poll.GetSatisfied(), " ", len(poll.GetAnswers())))
	assert.Contains(t, said(t, s, "leading_group_office", commerce, poll.GetName(), 1)[0], "“中层干部群众满意度”作答的人数不足")
}

func TestT15_APollThatIsNotCountedIsRemindedOfAndListed(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	own := survey()
	own.Unit = markets
	poll := section.poll(t, own)
	assert.Equal(t, "2026-11-04", poll.GetRemindOn())
	overdue := func() int {
		listed, err := office.polls.ListPolls(t.Context(), &riskv1.ListPollsRequest{Unit: commerce, Overdue: true})
		require.NoError(t, err)
		return len(listed.GetPolls())
	}
	s.Clock.Advance(48 * time.Hour)
	s.RunJob("risk.remind_polls")
	assert.Zero(t, overdue(), "it is held today")
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("risk.remind_polls")
	assert.Equal(t, 1, overdue())
	assert.Equal(t, []string{
		"测评“中层干部群众满意度”定于 2026-11-04 开展，届时请登记人数。", "测评“中层干部群众满意度”已于 2026-11-04 到期，尚未登记人数。",
	}, said(t, s, "section", markets, poll.GetName(), 2))
	assert.Len(t, said(t, s, "leading_group_office", commerce, poll.GetName(), 1), 1)
	poll, err := section.count(t, poll, chose("satisfied", 50))
	require.NoError(t, err)
	assert.Empty(t, poll.GetRemindOn())
	assert.Zero(t, overdue())
}

func TestT15_AnOpenPollLapsesWithItsAppointment(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	asked := survey()
	asked.Title, asked.Appointment = "任前测评", a.GetName()
	poll := b.office.poll(t, asked)
	assert.NotEmpty(t, poll.GetRemindOn())
	_, err := b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{Name: a.GetName(), Reason: "本人放弃"})
	require.NoError(t, err)
	ended, err := b.office.polls.GetPoll(t.Context(), &riskv1.GetPollRequest{Name: poll.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "POLL_STATE_LAPSED ", ended.GetState().String()+" "+ended.GetRemindOn())
	hears(t, b.Suite, "bureau_leaders", commerce, poll.GetName(), "对人选的任用已终止，测评“任前测评”不再进行。")
	b.Clock.Advance(60 * day)
	b.RunJob("risk.remind_polls")
	overdue, err := b.office.polls.ListPolls(t.Context(), &riskv1.ListPollsRequest{Unit: commerce, Overdue: true})
	require.NoError(t, err)
	assert.Empty(t, overdue.GetPolls())
	_, err = b.office.count(t, ended, chose("satisfied", 40))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}
