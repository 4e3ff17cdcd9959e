package collection

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// RequireMaker requires that the caller is of the unit that made a record, or of one above it in the line of the record's unit.
// Where the maker does not stand in that line any more, every unit above the record's own is above it.
func (c *Change[M]) RequireMaker(ctx context.Context, maker string, refused words.Sentence) error {
	units, caller := c.Units(), access.PrincipalOf(ctx).Unit
	made, stands := slices.Index(units, resource.ID(maker)), slices.Index(units, resource.ID(caller))
	if made < 0 {
		made = max(len(units)-2, 0)
	}
	if caller == maker || stands >= 0 && stands <= made {
		return nil
	}
	return fault.Denied(refused)
}
