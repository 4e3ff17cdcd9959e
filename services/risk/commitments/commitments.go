// Package commitments keeps what positions and their leaders promise each other every year, and who has signed (T5).
package commitments

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of commitments: OpenJob ends those that bind nobody any more and opens those that are asked for; RemindJob reminds.
const (
	OpenJob   = "risk.open_commitments"
	RemindJob = "risk.remind_commitments"
)

const openEvery = time.Hour

// Server serves CommitmentService.
type Server struct {
	riskv1.UnsafeCommitmentServiceServer

	commitments collection.Collection[*riskv1.Commitment]
	positions   *collection.Collection[*riskv1.Position]
	owed        owed.Kind[*riskv1.Commitment]
	calendar    calendar.Source
}

type change = collection.Change[*riskv1.Commitment]

// New makes the server and adds its jobs.
func New(env service.Env) *Server {
	s := &Server{
		commitments: Collection(env), positions: positions.Collection(env), calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.Commitment]{
		Records: &s.commitments, Owed: "state = 'COMMITMENT_STATE_OPEN'",
		Reminders: (*riskv1.Scheme).GetCommitmentReminders,
		Due: func(c *riskv1.Commitment) words.Sentence {
			return words.InboxCommitmentDue(c.GetUnit(), post(c), title(c), c.GetDueOn())
		},
		Overdue: func(c *riskv1.Commitment) words.Sentence {
			return words.InboxCommitmentOverdue(c.GetUnit(), post(c), title(c), c.GetDueOn())
		},
		OverdueBelow: func(c *riskv1.Commitment) words.Sentence {
			return words.InboxCommitmentOverdueBelow(c.GetUnit(), post(c), title(c), c.GetDueOn())
		},
		OverdueSum: words.InboxCommitmentOverdueSum,
		Matters:    owed.Several("应当由双方签订的承诺书", "commitments to be signed by both sides"), Called: called,
		Also: func(ctx context.Context, c *change) (string, error) {
			if c.Record.GetSignature() == nil || c.Record.GetCounterSignature() != nil {
				return "", nil
			}
			return countersigner(ctx, c)
		},
	}
	toCountersign := &owed.Asking[*riskv1.Commitment]{
		Records: &s.commitments, Waits: "state = 'COMMITMENT_STATE_OPEN' AND made AND NOT countered", Below: owed.BelowPaths,
		To: countersigner,
		Says: func(_ context.Context, c *change) ([]words.Sentence, error) {
			return []words.Sentence{asksOther(c.Record)}, nil
		},
		PassedOn: func(c *riskv1.Commitment, to string) words.Sentence {
			return words.InboxCommitmentPassedOn(c.GetUnit(), post(c), title(c), to)
		},
	}
	env.Followers.Add(toCountersign.Follow)
	env.Queue.Add(jobs.Job{Name: OpenJob, Every: openEvery, Run: s.Open}, s.owed.Job(RemindJob, env.Calendar))
	return s
}

// Collection is the commitments, for the risk card.
func Collection(env service.Env) collection.Collection[*riskv1.Commitment] {
	return collection.Collection[*riskv1.Commitment]{Store: env.Store, Table: "commitments", Life: Lifecycle}
}

// AsOf keeps the commitments that were there on a day and had not lapsed.
func AsOf(day calendar.Date) collection.Filter {
	return collection.Where("create_time < ? AND (lapsed_on IS NULL OR lapsed_on > ?)", day.AddDays(1).In(calendar.Shanghai), day)
}

// post is the title of the position that makes a commitment.
func post(c *riskv1.Commitment) string { return c.GetContent().GetMaker().GetTitle() }

// called is what messages call a commitment by itself: its title, and the position that makes it.
func called(c *riskv1.Commitment) words.Title {
	of := title(c)
	return words.Title{ID: c.GetName(), Zh: of.Zh + "（" + post(c) + "）", En: of.En + " (" + post(c) + ")"}
}

func title(c *riskv1.Commitment) words.Title {
	return schemes.TitleOf(c.GetRule(), c.GetContent().GetTitle())
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCommitmentServiceServer(r, s) }

// GetCommitment reads one commitment.
func (s *Server) GetCommitment(ctx context.Context, req *riskv1.GetCommitmentRequest) (*riskv1.Commitment, error) {
	return s.commitments.Get(ctx, req.GetName())
}

// ListCommitments lists the commitments of a subtree, such as those that somebody has not signed.
func (s *Server) ListCommitments(
	ctx context.Context, req *riskv1.ListCommitmentsRequest,
) (*riskv1.ListCommitmentsResponse, error) {
	var faults fault.Fields
	if err := s.positions.CheckFilter(ctx, &faults, "position", req.GetPosition()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.WhereSet("year = ?", req.GetYear()),
		collection.WhereSet("position = ?", req.GetPosition()),
	}
	unsigned := "state = 'COMMITMENT_STATE_OPEN'"
	if req.GetYear() != 0 { // as CountCommitments counts, also once the year is over
		unsigned = "signed_on IS NULL AND lasted(year, lapsed_on)"
	}
	unsignedAnd := func(asked bool, condition string, values ...any) {
		if asked {
			filters = append(filters, collection.Where(unsigned+" AND "+condition, values...))
		}
	}
	unsignedAnd(req.GetUnsigned(), "NOT made")
	unsignedAnd(req.GetUncountersigned(), "NOT countered")
	unsignedAnd(req.GetOverdue(), "due_on < ?", clock.Today(s.commitments.Store.Clock))
	list, next, err := s.commitments.List(ctx, req, filters...)
	return &riskv1.ListCommitmentsResponse{Commitments: list, NextPageToken: next}, err
}

// CountCommitments counts the commitments of a year, and of them those that a side has not signed.
func (s *Server) CountCommitments(
	ctx context.Context, req *riskv1.CountCommitmentsRequest,
) (*riskv1.CountCommitmentsResponse, error) {
	today := clock.Today(s.commitments.Store.Clock)
	year := req.GetYear()
	if year == 0 {
		year = int32(today.Year())
	}
	rows, err := db.New(s.commitments.Store).CountCommitments(ctx, db.CountCommitmentsParams{
		Subtree: access.Path(access.Target(ctx)), Year: year, Today: today,
	})
	counts := make([]*riskv1.CommitmentCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.CommitmentCount{
			Unit: resource.Name(resource.Units, r.UnitID), Rule: r.Rule, Count: r.N, Signed: r.Signed,
			Unsigned: r.Unsigned, Uncountersigned: r.Uncountersigned, Overdue: r.Overdue,
		}
	}
	return &riskv1.CountCommitmentsResponse{Counts: counts}, err
}
