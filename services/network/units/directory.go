package units

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
)

// Directory answers from the service's own tables.
func Directory(book *record.Book) access.Directory { return directory{book: book} }

// directory answers who and where from the service's own tables.
type directory struct{ book *record.Book }

// Unit reads a unit of today's tree.
func (d directory) Unit(ctx context.Context, name string) (*networkv1.Unit, error) {
	return unitOn(ctx, d.book, name, clock.Today(d.book.Clock))
}

// Scheme reads the scheme that holds for a unit today.
func (d directory) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	u, err := d.Unit(ctx, unit)
	if err != nil {
		return nil, err
	}
	found := &networkv1.Scheme{}
	return found, scheme.Effective(ctx, d.book, access.Lineage(u), clock.Today(d.book.Clock), found)
}
