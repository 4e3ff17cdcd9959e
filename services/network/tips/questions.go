package tips

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// maxQuestions bounds the list that a tip carries.
const maxQuestions = 20

// AskSender asks the sender of an accepted tip a question; before that, whoever handles it returns it. The unit that sent it as
// such is told, others find the question by their receipts.
func (s *Server) AskSender(ctx context.Context, req *networkv1.AskSenderRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "ask", func(ctx context.Context, c *lockedTip) error {
		asked := len(c.tip.GetQuestions())
		if asked >= maxQuestions {
			return fault.Precondition(words.AskedTooOften())
		}
		c.tip.Questions = append(c.tip.Questions, &networkv1.TipQuestion{
			Number: int32(asked + 1), Question: req.GetQuestion(), AskTime: timestamppb.New(c.tx.Now()),
		})
		return tellSender(ctx, c, words.InboxSentTipAsked(), asked+1)
	})
}

// shownQuestions are what the sender of a tip was asked. What a duplicate has not answered is void: nobody waits for it.
func shownQuestions(tip *networkv1.Tip) []*networkv1.TipQuestion {
	if tip.GetState() != tipDuplicate {
		return tip.GetQuestions()
	}
	return slices.DeleteFunc(tip.GetQuestions(), func(q *networkv1.TipQuestion) bool { return q.GetAnswerTime() == nil })
}

// AnswerTip takes what the holder of a receipt answers. Whoever handles the tip hears of it once the day has ended (ADR 038).
func (s *Server) AnswerTip(ctx context.Context, req *networkv1.AnswerTipRequest) (*networkv1.AnswerTipResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.AnswerTipResponse, error) {
		tip, row, err := lockByReceipt(ctx, tx, req.GetReceipt(), "answer")
		if err != nil {
			return nil, err
		}
		number := int(req.GetQuestion())
		if number > len(tip.GetQuestions()) {
			return nil, fault.Invalid("question", words.UnknownNumber(strconv.Itoa(number)))
		}
		question := tip.GetQuestions()[number-1]
		if question.GetAnswerTime() != nil {
			return nil, fault.Precondition(words.QuestionAnswered())
		}
		question.Answer, question.AnswerTime = req.GetAnswer(), timestamppb.New(tx.Now())
		return &networkv1.AnswerTipResponse{State: tip.GetState()}, saveTip(ctx, tx, tip, row, row.HandlingPath, false)
	})
}
