package collection

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
)

// Filter keeps the records whose column has one of some values.
type Filter struct {
	column string
	values []string
}

// In is a filter by a column that is generated from the body; without values it keeps all.
func In(column string, values []string) Filter { return Filter{column, values} }

// InEnum is In for the values of an enum, which stand in the body by name.
func InEnum[E fmt.Stringer](column string, values []E) Filter {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = v.String()
	}
	return Filter{column, names}
}

// cursor is where a list stands: by unit, then by time of creation.
type cursor struct{ Path, Key string }

type row struct {
	cursor
	revision int64
	body     []byte
}

// List reads a page of the records in the subtree of the unit that the call names, by unit and time of creation. A statement
// holds only the filters that are used, so that each has a plan of its own.
func (c *Collection[M]) List(ctx context.Context, req page.Request, filters ...Filter) ([]M, string, error) {
	p, err := page.Parse(req, cursor{})
	if err != nil {
		return nil, "", err
	}
	var where strings.Builder
	args := []any{access.Path(access.Target(ctx)), p.Cursor.Path, p.Cursor.Key, p.Limit}
	for _, f := range filters {
		if len(f.values) > 0 {
			args = append(args, f.values)
			fmt.Fprintf(&where, " AND %s = ANY ($%d::text[])", f.column, len(args))
		}
	}
	rows, err := c.Store.Query(ctx, "SELECT unit_path, key, revision, body FROM "+c.Table+
		" WHERE unit_path <@ $1::ltree AND (unit_path, key) > ($2::ltree, $3)"+where.String()+
		" ORDER BY unit_path, key LIMIT $4", args...)
	if err != nil {
		return nil, "", err
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		var one row
		return one, r.Scan(&one.Path, &one.Key, &one.revision, &one.body)
	})
	if err != nil {
		return nil, "", err
	}
	return page.Build(p, found, func(r row) cursor { return r.cursor }, func(r row) (M, error) {
		return document.Read[M](r.body, r.revision)
	})
}
