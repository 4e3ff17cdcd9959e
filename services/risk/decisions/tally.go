package decisions

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// least is the smallest number that is a share of some number.
func least(share *riskv1.Share, of int32) int32 {
	if share.GetMoreThan() {
		return of*share.GetNumerator()/share.GetDenominator() + 1
	}
	return (of*share.GetNumerator() + share.GetDenominator() - 1) / share.GetDenominator()
}

// count counts what some members said, by the rules of a kind.
func count(kind *riskv1.DecisionKind, members int32, statements []*riskv1.Statement) *riskv1.DecisionTally {
	tally := &riskv1.DecisionTally{Members: members, Quorum: max(least(kind.GetQuorum(), members), kind.GetMinStatements())}
	for _, statement := range statements {
		switch statement.GetStance() {
		case riskv1.Stance_STANCE_FOR:
			tally.VotesFor++
		case riskv1.Stance_STANCE_AGAINST:
			tally.VotesAgainst++
		default:
			tally.Abstentions++
		}
	}
	of := members
	if kind.GetMajorityOf() == riskv1.MajorityBase_MAJORITY_BASE_STATEMENTS {
		of = spoke(tally)
	}
	tally.Needed = least(kind.GetMajority(), of)
	return tally
}

// spoke is how many members spoke.
func spoke(tally *riskv1.DecisionTally) int32 {
	return tally.GetVotesFor() + tally.GetVotesAgainst() + tally.GetAbstentions()
}
