package network

import (
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
)

// journalServer serves JournalService.
type journalServer struct {
	networkv1.UnsafeJournalServiceServer
	*journal.Server
}

func (s *journalServer) Register(r grpc.ServiceRegistrar) {
	networkv1.RegisterJournalServiceServer(r, s)
}
