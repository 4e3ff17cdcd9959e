package risk

import (
	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
)

// journalServer serves JournalService.
type journalServer struct {
	riskv1.UnsafeJournalServiceServer
	*journal.Server
}

func (s *journalServer) Register(r grpc.ServiceRegistrar) { riskv1.RegisterJournalServiceServer(r, s) }
