package reports

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// discarding is the request as one that acts on the version that stands; its etag is the draft's.
type discarding struct{ *networkv1.DiscardDraftRequest }

// GetEtag is none.
func (discarding) GetEtag() string { return "" }

// DiscardDraft throws away the draft beside the version that stands. That one gets a new etag: the draft's, and those before it,
// never fit a later draft.
func (s *Server) DiscardDraft(ctx context.Context, req *networkv1.DiscardDraftRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, discarding{req}, s.lock("discard_draft", (*change).stands, own), func(
		_ context.Context, c *change,
	) (*networkv1.Report, error) {
		if c.draft == nil {
			return nil, fault.Precondition("NO_DRAFT", "name", req.GetName())
		}
		if req.GetDraftEtag() != "" && req.GetDraftEtag() != c.draft.GetEtag() {
			return nil, fault.Changed(req.GetName())
		}
		c.draft = nil
		return c.version, nil
	})
}
