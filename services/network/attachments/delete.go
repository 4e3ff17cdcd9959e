package attachments

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// AbortUpload ends an upload that is not to be completed.
func (s *Server) AbortUpload(ctx context.Context, req *networkv1.AbortUploadRequest) (*networkv1.AbortUploadResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.AbortUploadResponse, error) {
		u, err := lockOpenUpload(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AbortUpload(ctx, db.AbortUploadParams{Region: u.region, AttachmentKey: u.key}); err != nil {
			return nil, err
		}
		return &networkv1.AbortUploadResponse{}, tx.Record(ctx, record.Entry{Resource: u.attachment.GetName(), UnitPath: u.row.HandlingPath})
	})
}

// DeleteUploadsJob is the job that removes what was begun and not completed in its time.
const DeleteUploadsJob = "network.remove_uploads"

const (
	deleteEvery     = time.Hour
	deleteBatchSize = 500
)

// DeleteExpiredUploads removes abandoned uploads, some at a time.
func (s *Server) DeleteExpiredUploads(ctx context.Context) error {
	for {
		removed := 0
		err := record.System(ctx, s.store, DeleteUploadsJob, func(ctx context.Context, tx *record.Tx) error {
			rows, err := db.New(tx).DeleteExpiredUploads(ctx, db.DeleteExpiredUploadsParams{Now: tx.Now(), Batch: deleteBatchSize})
			if removed = len(rows); err != nil || removed == 0 {
				return err
			}
			entries := make([]record.Entry, len(rows))
			for i, r := range rows {
				entries[i] = record.Entry{Resource: resource.Sharded(resource.Attachments, r.Region, r.AttachmentKey), UnitPath: r.HandlingPath}
			}
			return tx.Record(ctx, entries...)
		})
		if err != nil || removed < deleteBatchSize {
			return err
		}
	}
}
