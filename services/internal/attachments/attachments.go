// Package attachments serves AttachmentService of every service: files that belong to a record, its owner, sent and read in parts
// (C8, H7, T7; ADR 021, 032). Who reaches the owner reads its files. What a file says of itself beyond its content, such as where
// a photo was taken, is kept as it came: an original that was altered is none.
package attachments

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves the attachments of one service. A service embeds it, and registers it under its own name.
type Server struct {
	store   *record.Store
	owners  Owners
	limits  service.UploadLimits
	senders senders
}

// New makes the server and adds its job, "<service>.remove_uploads".
func New(env service.Env, owners Owners) *Server {
	s := &Server{store: env.Store, owners: owners, limits: env.Uploads}
	env.Queue.Add(jobs.Job{Name: s.deleteJob(), Every: deleteEvery, Run: s.DeleteExpiredUploads})
	return s
}

// maxPart is the longest part and the longest stretch, in bytes: the protos say the same.
const maxPart = 512 << 10

// ReadAttachment reads a stretch, of which no more than three parts are ever in memory where parts are long.
func (s *Server) ReadAttachment(
	ctx context.Context, req *typev1.ReadAttachmentRequest,
) (*typev1.ReadAttachmentResponse, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	queries := db.New(s.store)
	row, err := queries.GetAttachment(ctx, db.GetAttachmentParams{Region: region, AttachmentKey: key})
	if err := document.NotFoundAs(err, req.GetName()); err != nil {
		return nil, err
	}
	attachment, err := document.Decode[*typev1.Attachment](row.Body)
	if err != nil {
		return nil, err
	}
	err = s.owners.Read(ctx, s.store, attachment.GetOwner())
	if fault.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, err
	}
	if req.GetOffset() > row.Size {
		return nil, fault.Invalid("offset", words.PastEnd(formatBytes(row.Size)))
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
	return &typev1.ReadAttachmentResponse{Data: data, NextOffset: before, Attachment: attachment}, nil
}

func readSize(limit int32) int64 {
	if limit == 0 {
		return maxPart
	}
	return int64(limit)
}

// ListAttachments lists the completed attachments of an owner.
func (s *Server) ListAttachments(
	ctx context.Context, req *typev1.ListAttachmentsRequest,
) (*typev1.ListAttachmentsResponse, error) {
	if err := s.owners.Read(ctx, s.store, req.GetOwner()); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListAttachments(ctx, db.ListAttachmentsParams{
		Owner: req.GetOwner(), AfterKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListAttachmentsRow) string { return r.AttachmentKey },
		func(r db.ListAttachmentsRow) (*typev1.Attachment, error) {
			return document.Decode[*typev1.Attachment](r.Body)
		})
	return &typev1.ListAttachmentsResponse{Attachments: list, NextPageToken: next}, err
}
