// Package powers keeps the inventory of public powers with their workflows (J1). What stands in it has passed a legal review, and
// so has every change of it (T12).
package powers

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// JudgeJob is the job that reminds those who are to review power items.
const JudgeJob = "risk.remind_power_judges"

// Writes are the calls, as full methods, that write a power item.
var Writes = []string{
	riskv1.PowerItemService_CreatePowerItem_FullMethodName, riskv1.PowerItemService_UpdatePowerItem_FullMethodName,
}

// Server serves PowerItemService.
type Server struct {
	riskv1.UnsafePowerItemServiceServer

	powers    reviews.Register[*riskv1.PowerItem]
	points    Points
	positions *collection.Collection[*riskv1.Position]
	directory access.Directory
	calendar  calendar.Source
}

type change = collection.Change[*riskv1.PowerItem]

// Points are the risk points of powers, which go where these go.
type Points interface {
	// RequireStaying refuses to have a power go while some are written to belong to it no more.
	RequireStaying(ctx context.Context, power *change) error
	// GoAlong gives those of a power to the unit that takes it over.
	GoAlong(ctx context.Context, given, taken *change) error
	// RetireWith retires those of a power that is cancelled.
	RetireWith(ctx context.Context, power *change) error
}

// Collection is the power items, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.PowerItem] {
	return &collection.Collection[*riskv1.PowerItem]{Store: env.Store, Table: "power_items", Life: Lifecycle}
}

// New makes the server.
func New(env service.Env, points Points) *Server {
	s := &Server{points: points, positions: positions.Collection(env), directory: env.Directory, calendar: env.Calendar}
	s.powers = reviews.Register[*riskv1.PowerItem]{
		Collection: Collection(env), Stages: (*riskv1.Scheme).GetPowerReview, Title: (*riskv1.PowerItem).GetTitle,
		Check: s.check, Complete: checkComplete, Drops: riskv1.PowerItemService_DiscardPowerItemDraft_FullMethodName,
		Writes: Writes,
	}
	s.powers.Remind(env, JudgeJob)
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPowerItemServiceServer(r, s) }

// CreatePowerItem begins a power item as a draft (J1).
func (s *Server) CreatePowerItem(ctx context.Context, req *riskv1.CreatePowerItemRequest) (*riskv1.PowerItem, error) {
	return s.powers.Create(ctx, req, req.GetPowerItem(), s.powers.Written, s.powers.Added)
}

// GetPowerItem reads one power item as it is written.
func (s *Server) GetPowerItem(ctx context.Context, req *riskv1.GetPowerItemRequest) (*riskv1.PowerItem, error) {
	return s.powers.Get(ctx, req.GetName())
}

// ListPowerItems lists the power items of a subtree, or those in force on a day (T12).
func (s *Server) ListPowerItems(ctx context.Context, req *riskv1.ListPowerItemsRequest) (*riskv1.ListPowerItemsResponse, error) {
	filters, faults := []collection.Filter{
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()),
		collection.WhereSet("body -> 'positions' @> to_jsonb(?::text)", req.GetPosition()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(s.powers.Store.Clock)),
	}, fault.Fields{}
	if err := schemes.CheckFilter(ctx, s.powers.Store, &faults, "kinds", "powerKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := schemes.CheckFilter(ctx, s.powers.Store, &faults, "problems", "problems", req.GetProblems()...); err != nil {
		return nil, err
	}
	if err := s.positions.CheckFilter(ctx, &faults, "position", req.GetPosition()); err != nil {
		return nil, err
	}
	awaiting, err := s.powers.Awaiting(ctx, &faults, "powerReview", req)
	if err != nil {
		return nil, err
	}
	from, filters := s.powers.Collection, append(filters, awaiting...)
	if req.GetPositionEnded() {
		filters = append(filters, collection.Where("state <> ?", ended.String()),
			positions.ByEnded(ctx, "power_items", "power_item_versions", "positions"))
	}
	if len(req.GetProblems()) > 0 {
		filters = append(filters, reviews.ReturnedFor(req.GetProblems()))
	}
	if req.GetAsOf() != "" {
		if req.GetPositionEnded() {
			faults.Add("position_ended", words.Contradiction())
		}
		if len(req.GetProblems()) > 0 {
			faults.Add("problems", words.Contradiction())
		}
		day, _ := faults.ParsePastDay("as_of", req.GetAsOf(), clock.Today(s.powers.Store.Clock))
		from, filters = from.Versions(), append(filters, collection.AsOf(day))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	list, next, err := from.List(ctx, req, filters...)
	return &riskv1.ListPowerItemsResponse{PowerItems: list, NextPageToken: next}, err
}

// ListPowerItemVersions lists the versions of a power item that were ever in force (T12).
func (s *Server) ListPowerItemVersions(
	ctx context.Context, req *riskv1.ListPowerItemVersionsRequest,
) (*riskv1.ListPowerItemVersionsResponse, error) {
	list, next, err := s.powers.History(ctx, req)
	return &riskv1.ListPowerItemVersionsResponse{PowerItems: list, NextPageToken: next}, err
}

// UpdatePowerItem changes what is written; the version in force stays in force (T12).
func (s *Server) UpdatePowerItem(ctx context.Context, req *riskv1.UpdatePowerItemRequest) (*riskv1.PowerItem, error) {
	return s.powers.Update(ctx, req, "power_item", req.GetPowerItem(), requireKept, s.powers.Written)
}

// SubmitPowerItem hands a power item in for legal review (T12).
func (s *Server) SubmitPowerItem(ctx context.Context, req *riskv1.SubmitPowerItemRequest) (*riskv1.PowerItem, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.powers.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		return s.recipient(ctx, req)
	}, func(ctx context.Context, to *networkv1.Unit) (*riskv1.PowerItem, error) {
		return s.powers.Act(ctx, req, reviews.SubmitAct, requireKept, s.powers.Submit(days, req), s.propose(to), s.checkPoints)
	})
}

// ReturnPowerItem sends a power item back with the reason.
func (s *Server) ReturnPowerItem(ctx context.Context, req *riskv1.ReturnPowerItemRequest) (*riskv1.PowerItem, error) {
	return s.powers.Act(ctx, req, reviews.ReturnAct, s.powers.Return(req))
}

// ApprovePowerItem passes a stage of the review; the last one puts the power item in force, transfers or cancels it (T12).
func (s *Server) ApprovePowerItem(ctx context.Context, req *riskv1.ApprovePowerItemRequest) (*riskv1.PowerItem, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.powers.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		return s.approvedRecipient(ctx, req)
	}, func(ctx context.Context, to *networkv1.Unit) (*riskv1.PowerItem, error) {
		return s.powers.Act(ctx, req, reviews.ApproveAct,
			s.powers.Approve(days, req, s.checkPoints, s.give(to), s.takeOver, s.retirePoints))
	})
}

// checkPoints refuses to transfer or cancel a power while risk points of it are being taken elsewhere, and to leave out a step
// that some lie in.
func (s *Server) checkPoints(ctx context.Context, c *change) error {
	if c.Record.GetStanding().GetProposal() == riskv1.Proposal_PROPOSAL_ENTER {
		return checkStepsKept(ctx, c)
	}
	return s.points.RequireStaying(ctx, c)
}

// retirePoints retires the risk points of a power that is cancelled.
func (s *Server) retirePoints(ctx context.Context, c *change) error {
	if c.Record.GetState() != ended {
		return nil
	}
	return s.points.RetireWith(ctx, c)
}

// checkStepsKept refuses to leave out a step while risk points that lie in it are in force.
func checkStepsKept(ctx context.Context, c *change) error {
	used, err := db.New(c).StepsInForceOfPower(ctx, c.Record.GetName())
	if err != nil {
		return err
	}
	for _, step := range used {
		if _, kept := schemes.Find(c.Record.GetSteps(), step.Step); !kept {
			left := words.Named(step.Step, step.Title)
			return fault.Precondition(words.StepHasRiskPoints(left, strconv.FormatInt(step.Points, 10)))
		}
	}
	return nil
}

// DiscardPowerItemDraft drops what is written but not in force. How often it was sent back stays, and why.
func (s *Server) DiscardPowerItemDraft(
	ctx context.Context, req *riskv1.DiscardPowerItemDraftRequest,
) (*riskv1.PowerItem, error) {
	return s.powers.Act(ctx, req, reviews.DiscardAct, s.powers.Discard, s.powers.KeepReturns, s.giveBack)
}

// CountPowerItems counts by unit, kind and state (J1), and by the problems for which they were sent back (J4).
func (s *Server) CountPowerItems(ctx context.Context, _ *riskv1.CountPowerItemsRequest) (*riskv1.CountPowerItemsResponse, error) {
	queries, subtree := db.New(s.powers.Store), access.Path(access.Target(ctx))
	rows, err := queries.CountPowerItems(ctx, subtree)
	if err != nil {
		return nil, err
	}
	answer := &riskv1.CountPowerItemsResponse{}
	for _, r := range rows {
		answer.Counts = append(answer.Counts, &riskv1.PowerItemCount{
			Unit: resource.Name(resource.Units, r.UnitID), Kind: r.Kind,
			State: riskv1.RegisterState(riskv1.RegisterState_value[r.State]), Count: r.Powers, ReturnCount: r.Returns,
		})
	}
	problems, err := queries.CountPowerProblems(ctx, subtree)
	for _, r := range problems {
		answer.Problems = append(answer.Problems, &riskv1.ProblemCount{
			Unit: resource.Name(resource.Units, r.UnitID), Problem: r.Problem, Count: r.Powers,
		})
	}
	return answer, err
}

// Owners are the power items as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(*s.powers.Collection)
}
