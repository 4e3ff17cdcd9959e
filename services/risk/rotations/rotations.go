// Package rotations keeps who is due to leave a position after the time that the scheme says (T10).
package rotations

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
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of rotations: OpenJob ends those whose holder has left and opens those that come due; RemindJob reminds, and JudgeJob of
// deferrals those who are to judge them.
const (
	OpenJob   = "risk.open_rotations"
	RemindJob = "risk.remind_rotations"
	JudgeJob  = "risk.remind_rotation_judges"
)

const openEvery = time.Hour

// Server serves RotationService.
type Server struct {
	riskv1.UnsafeRotationServiceServer

	rotations collection.Collection[*riskv1.Rotation]
	positions *collection.Collection[*riskv1.Position]
	owed      owed.Kind[*riskv1.Rotation]
	judging   owed.Kind[*riskv1.Rotation]
	calendar  calendar.Source
}

type change = collection.Change[*riskv1.Rotation]

// New makes the server and adds its jobs.
func New(env service.Env) *Server {
	s := &Server{
		rotations: collection.Collection[*riskv1.Rotation]{Store: env.Store, Table: "rotations", Life: Lifecycle},
		positions: positions.Collection(env), calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.Rotation]{
		Records: &s.rotations, Owed: "NOT ended",
		Reminders: (*riskv1.Scheme).GetRotationReminders,
		Due: func(r *riskv1.Rotation) words.Sentence {
			return words.InboxRotationDue(post(r), holder(r), r.GetDueOn())
		},
		Overdue: func(r *riskv1.Rotation) words.Sentence {
			return words.InboxRotationOverdue(post(r), holder(r), r.GetDueOn())
		},
		OverdueBelow: func(r *riskv1.Rotation) words.Sentence {
			return words.InboxRotationOverdueBelow(r.GetUnit(), post(r), holder(r), r.GetDueOn())
		},
		OverdueSum: words.InboxRotationOverdueSum,
		Matters:    owed.Several("应当完成的轮岗", "rotations to be made"),
		Called:     func(r *riskv1.Rotation) words.Title { return words.Named(r.GetName(), post(r)) },
	}
	s.judging = owed.Judging(&s.rotations, func(r *riskv1.Rotation) words.Title {
		return words.Title{ID: r.GetName(), Zh: post(r), En: post(r)}
	}, owed.Above[*riskv1.Rotation])
	s.judging.Ask = owed.AskIn(deferralAsked)
	s.judging.Matters = owed.Several("待审批的推迟轮岗申请", "requests to put off rotations")
	s.judging.PassedOn = func(r *riskv1.Rotation, to string) words.Sentence {
		return words.InboxDeferralPassedOn(r.GetUnit(), post(r), to)
	}
	s.judging.Due = func(r *riskv1.Rotation) words.Sentence {
		return words.InboxDeferralDue(r.GetUnit(), post(r), r.GetJudging().GetDueOn())
	}
	s.judging.Overdue = func(r *riskv1.Rotation) words.Sentence {
		return words.InboxDeferralOverdue(r.GetUnit(), post(r), r.GetJudging().GetDueOn())
	}
	s.judging.OverdueBelow = func(r *riskv1.Rotation) words.Sentence {
		return words.InboxDeferralOverdueBelow(r.GetUnit(), post(r), r.GetJudging().GetDueOn())
	}
	env.Followers.Add(s.judging.Handover("state = 'ROTATION_STATE_DEFERRAL_ASKED'"))
	env.Queue.Add(jobs.Job{Name: OpenJob, Every: openEvery, Run: s.Open}, s.owed.Job(RemindJob, env.Calendar),
		s.judging.Job(JudgeJob, env.Calendar))
	return s
}

func post(r *riskv1.Rotation) string { return r.GetHolderDue().GetIncumbent().GetTitle() }

func holder(r *riskv1.Rotation) string { return r.GetHolderDue().GetIncumbent().GetPerson() }

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterRotationServiceServer(r, s) }

// GetRotation reads one rotation.
func (s *Server) GetRotation(ctx context.Context, req *riskv1.GetRotationRequest) (*riskv1.Rotation, error) {
	return s.rotations.Get(ctx, req.GetName())
}

// ListRotations lists the rotations of a subtree.
func (s *Server) ListRotations(ctx context.Context, req *riskv1.ListRotationsRequest) (*riskv1.ListRotationsResponse, error) {
	var faults fault.Fields
	if err := s.positions.CheckFilter(ctx, &faults, "position", req.GetPosition()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.WhereSet("position = ?", req.GetPosition()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), s.today()),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("NOT ended AND due_on < ?", s.today()))
	}
	list, next, err := s.rotations.List(ctx, req, filters...)
	return &riskv1.ListRotationsResponse{Rotations: list, NextPageToken: next}, err
}

// CountRotations counts by unit and state.
func (s *Server) CountRotations(ctx context.Context, _ *riskv1.CountRotationsRequest) (*riskv1.CountRotationsResponse, error) {
	rows, err := db.New(s.rotations.Store).CountRotations(ctx, db.CountRotationsParams{
		Subtree: access.Path(access.Target(ctx)), Today: s.today(),
	})
	counts := make([]*riskv1.RotationCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.RotationCount{
			Unit: resource.Name(resource.Units, r.UnitID), State: riskv1.RotationState(riskv1.RotationState_value[r.State]),
			Count: r.N, Overdue: r.Overdue,
		}
	}
	return &riskv1.CountRotationsResponse{Counts: counts}, err
}

func (s *Server) today() calendar.Date { return clock.Today(s.rotations.Store.Clock) }
