package problems

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// studying is what a unit owes that named a problem: its study, where that has a day.
func studying(problems *collection.Collection[*riskv1.CommonProblem]) owed.Kind[*riskv1.CommonProblem] {
	return owed.Kind[*riskv1.CommonProblem]{
		Records: problems, Owed: "state = 'COMMON_PROBLEM_STATE_NAMED' AND due_on IS NOT NULL",
		Reminders: (*riskv1.Scheme).GetStudyReminders,
		Due: func(p *riskv1.CommonProblem) words.Sentence {
			return words.InboxProblemDue(p.GetDueOn(), p.GetTitle())
		},
		Overdue: func(p *riskv1.CommonProblem) words.Sentence {
			return words.InboxProblemOverdue(p.GetTitle(), p.GetDueOn())
		},
		OverdueBelow: func(p *riskv1.CommonProblem) words.Sentence {
			return words.InboxProblemOverdueBelow(p.GetUnit(), p.GetDueOn(), p.GetTitle())
		},
		OverdueSum: words.InboxProblemOverdueSum,
		Matters:    owed.Several("应当研究的共性问题", "common problems to be studied"),
		Called:     func(p *riskv1.CommonProblem) words.Title { return words.Titled(p) },
	}
}

// toStudy is the rule that sets the day by which a problem is to be studied: the last one that the scheme leaves, or an earlier
// one that the unit names. Whoever owes something does not put it off.
func (s *Server) toStudy(days *calendar.Calendar) collection.Rule[*riskv1.CommonProblem] {
	return func(ctx context.Context, c *change) error {
		was, asked := c.Before.GetDueOn(), c.Record.GetDueOn()
		if was != "" && (asked == "" || asked == was) {
			c.Record.DueOn = was
			return nil
		}
		latest, err := latestStudy(ctx, c, days)
		if err != nil {
			return err
		}
		var faults fault.Fields
		switch {
		case asked == "":
			c.Record.DueOn = latest
		case was != "" && asked > was:
			faults.Add("common_problem.due_on", words.PutOff(was))
		case latest != "" && asked > latest:
			faults.Add("common_problem.due_on", words.PutOff(latest))
		default:
			faults.ParseComingDay("common_problem.due_on", asked, c.Today())
		}
		if err := faults.Err(); err != nil || c.Record.GetDueOn() == "" {
			return err
		}
		return s.owed.Plan(days)(ctx, c)
	}
}

// latestStudy is the last day for the study by the scheme in force; empty where that sets none.
func latestStudy(ctx context.Context, c *change, days *calendar.Calendar) (string, error) {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil || scheme.GetStudyLimit() == nil {
		return "", err
	}
	named := c.Today()
	if made := c.Before.GetCreateTime(); made != nil {
		named = calendar.DateOf(made.AsTime(), calendar.Shanghai)
	}
	last, err := calendarpb.Due(days, named, scheme.GetStudyLimit())
	return last.GetDue(), err
}
