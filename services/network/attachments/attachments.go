// Package attachments keeps the originals of tips: scans, photos, recordings (C8, H7; ADR 021, 032). Who reaches a tip reaches
// its attachments; its sender adds to it by receipt.
package attachments

import (
	"context"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

// Server serves AttachmentService.
type Server struct {
	networkv1.UnsafeAttachmentServiceServer
	*attachments.Server

	store *record.Store
}

// New makes the server and adds its job.
func New(env service.Env) *Server {
	return &Server{Server: attachments.New(env, owners{clock: env.Store.Clock}), store: env.Store}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterAttachmentServiceServer(r, s) }

// OfferAttachment begins an upload for the holder of a tip's receipt.
func (s *Server) OfferAttachment(
	ctx context.Context, req *networkv1.OfferAttachmentRequest,
) (*networkv1.OfferAttachmentResponse, error) {
	offer := s.NewOffer(ctx, req.GetFile().GetSize())
	answer, err := record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (
		*networkv1.OfferAttachmentResponse, error,
	) {
		_, key, err := tips.ByReceipt(ctx, tx, req.GetReceipt())
		if err != nil {
			return nil, err
		}
		tip, row, err := lock(ctx, tx, key)
		if err != nil {
			return nil, err
		}
		owner, err := ownerOf(ctx, tx, tip, row.HandlingPath, encloseAct)
		if err != nil {
			return nil, err
		}
		attachment := &typev1.Attachment{FromSender: true}
		token, err := s.Begin(ctx, tx, owner, req.GetFile(), attachment)
		if err == nil {
			err = offer.Take()
		}
		return &networkv1.OfferAttachmentResponse{
			Name: attachment.GetName(), UploadToken: token,
			FileName: attachment.GetFileName(),
		}, err
	})
	offer.Settle(err)
	return answer, err
}

// lock locks a tip, whoever calls.
func lock(ctx context.Context, tx db.DBTX, key db.LockTipParams) (*networkv1.Tip, db.LockTipRow, error) {
	row, err := db.New(tx).LockTip(ctx, key)
	if err != nil {
		return nil, row, err
	}
	tip, err := document.Decode[*networkv1.Tip](row.Body)
	return tip, row, err
}
