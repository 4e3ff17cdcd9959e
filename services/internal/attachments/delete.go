package attachments

import (
	"context"
	"time"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// AbortUpload ends an upload that is not to be completed.
func (s *Server) AbortUpload(ctx context.Context, req *typev1.AbortUploadRequest) (*typev1.AbortUploadResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*typev1.AbortUploadResponse, error) {
		u, err := s.lockOpenUpload(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).AbortUpload(ctx, db.AbortUploadParams{Region: u.region, AttachmentKey: u.key}); err != nil {
			return nil, err
		}
		return &typev1.AbortUploadResponse{}, s.record(ctx, tx, u.attachment)
	})
}

// deleteJob is the job that removes what was begun and not completed in its time, such as "network.remove_uploads".
func (s *Server) deleteJob() string { return s.store.Schema + ".remove_uploads" }

const (
	deleteEvery     = time.Hour
	deleteBatchSize = 500
)

// DeleteExpiredUploads removes abandoned uploads, some at a time, and what this process knows of yesterday's senders.
func (s *Server) DeleteExpiredUploads(ctx context.Context) error {
	s.senders.forget(clock.Today(s.store.Clock))
	for {
		removed := 0
		err := record.System(ctx, s.store, s.deleteJob(), func(ctx context.Context, tx *record.Tx) error {
			expired := db.DeleteExpiredUploadsParams{Now: tx.Now(), Batch: deleteBatchSize}
			rows, err := db.New(tx).DeleteExpiredUploads(ctx, expired)
			if removed = len(rows); err != nil || removed == 0 {
				return err
			}
			entries := make([]record.Entry, len(rows))
			for i, r := range rows {
				path, err := s.owners.Path(ctx, tx, r.Owner)
				if err != nil {
					return err
				}
				name := resource.Sharded(resource.Attachments, r.Region, r.AttachmentKey)
				entries[i] = record.Entry{Resource: name, UnitPath: path}
			}
			return tx.Record(ctx, entries...)
		})
		if err != nil || removed < deleteBatchSize {
			return err
		}
	}
}
