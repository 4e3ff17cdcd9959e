package polls

import (
	"fmt"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// count enters answers to a poll, in the order of the options, and what came of them. Of few it keeps how many there were alone:
// else somebody's answer could be told.
func count(poll *riskv1.Poll, kind *riskv1.PollKind, answers []*riskv1.PollAnswer) error {
	var faults fault.Fields
	given := map[string]int32{}
	var returned int64 // the sum of 20 counts
	for i, answer := range answers {
		at := fmt.Sprintf("answers[%d].option", i)
		schemes.CheckKnown(&faults, at, answer.GetOption(), kind.GetOptions())
		if _, twice := given[answer.GetOption()]; twice {
			faults.Add(at, words.Duplicate(answer.GetOption()))
		}
		given[answer.GetOption()] = answer.GetCount()
		returned += int64(answer.GetCount())
	}
	if returned > int64(poll.GetAsked()) {
		faults.Add("answers", words.MoreThanAsked(strconv.Itoa(int(poll.GetAsked()))))
	}
	if err := faults.Err(); err != nil {
		return err
	}
	poll.Answers, poll.Returned, poll.Satisfied = nil, int32(returned), 0
	if poll.GetReturned() < kind.GetMinAsked() {
		poll.Outcome = riskv1.PollOutcome_POLL_OUTCOME_INVALID
		return nil
	}
	for _, option := range kind.GetOptions() {
		n := given[option.GetId()]
		poll.Answers = append(poll.Answers, &riskv1.PollAnswer{Option: option.GetId(), Count: n})
		if option.GetSatisfied() {
			poll.Satisfied += n
		}
	}
	poll.SatisfiedPercent, poll.Outcome = percent(poll.GetSatisfied(), poll.GetReturned()), outcome(poll, kind)
	return nil
}

// outcome compares whole numbers, so that nothing is rounded up to a threshold.
func outcome(poll *riskv1.Poll, kind *riskv1.PollKind) riskv1.PollOutcome {
	switch {
	case !reaches(poll.GetReturned(), poll.GetAsked(), kind.GetMinReturnedPercent()):
		return riskv1.PollOutcome_POLL_OUTCOME_INVALID
	case !reaches(poll.GetSatisfied(), poll.GetReturned(), kind.GetMinSatisfiedPercent()):
		return riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED
	}
	return riskv1.PollOutcome_POLL_OUTCOME_SATISFIED
}

// reaches tells whether some of a number are so many percent of it.
func reaches(some, of, percent int32) bool { return int64(some)*100 >= int64(of)*int64(percent) }

// percent is the share of some in a number, rounded down to two decimals.
func percent(some, of int32) float64 {
	if of == 0 {
		return 0
	}
	return float64(int64(some)*10000/int64(of)) / 100
}
