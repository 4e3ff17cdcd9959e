package warnings

import (
	"context"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Owners are the warnings as owners of attachments, by the rules of the scheme version that each was issued under.
func (s *Server) Owners() attachments.Owners {
	return attachments.OwnedBy(s.supervised, func(ctx context.Context, c *change) (*typev1.AttachmentRules, error) {
		scheme := &warningv1.Scheme{}
		err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
		return scheme.GetAttachmentRules(), err
	})
}

// checkFiles requires that what a field names as evidence is attached to the warning.
func checkFiles(field string, files []string) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		var faults fault.Fields
		if err := attachments.CheckOwned(ctx, c, &faults, field, c.Record.GetName(), files); err != nil {
			return err
		}
		return faults.Err()
	}
}
