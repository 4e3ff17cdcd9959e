package risk

import (
	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
)

// attachmentServer serves AttachmentService: files that belong to records of the register.
type attachmentServer struct {
	riskv1.UnsafeAttachmentServiceServer
	*attachments.Server
}

func (s *attachmentServer) Register(r grpc.ServiceRegistrar) {
	riskv1.RegisterAttachmentServiceServer(r, s)
}
