package warning

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// RaiseOverdue runs the job once, for tests that can't wait for its minute.
func RaiseOverdue(ctx context.Context, book *record.Book) error {
	return (&warnings{book: book}).RaiseOverdue(ctx)
}
