package schemes

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// CheckFilter notes a fault where the filter of a list, which may be empty, names no entry of a list of the schemes, "schedules".
// Any version of any scheme may have it: records keep the terms of theirs. Where no scheme has such a list, the words are free.
func CheckFilter(ctx context.Context, tx db.DBTX, faults *fault.Fields, field, list string, ids ...string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil
	}
	known, err := db.New(tx).SchemeTerms(ctx, list)
	if err != nil || len(known) == 0 {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			faults.Add(field, words.UnknownTerm(id, words.Known(known...)))
		}
	}
	return nil
}
