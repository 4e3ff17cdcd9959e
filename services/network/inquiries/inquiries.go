// Package inquiries keeps what a centre asks at a point: surveys, which the point answers, and case interviews (H4).
package inquiries

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves InquiryService.
type Server struct {
	networkv1.UnsafeInquiryServiceServer

	store     *record.Store
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{store: env.Store, directory: env.Directory} }

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterInquiryServiceServer(r, s) }

// OpenInquiry opens an inquiry and tells the point.
func (s *Server) OpenInquiry(ctx context.Context, req *networkv1.OpenInquiryRequest) (*networkv1.Inquiry, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Inquiry, error) {
		opener, requested := access.Target(ctx), req.GetInquiry()
		if err := access.RequireOwn(ctx, opener.GetName()); err != nil {
			return nil, err
		}
		point, err := s.checkOpening(ctx, opener, requested)
		if err != nil {
			return nil, err
		}
		key := resource.NewKey()
		inquiry := &networkv1.Inquiry{
			Name: resource.Sharded(resource.Inquiries, point.GetRegion(), key), Unit: opener.GetName(), Point: point.GetName(),
			Kind: requested.GetKind(), SubjectUnits: requested.GetSubjectUnits(), Title: requested.GetTitle(), Questions: requested.GetQuestions(),
			DueOn: requested.GetDueOn(), State: Lifecycle.Start, OpenTime: timestamppb.New(tx.Now()), Etag: document.Etag(1),
		}
		body, err := document.Encode(inquiry)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AddInquiry(ctx, db.AddInquiryParams{
			Region: point.GetRegion(), InquiryKey: key, UnitPath: access.Path(opener), PointPath: access.Path(point),
			Kind: inquiry.GetKind(), State: int16(inquiry.GetState()), DueOn: inquiry.GetDueOn(), Body: body,
		}); err != nil {
			return nil, err
		}
		if err := inbox.Notify(ctx, tx, inbox.Message{
			Recipient: inbox.RecipientOf(point), Kind: "inbox.inquiry", Args: []string{"date", inquiry.GetDueOn()}, Resource: inquiry.GetName(),
		}); err != nil {
			return nil, err
		}
		return inquiry,
			tx.Record(ctx, record.Entry{Resource: inquiry.GetName(), UnitPath: access.Path(opener)})
	})
}

// GetInquiry reads one inquiry, as much of it as is for the caller.
func (s *Server) GetInquiry(ctx context.Context, req *networkv1.GetInquiryRequest) (*networkv1.Inquiry, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.store).GetInquiry(ctx, db.GetInquiryParams{Region: region, InquiryKey: key})
	if err := authorize(ctx, err, row.UnitPath, row.PointPath, req.GetName()); err != nil {
		return nil, err
	}
	inquiry, err := inquiryOf(ctx, row.Body, row.Revision, row.UnitPath)
	return inquiry, err
}

// ListInquiries lists the inquiries at the points of a subtree and those that its units opened, the newest first.
func (s *Server) ListInquiries(ctx context.Context, req *networkv1.ListInquiriesRequest) (*networkv1.ListInquiriesResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListInquiries(ctx, db.ListInquiriesParams{
		Subtree: access.Path(access.Target(ctx)), States: document.EnumCodes(req.GetStates()), Kind: req.GetKind(),
		DueBefore: req.GetDueBefore(), Closed: int16(inquiryClosed), BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListInquiriesRow) string { return r.InquiryKey },
		func(r db.ListInquiriesRow) (*networkv1.Inquiry, error) {
			return inquiryOf(ctx, r.Body, r.Revision, r.UnitPath)
		})
	return &networkv1.ListInquiriesResponse{Inquiries: list, NextPageToken: next}, err
}

// inquiryOf reads an inquiry. Findings and conclusion are for those who reach the unit that opened it.
func inquiryOf(ctx context.Context, body []byte, revision int64, opener string) (*networkv1.Inquiry, error) {
	inquiry, err := document.Read[*networkv1.Inquiry](body, revision)
	return visiblePart(ctx, inquiry, opener), err
}

func visiblePart(ctx context.Context, inquiry *networkv1.Inquiry, opener string) *networkv1.Inquiry {
	if access.Reaches(ctx, opener) {
		return inquiry
	}
	part := proto.CloneOf(inquiry)
	part.Findings, part.Conclusion = nil, ""
	return part
}

// authorize is document.Authorize for whoever reaches the point or the unit that asks, which a split may have put side by side.
func authorize(ctx context.Context, err error, opener, point, name string) error {
	if err == nil && access.Require(ctx, opener, name) == nil {
		return nil
	}
	return document.Authorize(ctx, err, point, name)
}
