// Package decisions keeps what units decide jointly: how it was prepared, who said what in the meeting, what came of it, and how
// it is carried out (T11, T13, T14).
package decisions

import (
	"context"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of decisions: DecideJob reminds of what is to be decided, RemindJob of what is to be carried out, FilingJob of what is to
// be filed, JudgeJob of what was carried out and is to be checked.
const (
	RemindJob = "risk.remind_decisions"
	DecideJob = "risk.remind_prepared_decisions"
	FilingJob = "risk.remind_filings"
	JudgeJob  = "risk.remind_decision_judges"
)

// Server serves DecisionService.
type Server struct {
	riskv1.UnsafeDecisionServiceServer

	decisions    *collection.Collection[*riskv1.Decision]
	judged       *collection.Collection[*riskv1.Decision] // the same, for those alone who reach the unit
	positions    *collection.Collection[*riskv1.Position]
	appointments *collection.Collection[*riskv1.Appointment] // to read them
	deficiencies *deficiencies.Server
	preparation  owed.Kind[*riskv1.Decision]
	execution    owed.Kind[*riskv1.Decision]
	filing       owed.Kind[*riskv1.Decision]
	judging      owed.Kind[*riskv1.Decision]
	calendar     calendar.Source
	about        collection.Rule[*riskv1.Decision]
	fallen       collection.Rule[*riskv1.Decision]
}

type change = collection.Change[*riskv1.Decision]

// Collection is the decisions, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.Decision] {
	return &collection.Collection[*riskv1.Decision]{
		Store: env.Store, Table: "decisions", Life: Lifecycle, Show: show,
		// What the unit alone does that decided, is refused to the one that carries it out.
		Reach:   owed.ReachOf(env.Store, (*riskv1.Decision).GetExecutorUnit),
		Derived: []string{owed.ExecutorActing, unfitMembers},
	}
}

// show says who is no member any more, and keeps what the members said from a unit that only carries a decision out.
func show(ctx context.Context, c *change) {
	showUnfit(c)
	if !access.Reaches(ctx, c.UnitPath) {
		c.Record.Meeting, c.Record.Preparations = nil, nil
	}
}

// InFavour tells whether a decision was adopted and stands.
func InFavour(d *riskv1.Decision) bool {
	return d.GetState() == adopted || d.GetState() == executed || d.GetState() == closed
}

// New makes the server and adds its jobs. Noted are the deficiencies, among which what deviates from a decision is kept; about
// and fallen are the rules of a decision about an appointment that is new, and that stands no more.
func New(env service.Env, noted *deficiencies.Server, about, fallen collection.Rule[*riskv1.Decision]) *Server {
	s := &Server{
		decisions: Collection(env), positions: positions.Collection(env), deficiencies: noted, calendar: env.Calendar,
		about: about, fallen: fallen,
		appointments: &collection.Collection[*riskv1.Appointment]{Store: env.Store, Table: "appointments"},
	}
	judged := *s.decisions
	judged.Reach = nil
	s.judged = &judged
	s.execution = owed.Kind[*riskv1.Decision]{
		Records: s.decisions, Owed: "state = 'DECISION_STATE_ADOPTED'",
		Reminders: (*riskv1.Scheme).GetDecisionReminders,
		Owner: &owed.Owner[*riskv1.Decision]{
			Of: func(d *riskv1.Decision) *riskv1.Incumbent {
				if reported(d) {
					return nil // it waits for the unit that decided
				}
				return d.GetExecutor()
			},
			Title: func(d *riskv1.Decision) words.Title {
				return words.Quoted(d.GetName(), "集体决定", "decision", words.Titled(d))
			},
			Acting: owed.ExecutorActing, DueOn: (*riskv1.Decision).GetDueOn, Reached: true,
		},
		Due:     func(d *riskv1.Decision) words.Sentence { return words.InboxDecisionDue(d.GetTitle(), d.GetDueOn()) },
		Overdue: func(d *riskv1.Decision) words.Sentence { return words.InboxDecisionOverdue(d.GetTitle(), d.GetDueOn()) },
		OverdueBelow: func(d *riskv1.Decision) words.Sentence {
			return words.InboxDecisionOverdueBelow(d.GetUnit(), d.GetTitle(), d.GetDueOn())
		},
		OverdueSum: words.InboxDecisionOverdueSum,
		Matters:    owed.Several("应当执行完毕的集体决定", "decisions to be carried out"), Called: title,
	}
	s.preparation = preparation(s.decisions)
	s.filing = owed.Filing(s.decisions, title, nil)
	s.judging = judging(s.decisions)
	env.Followers.Add(s.judging.Handover("state = 'DECISION_STATE_EXECUTED'"))
	env.Queue.Add(s.preparation.Job(DecideJob, env.Calendar), s.execution.Job(RemindJob, env.Calendar),
		s.filing.Job(FilingJob, env.Calendar), s.judging.Job(JudgeJob, env.Calendar))
	return s
}

// title is what messages call a decision.
func title(d *riskv1.Decision) words.Title {
	return words.Title{ID: d.GetName(), Zh: d.GetTitle(), En: d.GetTitle()}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterDecisionServiceServer(r, s) }

// CreateDecision enters a matter.
func (s *Server) CreateDecision(ctx context.Context, req *riskv1.CreateDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	rules := []collection.Rule[*riskv1.Decision]{collection.Own[*riskv1.Decision], s.check, s.toDecide(days)}
	if req.GetDecision().GetAppointment() != "" {
		rules = append(rules, s.about)
	}
	return s.decisions.Create(ctx, req, req.GetDecision(), rules...)
}

// GetDecision reads one decision.
func (s *Server) GetDecision(ctx context.Context, req *riskv1.GetDecisionRequest) (*riskv1.Decision, error) {
	return s.decisions.Get(ctx, req.GetName())
}

// ListDecisions lists the decisions of a subtree.
func (s *Server) ListDecisions(ctx context.Context, req *riskv1.ListDecisionsRequest) (*riskv1.ListDecisionsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.decisions.Store, &faults, "kinds", "decisionKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), s.today()),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("state = 'DECISION_STATE_ADOPTED' AND due_on < ?", s.today()))
	}
	if req.GetUndecided() {
		filters = append(filters, collection.Where("state = 'DECISION_STATE_PREPARING' AND decide_by < ?", s.today()))
	}
	if req.GetToExecute() {
		filters = append(filters, owed.IsOrActsFor(ctx, "executor_unit"))
	}
	if req.GetExecutionReported() {
		filters = append(filters, collection.Where("execution_reported"))
	}
	if req.GetUnfiled() {
		filters = append(filters, collection.Where("unfiled"))
	}
	list, next, err := s.decisions.List(ctx, req, filters...)
	return &riskv1.ListDecisionsResponse{Decisions: list, NextPageToken: next}, err
}

// UpdateDecision changes a matter that is not decided yet.
func (s *Server) UpdateDecision(ctx context.Context, req *riskv1.UpdateDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.decisions.Update(ctx, req, "decision", req.GetDecision(), s.check, s.toDecide(days))
}

// CancelDecision takes a matter back.
func (s *Server) CancelDecision(ctx context.Context, req *riskv1.CancelDecisionRequest) (*riskv1.Decision, error) {
	return s.decisions.Act(ctx, req, cancelAct, func(_ context.Context, c *change) error {
		c.Record.CancelReason, c.Record.DecideRemindOn = req.GetReason(), ""
		return nil
	})
}

// CountDecisions counts by unit, kind and state, what is overdue and what is to be filed.
func (s *Server) CountDecisions(ctx context.Context, _ *riskv1.CountDecisionsRequest) (*riskv1.CountDecisionsResponse, error) {
	rows, err := db.New(s.decisions.Store).CountDecisions(ctx, db.CountDecisionsParams{
		Subtree: access.Path(access.Target(ctx)), Today: s.today(), Owed: adopted.String(), Prepared: preparing.String(),
	})
	counts := make([]*riskv1.DecisionCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.DecisionCount{
			Unit: resource.Name(resource.Units, r.UnitID), Kind: r.Kind,
			State: riskv1.DecisionState(riskv1.DecisionState_value[r.State]),
			Count: r.N, OverdueCount: r.Overdue, UnfiledCount: r.Unfiled, UndecidedCount: r.Undecided,
		}
	}
	return &riskv1.CountDecisionsResponse{Counts: counts}, err
}

// Owners are the decisions as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(*s.decisions, files.ByBoth(Lifecycle, completeAct, executed, decidesOrExecutes, checks))
}

func (s *Server) today() calendar.Date { return clock.Today(s.decisions.Store.Clock) }
