package assessment

import (
	"google.golang.org/grpc"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
)

// journalServer serves JournalService.
type journalServer struct {
	assessmentv1.UnsafeJournalServiceServer
	*journal.Server
}

func (s *journalServer) Register(r grpc.ServiceRegistrar) {
	assessmentv1.RegisterJournalServiceServer(r, s)
}
