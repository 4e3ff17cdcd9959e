package warnings

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

const (
	// mutedNow is the warning that mutes another, and where the unit of that one stands; empty where none does. It is read, not
	// kept, so that a warning wakes as soon as the one above has ended.
	mutedNow = "CASE WHEN went_out AND subject_area <> '' THEN muting(unit_path, subject_area, 'infinity') ELSE '' END"
	// awake holds of a warning that was not muted on the day $1: what was let pass meanwhile has its consequence the day after.
	awake = "(subject_area = '' OR muting(unit_path, subject_area, $1) = '')"
)

// findMuting notes what mutes a new warning.
func findMuting(ctx context.Context, c *change) error {
	var muting string
	err := c.QueryRow(ctx, "SELECT muting($1::ltree, $2, 'infinity')", c.UnitPath, c.Record.GetSubjectArea()).Scan(&muting)
	c.Beside[mutedNow] = muting
	return err
}

// show tells that a warning is muted, and whoever reaches the unit of the one that mutes it by which; and which unit owes an
// answer to an objection as the tree is; and the case lead to those who may know of it; and hides what is not the reader's.
func show(ctx context.Context, c *change) {
	by, path, muted := strings.Cut(c.Beside[mutedNow], " ")
	if c.Record.GetState() == issued && muted {
		c.Record.Muted = true
		if access.Reaches(ctx, path) {
			c.Record.MutedBy = by
		}
	}
	nameAnswering(c)
	hideParts(ctx, c)
	nameCaseLead(ctx, c)
}
