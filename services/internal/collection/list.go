package collection

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
)

// Filter says which records a list holds.
type Filter func(*listing)

// listing is the statement of a list while it is made.
type listing struct {
	target   string   // path of the unit that the call names
	within   []string // the subtrees to list in its place
	anywhere bool     // whether they may lie anywhere
	byUnit   bool     // whether it is what lies below that unit, in the order of the tree
	paths    []string
	above    bool
	more     []string // paths besides those above
	where    string
	args     []any
}

// there says where the records lie. A list by unit is one run of an index, which in_subtree bounds; alone it would let in a
// sibling whose name goes on with a sign below 0. IS TRUE keeps the planner from the index of the tree, which would read and sort
// the whole subtree for a page.
func (l *listing) there() string {
	if l.anywhere {
		return "true"
	}
	var target string
	switch {
	case l.runs():
		target = "top::ltree" // each of those to list within
	case len(l.within) > 1:
		target = "ANY (CAST(" + l.add(l.within) + "::text[] AS ltree[]))"
	default:
		target = l.add(l.target) + "::ltree"
	}
	switch {
	case l.above && len(l.more) > 0:
		more := "CAST(" + l.add(l.more) + "::text[] AS ltree[])"
		return "unit_path = ANY (acted_above(" + target + ") || " + more + ` || ARRAY(
			SELECT e.path FROM acted_for(ARRAY(SELECT subpath(m, -1)::text FROM unnest(` + more + `) AS m), 'infinity')
			JOIN ended_units e USING (unit_id)))`
	case l.above:
		return "unit_path = ANY (acted_above(" + target + "))"
	case l.byUnit:
		return "(unit_path <@ " + target + ") IS TRUE AND in_subtree(unit_path, " + target + ")"
	default:
		return "(" + strings.Join(l.paths, " <@ "+target+" OR ") + " <@ " + target + ")"
	}
}

// runs tells whether the list is made of several runs of an index, one for each subtree.
func (l *listing) runs() bool { return l.byUnit && len(l.within) > 1 }

// add notes a value and gives its place.
func (l *listing) add(value any) string {
	l.args = append(l.args, value)
	return "$" + strconv.Itoa(len(l.args))
}

// In keeps the records whose column, which is generated from the body, has one of some values; without values it keeps all.
func In(column string, values []string) Filter {
	switch len(values) {
	case 0:
		return func(*listing) {}
	case 1: // an index that begins with the column then has what is found in the list's order
		return Where(column+" = ?", values[0])
	default:
		return Where(column+" = ANY (?::text[])", values)
	}
}

// InEnum is In for the values of an enum, which stand in the body by name.
func InEnum[E fmt.Stringer](column string, values []E) Filter {
	return In(column, document.EnumNames(values))
}

// AnyOf keeps the records whose column, a list generated from the body, holds one of some values; without values it keeps all.
func AnyOf(column string, values []string) Filter {
	if len(values) == 0 {
		return func(*listing) {}
	}
	return Where(column+" && ?::text[]", values)
}

// Where keeps the records that a condition holds for, in which each ? stands for the next of the values.
func Where(condition string, values ...any) Filter {
	return func(l *listing) {
		placed := condition
		for _, value := range values {
			placed = strings.Replace(placed, "?", l.add(value), 1)
		}
		l.where += " AND (" + placed + ")"
	}
}

// WhereSet is Where for a value that may not be given; without it, all are kept.
func WhereSet[V comparable](condition string, value V) Filter {
	var none V
	if value == none {
		return func(*listing) {}
	}
	return Where(condition, value)
}

// Under lists by other paths than that of the records' units: what lies there by any of them.
func Under(columns ...string) Filter { return func(l *listing) { l.paths, l.byUnit = columns, false } }

// Within lists what lies in some subtrees, none of which is within another, in place of that of the unit that the call names.
func Within(subtrees []string) Filter {
	return func(l *listing) { l.target, l.within = subtrees[0], subtrees }
}

// Wherever lists the records that a condition as of Where holds for, wherever they lie.
func Wherever(condition string, values ...any) Filter {
	return func(l *listing) {
		l.anywhere, l.byUnit = true, false
		Where(condition, values...)(l)
	}
}

// Above lists the records that a unit and those above it act for, in place of those below; besides, those that the units of some
// more paths act for.
func Above(more ...string) Filter {
	return func(l *listing) { l.above, l.byUnit, l.more = true, false, more }
}

// cursor is where a list stands: by unit or by what comes latest, then by time of creation; by time alone where the newest come
// first.
type cursor struct{ First, Key string }

// cursor is the place of a record in a list.
func (c *Collection[M]) cursor(r *Change[M]) cursor {
	if c.Latest == "" {
		return cursor{r.UnitPath, r.Key}
	}
	m := r.Record.ProtoReflect()
	return cursor{m.Get(m.Descriptor().Fields().ByName(c.Latest)).String(), r.Key}
}

// start is the cursor before the first record.
func (c *Collection[M]) start(l *listing) cursor {
	switch {
	case c.Latest != "":
		return cursor{"infinity", page.MaxKey}
	case c.Newest:
		return cursor{"", page.MaxKey}
	case l.byUnit && len(l.within) < 2:
		return cursor{l.target, ""}
	default:
		return cursor{}
	}
}

// after keeps what comes after a cursor, in the list's order.
func (c *Collection[M]) after(l *listing, at cursor) string {
	switch {
	case c.Latest != "":
		by := string(c.Latest)
		return "(" + by + ", key) < (" + l.add(at.First) + ", " + l.add(at.Key) + ") ORDER BY " + by + " DESC, key DESC"
	case c.Newest:
		return "key < " + l.add(at.Key) + " ORDER BY key DESC"
	default:
		return "(unit_path, key) > (" + l.add(at.First) + "::ltree, " + l.add(at.Key) + ") ORDER BY unit_path, key"
	}
}

// List reads a page of the records in the subtree of the unit that the call names. A statement holds only the filters that are
// used, and is planned for their values: a plan that is kept for all units sorts whole subtrees.
func (c *Collection[M]) List(ctx context.Context, req page.Request, filters ...Filter) ([]M, string, error) {
	l := listing{
		target: access.Path(access.Target(ctx)), paths: []string{"unit_path"}, byUnit: c.Latest == "" && !c.Newest,
	}
	for _, filter := range filters {
		filter(&l)
	}
	p, err := page.Parse(req, c.start(&l))
	if err != nil {
		return nil, "", err
	}
	if _, err := calendar.ParseDate(p.Cursor.First); c.Latest != "" && !p.First && err != nil {
		return nil, "", fault.Invalid("page_token", words.PageToken())
	}
	found, err := c.query(ctx, c.rowsOf(&l, p), l.args)
	if err != nil {
		return nil, "", err
	}
	return page.Build(ctx, p, found, c.cursor, c.listed(ctx))
}

// rowsOf are the rows of a page. In the order of the tree, each of several subtrees is one run of the index that gives a page at
// most.
func (c *Collection[M]) rowsOf(l *listing, p page.Page[cursor]) string {
	limit := " LIMIT " + l.add(p.Limit)
	rows := c.Table + " WHERE " + l.there() + l.where + " AND " + c.after(l, p.Cursor) + limit
	if !l.runs() {
		return rows
	}
	return "unnest(" + l.add(l.within) + "::text[]) AS top, LATERAL (SELECT * FROM " + rows + ") AS " + c.Table +
		" ORDER BY unit_path, key" + limit
}

// First reads the first records that filters keep, by unit and time, wherever they lie: what belongs to a record that the caller
// reaches.
func (c *Collection[M]) First(ctx context.Context, most int, filters ...Filter) ([]M, error) {
	l := listing{where: "true"}
	for _, filter := range filters {
		filter(&l)
	}
	found, err := c.query(ctx, c.Table+" WHERE "+l.where+" ORDER BY unit_path, key LIMIT "+l.add(most), l.args)
	if err != nil {
		return nil, err
	}
	show, list := c.listed(ctx), make([]M, 0, len(found))
	for _, r := range found {
		m, err := show(r)
		if document.IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// query reads rows of the table.
func (c *Collection[M]) query(ctx context.Context, from string, args []any) ([]*Change[M], error) {
	rows, err := c.Store.Afresh().Query(ctx, c.selectFrom(from), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, c.scanAny)
}

// listed is what a list shows of a record.
func (c *Collection[M]) listed(ctx context.Context) func(*Change[M]) (M, error) {
	return func(r *Change[M]) (M, error) {
		if r.damaged != nil {
			return r.Record, r.damaged
		}
		return c.shown(ctx, r), nil
	}
}
