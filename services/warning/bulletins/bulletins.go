// Package bulletins tells others of what a unit has analysed and warned of: quarterly bulletins, circulars on rectifications,
// briefs and prevention advice, with the receipts of their addressees (H3, C14, C15, V3).
package bulletins

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// Server serves BulletinService.
type Server struct {
	warningv1.UnsafeBulletinServiceServer

	bulletins collection.Collection[*warningv1.Bulletin]
	receipts  collection.Collection[*warningv1.BulletinReceipt]
	directory access.Directory
	units     networkv1.UnitServiceClient
	calendar  calendar.Source
	store     *record.Store
}

type (
	change        = collection.Change[*warningv1.Bulletin]
	receiptChange = collection.Change[*warningv1.BulletinReceipt]
)

// New makes the server.
func New(env service.Env) *Server {
	s := &Server{
		receipts: collection.Collection[*warningv1.BulletinReceipt]{
			Store: env.Store, Table: "bulletin_receipts", Life: ReceiptLifecycle, Newest: true,
		},
		directory: access.Uncached(env.Directory), units: networkv1.NewUnitServiceClient(env.Dial("network")),
		calendar: env.Calendar, store: env.Store,
	}
	s.bulletins = collection.Collection[*warningv1.Bulletin]{
		Store: env.Store, Table: "bulletins", Life: Lifecycle, Reach: s.reach, Newest: true,
	}
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterBulletinServiceServer(r, s) }

// reach lets those who reach its unit see a bulletin, and once it is issued its addressees and those above them.
func (s *Server) reach(ctx context.Context, c *change) error {
	if c.Record.GetState() == issued && !access.Reaches(ctx, c.UnitPath) {
		reader := resource.ID(access.PrincipalOf(ctx).Unit)
		sent, err := db.New(s.store).SentTo(ctx, db.SentToParams{Bulletin: c.Record.GetName(), Unit: reader})
		if err != nil {
			return err
		}
		if sent {
			access.MarkReached(ctx)
			return nil
		}
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}

// GetBulletin reads one bulletin.
func (s *Server) GetBulletin(ctx context.Context, req *warningv1.GetBulletinRequest) (*warningv1.Bulletin, error) {
	return s.bulletins.Get(ctx, req.GetName())
}

// ListBulletins lists the bulletins of the units of a subtree.
func (s *Server) ListBulletins(
	ctx context.Context, req *warningv1.ListBulletinsRequest,
) (*warningv1.ListBulletinsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.store, &faults, "kinds", "bulletinKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	list, next, err := s.bulletins.List(ctx, req,
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()))
	for _, b := range list {
		b.Sections = nil
	}
	return &warningv1.ListBulletinsResponse{Bulletins: list, NextPageToken: next}, err
}

// ApproveBulletin passes the stage that is awaited.
func (s *Server) ApproveBulletin(ctx context.Context, req *warningv1.ApproveBulletinRequest) (*warningv1.Bulletin, error) {
	return s.bulletins.Act(ctx, req, approveAct, func(ctx context.Context, c *change) error {
		if len(c.Record.GetApprovals()) > 0 {
			if err := journal.RequireOther(ctx, c, c.Record.GetName()); err != nil {
				return err
			}
		}
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		stages, caller := kind.GetApprovals(), access.PrincipalOf(ctx)
		i := slices.IndexFunc(stages, func(a *warningv1.ApprovalStage) bool { return a.GetId() == c.Record.GetApprovalStage() })
		if roles := stages[i].GetRoles(); len(roles) > 0 && !caller.HasRole(roles...) {
			title := schemes.TitleOf(stages[i].GetId(), stages[i].GetTitle())
			return fault.Denied(words.ApproverRole(title, words.Untitled(roles...)))
		}
		c.Record.Approvals = append(c.Record.Approvals, &warningv1.WarningApproval{
			Stage: stages[i].GetId(), Unit: caller.Unit, ApproveTime: timestamppb.New(c.Now()),
		})
		c.Record.ApprovalStage = ""
		if i++; i < len(stages) {
			await(c, stages[i], "")
		}
		return nil
	})
}

// await has a draft wait for a stage of its approval, which its unit is told unless it was asked for that already.
func await(c *change, stage *warningv1.ApprovalStage, asked string) {
	c.Record.State, c.Record.ApprovalStage = drafted, stage.GetId()
	if stage.GetId() == asked {
		return
	}
	c.Tell(c.Record.GetUnit(), words.InboxBulletinPending(c.Record.GetTitle(), schemes.TitleOf(stage.GetId(), stage.GetTitle())))
}

// WithdrawBulletin takes back what has not gone out.
func (s *Server) WithdrawBulletin(ctx context.Context, req *warningv1.WithdrawBulletinRequest) (*warningv1.Bulletin, error) {
	return s.bulletins.Act(ctx, req, withdrawAct, func(_ context.Context, c *change) error {
		c.Record.WithdrawReason, c.Record.ApprovalStage = req.GetReason(), ""
		return nil
	})
}

// kindOf is the kind of a bulletin in the scheme that it was drafted by.
func kindOf(ctx context.Context, c *change) (*warningv1.BulletinKind, error) {
	scheme := &warningv1.Scheme{}
	if err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	kind, _ := schemes.Find(scheme.GetBulletinKinds(), c.Record.GetKind())
	return kind, nil
}
