// Package problems keeps the problems that are common to units, and their study (J4).
package problems

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// RemindJob is the job that reminds units of the common problems that they are to study.
const RemindJob = "risk.remind_common_problems"

const (
	named     = riskv1.CommonProblemState_COMMON_PROBLEM_STATE_NAMED
	studied   = riskv1.CommonProblemState_COMMON_PROBLEM_STATE_STUDIED
	withdrawn = riskv1.CommonProblemState_COMMON_PROBLEM_STATE_WITHDRAWN

	studyAct    lifecycle.Act = "study"
	withdrawAct lifecycle.Act = "withdraw"
)

var maker = lifecycle.By("unit that names it, or above")

// Lifecycle is the life of a common problem (J4).
var Lifecycle = lifecycle.Table[riskv1.CommonProblemState]{
	Resource: "CommonProblem", Start: named, Transitions: []lifecycle.Transition[riskv1.CommonProblemState]{
		{From: named, Act: collection.UpdateAct, To: named, By: lifecycle.Own("unit that names it")},
		{From: named, Act: studyAct, To: studied, By: lifecycle.Own("unit that names it")},
		{From: named, Act: withdrawAct, To: withdrawn, By: maker},
		{From: studied, Act: withdrawAct, To: withdrawn, By: maker},
	},
}

// Server serves CommonProblemService.
type Server struct {
	riskv1.UnsafeCommonProblemServiceServer

	problems  collection.Collection[*riskv1.CommonProblem]
	powers    *collection.Collection[*riskv1.PowerItem]
	points    *collection.Collection[*riskv1.RiskPoint]
	directory access.Directory
	owed      owed.Kind[*riskv1.CommonProblem]
	calendar  calendar.Source
}

type change = collection.Change[*riskv1.CommonProblem]

// New makes the server and adds the job that reminds.
func New(env service.Env) *Server {
	s := &Server{
		problems: collection.Collection[*riskv1.CommonProblem]{
			Store: env.Store, Table: "common_problems", Life: Lifecycle, Reach: reachedIn(env.Store),
		},
		powers: powers.Collection(env), points: riskpoints.Collection(env), directory: env.Directory, calendar: env.Calendar,
	}
	s.owed = studying(&s.problems)
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar))
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCommonProblemServiceServer(r, s) }

// reachedIn lets the units read a problem that it is seen in as well, and those that act for them now.
func reachedIn(store *record.Store) collection.Rule[*riskv1.CommonProblem] {
	return func(ctx context.Context, c *change) error {
		if access.Reaches(ctx, c.UnitPath) {
			return access.Require(ctx, c.UnitPath, c.Record.GetName())
		}
		from := db.New(store)
		if c.Tx != nil {
			from = db.New(c)
		}
		seen, err := from.ActsForOne(ctx, db.ActsForOneParams{
			UnitID: resource.ID(access.PrincipalOf(ctx).Unit), Units: c.Record.GetSeenIn(), Today: clock.Today(store.Clock),
		})
		if err == nil && !seen {
			err = fault.NotFound(c.Record.GetName())
		}
		if err == nil {
			access.MarkReached(ctx)
		}
		return err
	}
}

// CreateCommonProblem names a problem of units below.
func (s *Server) CreateCommonProblem(
	ctx context.Context, req *riskv1.CreateCommonProblemRequest,
) (*riskv1.CommonProblem, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.problems.Store, req, s.look(req.GetCommonProblem()),
		func(ctx context.Context, seen map[string]*networkv1.Unit) (*riskv1.CommonProblem, error) {
			asked := req.GetCommonProblem()
			return s.problems.Create(
				ctx, req, asked, collection.Own[*riskv1.CommonProblem], s.check(seen), s.toStudy(days), tellNamed)
		})
}

// GetCommonProblem reads one common problem.
func (s *Server) GetCommonProblem(ctx context.Context, req *riskv1.GetCommonProblemRequest) (*riskv1.CommonProblem, error) {
	return s.problems.Get(ctx, req.GetName())
}

// ListCommonProblems lists what was named in a subtree, or what is seen in a unit.
func (s *Server) ListCommonProblems(
	ctx context.Context, req *riskv1.ListCommonProblemsRequest,
) (*riskv1.ListCommonProblemsResponse, error) {
	filters := []collection.Filter{collection.InEnum("state", req.GetStates())}
	if req.GetSeenInUnit() {
		filters = append(filters, collection.Above(),
			collection.Where(`body -> 'seenIn' @> ANY (ARRAY(
				SELECT to_jsonb('units/' || f.unit_id) FROM acted_for(ARRAY[?::text], ?::date) AS f (unit_id, acting_id)))`,
				resource.ID(access.Target(ctx).GetName()), clock.Today(s.problems.Store.Clock)))
	}
	if req.GetOverdue() {
		today := clock.Today(s.problems.Store.Clock)
		filters = append(filters, collection.Where("state = ? AND due_on < ?", named.String(), today))
	}
	list, next, err := s.problems.List(ctx, req, filters...)
	return &riskv1.ListCommonProblemsResponse{CommonProblems: list, NextPageToken: next}, err
}

// UpdateCommonProblem changes what is said of a problem that is not studied yet.
func (s *Server) UpdateCommonProblem(
	ctx context.Context, req *riskv1.UpdateCommonProblemRequest,
) (*riskv1.CommonProblem, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.problems.Store, req, s.look(req.GetCommonProblem()),
		func(ctx context.Context, seen map[string]*networkv1.Unit) (*riskv1.CommonProblem, error) {
			return s.problems.Update(
				ctx, req, "common_problem", req.GetCommonProblem(), s.check(seen), s.toStudy(days), tellNamed)
		})
}

// StudyCommonProblem keeps what the study of a problem came to.
func (s *Server) StudyCommonProblem(
	ctx context.Context, req *riskv1.StudyCommonProblemRequest,
) (*riskv1.CommonProblem, error) {
	return s.problems.Act(ctx, req, studyAct, func(_ context.Context, c *change) error {
		c.Record.Study, c.Record.StudiedOn = req.GetStudy(), c.Today().String()
		owed.Stop(c.Record)
		tell(c, c.Record.GetSeenIn(), words.InboxProblemStudied(c.Record.GetUnit(), c.Record.GetTitle()))
		return nil
	})
}

// WithdrawCommonProblem takes back what is no common problem, or whose study is wrong.
func (s *Server) WithdrawCommonProblem(
	ctx context.Context, req *riskv1.WithdrawCommonProblemRequest,
) (*riskv1.CommonProblem, error) {
	return s.problems.ActBy(ctx, req, withdrawAct, requireMaker, func(ctx context.Context, c *change) error {
		c.Record.WithdrawReason, c.Record.WithdrawnOn = req.GetReason(), c.Today().String()
		owed.Stop(c.Record)
		says := words.InboxProblemWithdrawn(access.PrincipalOf(ctx).Unit, c.Record.GetTitle(), req.GetReason())
		tell(c, c.Record.GetSeenIn(), says)
		return nil
	})
}

func requireMaker(ctx context.Context, c *change) error {
	return c.RequireMaker(ctx, c.ActingUnit(), words.NotMaker(words.Untitled(c.Record.GetUnit())))
}

// look asks the network for the units that a problem is said to be seen in, by their names.
func (s *Server) look(problem *riskv1.CommonProblem) func(context.Context) (map[string]*networkv1.Unit, error) {
	return func(ctx context.Context) (map[string]*networkv1.Unit, error) {
		seen := map[string]*networkv1.Unit{}
		for i, name := range problem.GetSeenIn() {
			unit, err := access.LookUp(ctx, s.directory, seenIn(i), name)
			if err != nil {
				return nil, err
			}
			seen[name] = unit
		}
		return seen, nil
	}
}

func seenIn(i int) string { return fmt.Sprintf("common_problem.seen_in[%d]", i) }

// check wants a problem of the scheme, units below the one that names it, where they are asked for, and entries of those.
func (s *Server) check(seen map[string]*networkv1.Unit) collection.Rule[*riskv1.CommonProblem] {
	return func(ctx context.Context, c *change) error {
		scheme, problem := &riskv1.Scheme{}, c.Record
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		var faults fault.Fields
		if id := problem.GetProblem(); id != "" {
			schemes.CheckKnown(&faults, "common_problem.problem", id, scheme.GetProblems())
		}
		for i, name := range problem.GetSeenIn() {
			unit, asked := seen[name]
			if slices.Contains(problem.GetSeenIn()[:i], name) {
				faults.Add(seenIn(i), words.Duplicate(name))
			}
			if asked && (name == c.ActingUnit() || !slices.Contains(access.PathIDs(unit), resource.ID(c.ActingUnit()))) {
				faults.Add(seenIn(i), words.NotFound(name))
			}
		}
		err := checkEntries(ctx, c, &faults, s.powers, (*riskv1.PowerItem).GetTitle, "power_items", problem.GetPowerItems())
		if err != nil {
			return err
		}
		err = checkEntries(ctx, c, &faults, s.points, pointTitle, "risk_points", problem.GetRiskPoints())
		if err != nil {
			return err
		}
		return faults.Err()
	}
}

// pointTitle is what a risk point is called.
func pointTitle(p *riskv1.RiskPoint) string { return riskpoints.Beginning(p.GetDescription()) }

// checkEntries wants each of some entries to be of a unit that the problem is seen in.
func checkEntries[M reviews.Entry](
	ctx context.Context, c *change, faults *fault.Fields, of *collection.Collection[M], title func(M) string,
	list string, names []string,
) error {
	for i, name := range names {
		field := fmt.Sprintf("common_problem.%s[%d]", list, i)
		entry, err := of.Find(ctx, c.Tx, name)
		switch {
		case fault.IsNotFound(err):
			faults.Add(field, words.NotFound(name))
		case err != nil:
			return err
		case slices.Contains(names[:i], name):
			faults.Add(field, words.Duplicate(title(entry.Record)))
		case !slices.Contains(c.Record.GetSeenIn(), entry.Record.GetUnit()) &&
			!slices.Contains(c.Record.GetSeenIn(), entry.ActingUnit()):
			faults.Add(field, words.OtherUnit(words.Untitled(entry.Record.GetUnit())))
		}
	}
	return nil
}

// tellNamed tells the units that have come to those that a problem is seen in.
func tellNamed(_ context.Context, c *change) error {
	added := slices.DeleteFunc(slices.Clone(c.Record.GetSeenIn()), func(unit string) bool {
		return slices.Contains(c.Before.GetSeenIn(), unit)
	})
	tell(c, added, words.InboxProblemNamed(c.Record.GetUnit(), c.Record.GetTitle()))
	return nil
}

func tell(c *change, units []string, says words.Sentence) {
	for _, unit := range units {
		c.Tell(unit, says)
	}
}
