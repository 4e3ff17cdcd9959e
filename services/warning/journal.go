package warning

import (
	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
)

// journalServer serves JournalService.
type journalServer struct {
	warningv1.UnsafeJournalServiceServer
	*journal.Server
}

func (s *journalServer) Register(r grpc.ServiceRegistrar) {
	warningv1.RegisterJournalServiceServer(r, s)
}
