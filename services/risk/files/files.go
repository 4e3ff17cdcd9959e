// Package files says what may be attached to a record of the register.
package files

import (
	"context"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Owners are records as owners of attachments, by the rules of the scheme in force for their unit.
func Owners[M collection.Record](records collection.Collection[M]) attachments.Owners {
	return attachments.OwnedBy(records, func(ctx context.Context, c *collection.Change[M]) (*typev1.AttachmentRules, error) {
		scheme := &riskv1.Scheme{}
		err := schemes.EffectiveFor(ctx, c, scheme)
		return scheme.GetAttachmentRules(), err
	})
}
