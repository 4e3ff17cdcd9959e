package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC8_SenderOfAnAcceptedTipIsAskedAndAnswers(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	name := networktest.NewestTip(t, s)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	anyone := networkv1.NewTipServiceClient(s.Unauthenticated())
	ask := func(question string) (*networkv1.Tip, error) {
		tip, err := clerk.AskSender(t.Context(), &networkv1.AskSenderRequest{Name: name, Question: question})
		return tip, err
	}
	answer := func(number int32, text string) error {
		_, err := anyone.AnswerTip(t.Context(), &networkv1.AnswerTipRequest{Receipt: receipt, Question: number, Answer: text})
		return err
	}
	_, err := ask("哪一天？")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	for _, question := range []string{"哪一天？", "在哪个窗口？"} {
		_, err = ask(question)
		require.NoError(t, err)
	}
	_, err = networkv1.NewTipServiceClient(s.As("informant", networktest.Township)).AskSender(t.Context(),
		&networkv1.AskSenderRequest{Name: name, Question: "谁？"})
	networktest.Refused(t, err, codes.PermissionDenied)

	followed, err := anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: receipt})
	require.NoError(t, err)
	require.Len(t, followed.GetQuestions(), 2)
	assert.Equal(t, "在哪个窗口？", followed.GetQuestions()[1].GetQuestion())
	require.NoError(t, answer(2, "二号窗口。"))
	suitetest.RequireRefused(t, answer(2, "三号窗口。"), codes.FailedPrecondition, "QUESTION_ANSWERED")
	networktest.Refused(t, answer(3, "不知道。"), codes.InvalidArgument, "question")
	networktest.Refused(t, answer(1, ""), codes.InvalidArgument, "answer")

	assert.Empty(t, senderTold(t, s, "clerk", networktest.Township), "no message comes with the answer: its time leads to the sender")
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.tell_new_tips")
	assert.Equal(t, []string{"tips_answered"}, senderTold(t, s, "clerk", networktest.Township))
	tip, err := clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, networkv1.TipState_TIP_STATE_ACCEPTED, tip.GetState())
	assert.Empty(t, tip.GetQuestions()[0].GetAnswer())
	assert.Equal(t, "二号窗口。", tip.GetQuestions()[1].GetAnswer())
	assert.Equal(t, tip.GetReceiveTime().AsTime(), tip.GetQuestions()[1].GetAnswerTime().AsTime(), "no finer than the day")

	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
	suitetest.RequireRefused(t, answer(1, "十月二十日。"), codes.FailedPrecondition, "WRONG_STATE")
}

func TestC8_QuestionsOfATipAreBounded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	h := accepted(t, s)
	ask := func() error {
		_, err := h.clerk.AskSender(t.Context(), &networkv1.AskSenderRequest{Name: h.name, Question: "哪一天？"})
		return err
	}
	for range 20 {
		require.NoError(t, ask())
	}
	refusedFor(t, ask(), "ASKED_TOO_OFTEN")
}

func TestC8_UnitThatSentATipHearsOfAQuestion(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	forUnit := true
	_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.Township, ForUnit: &forUnit})
	require.NoError(t, err)
	name, clerk := networktest.NewestTip(t, s), networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.AskSender(t.Context(), &networkv1.AskSenderRequest{Name: name, Question: "哪一天？"})
	require.NoError(t, err)
	assert.Equal(t, []string{"sent_tip_asked"}, senderTold(t, s, "informant", networktest.Village))
}

func TestC8_QuestionIsAnsweredThoughTheTipWasPassedOnAndReturned(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt, name := sent(t, s, networktest.ValidTip(), "")
	clerk, anyone := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networkv1.NewTipServiceClient(s.Unauthenticated())
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.AskSender(t.Context(), &networkv1.AskSenderRequest{Name: name, Question: "哪一天？"})
	require.NoError(t, err)
	refer(t, s.As("clerk", networktest.Township), name, networktest.County, false)
	county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	_, err = county.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{Name: name, Criteria: []string{"factual"}, Reason: "请补充。"})
	require.NoError(t, err)
	answered, err := anyone.AnswerTip(t.Context(), &networkv1.AnswerTipRequest{Receipt: receipt, Question: 1, Answer: "十月二十日。"})
	require.NoError(t, err)
	assert.Equal(t, networkv1.TipState_TIP_STATE_RETURNED, answered.GetState())
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.tell_new_tips")
	assert.Contains(t, senderTold(t, s, "clerk", networktest.County), "tips_answered")
}

func TestC8_C12_WhatADuplicateDidNotAnswerIsVoid(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, original := sent(t, s, networktest.ValidTip(), "")
	receipt, name := sent(t, s, networktest.ValidTip(), "")
	clerk, anyone := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networkv1.NewTipServiceClient(s.Unauthenticated())
	_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	for _, question := range []string{"哪一天？", "在哪个窗口？"} {
		_, err = clerk.AskSender(t.Context(), &networkv1.AskSenderRequest{Name: name, Question: question})
		require.NoError(t, err)
	}
	answer := func(number int32) error {
		_, err := anyone.AnswerTip(t.Context(), &networkv1.AnswerTipRequest{Receipt: receipt, Question: number, Answer: "二号。"})
		return err
	}
	shown := func() (questions []string) {
		followed, err := anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: receipt})
		require.NoError(t, err)
		for _, q := range followed.GetQuestions() {
			questions = append(questions, q.GetQuestion())
		}
		return questions
	}
	require.NoError(t, answer(2))
	require.NoError(t, link(t, s, networktest.Township, name, original))
	assert.Equal(t, []string{"在哪个窗口？"}, shown())
	suitetest.RequireRefused(t, answer(1), codes.FailedPrecondition, "WRONG_STATE")
	_, err = clerk.UnlinkDuplicate(t.Context(), &networkv1.UnlinkDuplicateRequest{Name: name})
	require.NoError(t, err)
	assert.Len(t, shown(), 2, "it is its own tip again")
	require.NoError(t, answer(1))
}
