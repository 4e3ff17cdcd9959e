// Package attachments keeps the originals of tips: scans, photos, recordings, sent and read in parts (C8, H7; ADR 021). Who
// reaches a tip reaches its attachments. What a file says of itself beyond its content, such as where a photo was taken, is
// kept as it came: an original that was altered is none.
package attachments

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves AttachmentService.
type Server struct {
	networkv1.UnsafeAttachmentServiceServer

	store *record.Store
}

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{store: env.Store}
	env.Queue.Add(jobs.Job{Name: DeleteUploadsJob, Every: deleteEvery, Run: s.DeleteExpiredUploads})
	return s
}

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterAttachmentServiceServer(r, s) }

// maxPart is the longest part and the longest stretch, in bytes: the protos say the same.
const maxPart = 512 << 10

// ReadAttachment reads a stretch, of which no more than three parts are ever in memory where parts are long.
func (s *Server) ReadAttachment(
	ctx context.Context, req *networkv1.ReadAttachmentRequest,
) (*networkv1.ReadAttachmentResponse, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	queries := db.New(s.store)
	row, err := queries.GetAttachment(ctx, db.GetAttachmentParams{Region: region, AttachmentKey: key})
	if err := document.NotFoundAs(err, req.GetName()); err != nil {
		return nil, err
	}
	attachment, err := document.Decode[*networkv1.Attachment](row.Body)
	if err != nil {
		return nil, err
	}
	_, err = tips.Read(ctx, s.store, clock.Today(s.store.Clock), attachment.GetTip())
	if fault.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, err
	}
	if req.GetOffset() > row.Size {
		return nil, fault.Invalid("offset", "past_end", "size", formatBytes(row.Size))
	}
	from, before := req.GetOffset(), min(row.Size, req.GetOffset()+readSize(req.GetLimit()))
	parts, err := queries.ReadParts(ctx, db.ReadPartsParams{
		Region: region, AttachmentKey: key, AfterOffset: from - maxPart, BeforeOffset: before,
	})
	if err != nil {
		return nil, err
	}
	data := make([]byte, 0, before-from)
	for _, part := range parts {
		first, last := max(from-part.PartOffset, 0), min(before-part.PartOffset, int64(len(part.Data)))
		if first < last {
			data = append(data, part.Data[first:last]...)
		}
	}
	return &networkv1.ReadAttachmentResponse{Data: data, NextOffset: before, Attachment: attachment}, nil
}

func readSize(limit int32) int64 {
	if limit == 0 {
		return maxPart
	}
	return int64(limit)
}

// ListAttachments lists the completed attachments of a tip.
func (s *Server) ListAttachments(
	ctx context.Context, req *networkv1.ListAttachmentsRequest,
) (*networkv1.ListAttachmentsResponse, error) {
	if _, err := tips.Read(ctx, s.store, clock.Today(s.store.Clock), req.GetTip()); err != nil {
		return nil, err
	}
	region, tipKey, err := resource.Split(req.GetTip())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListAttachments(ctx, db.ListAttachmentsParams{
		Region: region, TipKey: tipKey, AfterKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListAttachmentsRow) string { return r.AttachmentKey },
		func(r db.ListAttachmentsRow) (*networkv1.Attachment, error) {
			return document.Decode[*networkv1.Attachment](r.Body)
		})
	return &networkv1.ListAttachmentsResponse{Attachments: list, NextPageToken: next}, err
}
