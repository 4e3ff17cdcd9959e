package collection

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
)

// Filter says which records a list holds.
type Filter func(*listing)

// listing is the statement of a list while it is made.
type listing struct {
	path, where string
	args        []any
}

// add notes a value and gives its place.
func (l *listing) add(value any) string {
	l.args = append(l.args, value)
	return "$" + strconv.Itoa(len(l.args))
}

// In keeps the records whose column, which is generated from the body, has one of some values; without values it keeps all.
func In(column string, values []string) Filter {
	if len(values) == 0 {
		return func(*listing) {}
	}
	return Where(column+" = ANY (?::text[])", values)
}

// InEnum is In for the values of an enum, which stand in the body by name.
func InEnum[E fmt.Stringer](column string, values []E) Filter {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = v.String()
	}
	return In(column, names)
}

// Where keeps the records that a condition holds for, in which ? stands for the value.
func Where(condition string, value any) Filter {
	return func(l *listing) {
		l.args = append(l.args, value)
		l.where += " AND (" + at(condition, len(l.args)) + ")"
	}
}

// Under lists by another path than that of the records' units.
func Under(column string) Filter { return func(l *listing) { l.path = column } }

// cursor is where a list stands: by unit, then by time of creation; by time alone where the newest come first.
type cursor struct{ Path, Key string }

// List reads a page of the records in the subtree of the unit that the call names. A statement holds only the filters that are
// used, so that each has a plan of its own.
func (c *Collection[M]) List(ctx context.Context, req page.Request, filters ...Filter) ([]M, string, error) {
	first := cursor{}
	if c.Newest {
		first.Key = page.MaxKey
	}
	p, err := page.Parse(req, first)
	if err != nil {
		return nil, "", err
	}
	l := listing{path: "unit_path"}
	for _, filter := range filters {
		filter(&l)
	}
	l.where = l.path + " <@ " + l.add(access.Path(access.Target(ctx))) + "::ltree" + l.where
	if c.Newest {
		l.where += " AND key < " + l.add(p.Cursor.Key) + " ORDER BY key DESC"
	} else {
		l.where += " AND (unit_path, key) > (" + l.add(p.Cursor.Path) + "::ltree, " + l.add(p.Cursor.Key) + ")" +
			" ORDER BY unit_path, key"
	}
	l.where += " LIMIT " + l.add(p.Limit)
	rows, err := c.Store.Query(ctx, c.selectWhere(l.where), l.args...)
	if err != nil {
		return nil, "", err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Change[M], error) { return c.scan(row) })
	if err != nil {
		return nil, "", err
	}
	return page.Build(p, found, func(r *Change[M]) cursor { return cursor{r.UnitPath, r.Key} },
		func(r *Change[M]) (M, error) { return r.Record, nil })
}
