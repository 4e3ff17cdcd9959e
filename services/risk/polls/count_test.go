package polls

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

var satisfaction = &riskv1.PollKind{
	MinSatisfiedPercent: 60, MinReturnedPercent: 80,
	Options: []*riskv1.PollOption{{Id: "yes", Satisfied: true}, {Id: "rather", Satisfied: true}, {Id: "no"}},
}

func answered(yes, rather, no int32) []*riskv1.PollAnswer {
	return []*riskv1.PollAnswer{{Option: "no", Count: no}, {Option: "yes", Count: yes}, {Option: "rather", Count: rather}}
}

func TestT15_APollIsCountedWithoutRounding(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		asked           int32
		yes, rather, no int32
		percent         float64
		outcome         riskv1.PollOutcome
	}{
		"just enough":               {100, 50, 10, 40, 60, riskv1.PollOutcome_POLL_OUTCOME_SATISFIED},
		"one too few":               {100, 50, 9, 41, 59, riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED},
		"a hair below":              {1000000, 599999, 0, 400001, 59.99, riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED},
		"just enough who answered":  {100, 80, 0, 0, 100, riskv1.PollOutcome_POLL_OUTCOME_SATISFIED},
		"one too few who answered":  {100, 79, 0, 0, 100, riskv1.PollOutcome_POLL_OUTCOME_INVALID},
		"nobody answered":           {100, 0, 0, 0, 0, riskv1.PollOutcome_POLL_OUTCOME_INVALID},
		"a third is rounded down":   {3, 1, 0, 2, 33.33, riskv1.PollOutcome_POLL_OUTCOME_NOT_SATISFIED},
		"two thirds are over sixty": {3, 1, 1, 1, 66.66, riskv1.PollOutcome_POLL_OUTCOME_SATISFIED},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poll := &riskv1.Poll{Asked: tc.asked}
			require.NoError(t, count(poll, satisfaction, answered(tc.yes, tc.rather, tc.no)))
			assert.Equal(t, tc.outcome, poll.GetOutcome())
			assert.InDelta(t, tc.percent, poll.GetSatisfiedPercent(), 0.0001)
			assert.Equal(t, "yes", poll.GetAnswers()[0].GetOption(), "in the order of the scheme")
		})
	}
}

func TestT15_CountsOfAPollAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int32Range(0, 1000000)
		yes, rather, no := n.Draw(t, "yes"), n.Draw(t, "rather"), n.Draw(t, "no")
		poll := &riskv1.Poll{Asked: rapid.Int32Range(1, 1000000).Draw(t, "asked")}
		err := count(poll, satisfaction, answered(yes, rather, no))
		if yes+rather+no > poll.GetAsked() {
			require.Error(t, err)
			assert.Empty(t, poll.GetAnswers(), "nothing half done")
			return
		}
		require.NoError(t, err)
		assert.Equal(t, yes+rather+no, poll.GetReturned())
		assert.Equal(t, yes+rather, poll.GetSatisfied())
		satisfied := poll.GetOutcome() == riskv1.PollOutcome_POLL_OUTCOME_SATISFIED
		assert.Equal(t, 10*poll.GetReturned() >= 8*poll.GetAsked() && 10*poll.GetSatisfied() >= 6*poll.GetReturned(), satisfied)
	})
}
