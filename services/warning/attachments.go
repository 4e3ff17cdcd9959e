package warning

import (
	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
)

// attachmentServer serves AttachmentService: files that belong to warnings, referrals, studies, findings and
// case leads.
type attachmentServer struct {
	warningv1.UnsafeAttachmentServiceServer
	*attachments.Server
}

func (s *attachmentServer) Register(r grpc.ServiceRegistrar) {
	warningv1.RegisterAttachmentServiceServer(r, s)
}
