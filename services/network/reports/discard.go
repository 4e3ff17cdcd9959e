package reports

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// discardRequest is the request as one that acts on the version that stands; its etag is the draft's.
type discardRequest struct{ *networkv1.DiscardDraftRequest }

// GetEtag is none.
func (discardRequest) GetEtag() string { return "" }

// DiscardDraft throws away the draft beside the version that stands. That one gets a new etag: the draft's, and those before it,
// never fit a later draft.
func (s *Server) DiscardDraft(ctx context.Context, req *networkv1.DiscardDraftRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.store, discardRequest{req}, s.lockVersion("discard_draft", (*lockedReport).currentVersion,
		requireOwn), func(
		_ context.Context, c *lockedReport,
	) (*networkv1.Report, error) {
		if c.draft == nil {
			return nil, fault.Precondition("NO_DRAFT", "name", req.GetName())
		}
		if req.GetDraftEtag() != "" && req.GetDraftEtag() != c.draft.GetEtag() {
			return nil, fault.EtagMismatch(req.GetName())
		}
		c.draft = nil
		return c.version, nil
	})
}
