// Package referrals takes problems that come again to the departments that are competent for them: what was found, the joint
// measures agreed on, and their outcome (C13).
package referrals

import (
	"context"

	"google.golang.org/grpc"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves ReferralService.
type Server struct {
	warningv1.UnsafeReferralServiceServer

	referrals collection.Collection[*warningv1.Referral]
	directory access.Directory
	calendar  calendar.Source
}

type change = collection.Change[*warningv1.Referral]

// Columns beside the body.
const (
	departmentPath   = "department_path"
	actingDepartment = "acting_path(department_path)" // read alone
)

// New makes the server.
func New(env service.Env) *Server {
	return &Server{
		referrals: collection.Collection[*warningv1.Referral]{
			Store: env.Store, Table: "referrals", Life: Lifecycle, Reach: reach, Newest: true,
			Beside: []string{departmentPath}, Derived: []string{actingDepartment},
		},
		directory: access.Uncached(env.Directory), calendar: env.Calendar,
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterReferralServiceServer(r, s) }

// reach lets those see a referral who reach the unit that refers and, once it is sent, those who reach the department.
func reach(ctx context.Context, c *change) error {
	path := c.UnitPath
	if c.Record.GetSentOn() != "" && access.Reaches(ctx, c.Beside[departmentPath]) {
		path = c.Beside[departmentPath]
	}
	return access.Require(ctx, path, c.Record.GetName())
}

// Owners are the referrals as owners of attachments, by the rules of the scheme version that each goes by.
func (s *Server) Owners() attachments.Owners {
	return attachments.OwnedBy(s.referrals, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &warningv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}

// GetReferral reads one referral.
func (s *Server) GetReferral(ctx context.Context, req *warningv1.GetReferralRequest) (*warningv1.Referral, error) {
	return s.referrals.Get(ctx, req.GetName())
}

// ListReferrals lists what the units of a subtree refer, or what was sent to them.
func (s *Server) ListReferrals(
	ctx context.Context, req *warningv1.ListReferralsRequest,
) (*warningv1.ListReferralsResponse, error) {
	filters := []collection.Filter{
		collection.In("kind", req.GetKinds()),
		collection.WhereSet("department_id = ?", resource.ID(req.GetDepartment())),
		collection.WhereSet("findings @> to_jsonb(?::text)", req.GetFinding()), collection.InEnum("state", req.GetStates()),
	}
	if req.GetReceived() {
		filters = append(filters, collection.Under(departmentPath), collection.Where("sent"))
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("owed_on < ?", clock.Today(s.referrals.Store.Clock)))
	}
	list, next, err := s.referrals.List(ctx, req, filters...)
	return &warningv1.ListReferralsResponse{Referrals: list, NextPageToken: next}, err
}
