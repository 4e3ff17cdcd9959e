package reports

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// discardRequest is the request as one that acts on the version that stands; its etag is the draft's.
type discardRequest struct{ *networkv1.DiscardDraftRequest }

// GetEtag is none.
func (discardRequest) GetEtag() string { return "" }

// DiscardDraft throws away the draft beside the version that stands. That one gets a new etag: the draft's, and those before it,
// never fit a later draft.
func (s *Server) DiscardDraft(ctx context.Context, req *networkv1.DiscardDraftRequest) (*networkv1.Report, error) {
	return s.act(ctx, discardRequest{req}, "discard_draft", current, requireOwn, func(_ context.Context, c *lockedReport) error {
		if c.draft == nil {
			return fault.Precondition(words.NoDraft(titleOf(c.version), c.version.GetPeriod()))
		}
		if req.GetDraftEtag() != "" && req.GetDraftEtag() != c.draft.GetEtag() {
			return fault.EtagMismatch(req.GetName())
		}
		c.draft = nil
		return nil
	})
}
