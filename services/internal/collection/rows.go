package collection

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// read reads one record, locked where asked. Whether the caller reaches it is for the caller of read to check.
func (c *Collection[M]) read(ctx context.Context, from database.Statements, name, locked string) (*Change[M], error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, err
	}
	found, err := c.scan(from.QueryRow(ctx, c.selectWhere("region = $1 AND key = $2")+locked, region, key))
	return found, document.NotFoundAs(err, name)
}

// selectWhere selects what scan reads.
func (c *Collection[M]) selectWhere(condition string) string {
	return c.selectFrom(c.Table + " WHERE " + condition)
}

// selectFrom selects the same from the table, or rows of it under its name.
func (c *Collection[M]) selectFrom(rows string) string {
	columns := slices.Concat([]string{
		"region", "key", "unit_path", "acting_path(unit_path)", "create_time", "revision", "body",
	}, c.Beside, c.Derived)
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + rows
}

func (c *Collection[M]) scan(row pgx.Row) (*Change[M], error) {
	found, body := &Change[M]{Beside: map[string]string{}}, []byte(nil)
	columns := slices.Concat(c.Beside, c.Derived)
	beside, into := make([]string, len(columns)), make([]any, len(columns))
	for i := range beside {
		into[i] = &beside[i]
	}
	err := row.Scan(append([]any{
		&found.Region, &found.Key, &found.UnitPath, &found.actingPath, &found.createTime, &found.revision, &body,
	}, into...)...)
	if err != nil {
		return nil, err
	}
	for i, column := range columns {
		found.Beside[column] = beside[i]
	}
	found.stored = body
	found.Record, err = document.Read[M](body, found.revision)
	return found, err
}

// scanAny is scan for many records, of which one that is damaged is noted and does not end the others.
func (c *Collection[M]) scanAny(row pgx.CollectableRow) (*Change[M], error) {
	found, err := c.scan(row)
	if fault.HasCode(err, codes.DataLoss) {
		found.damaged, err = err, nil
	}
	return found, err
}

// save runs the rules and stores what they leave. A record that is stored already keeps its path, which follows the tree, its
// time and the columns beside its body.
func (c *Collection[M]) save(ctx context.Context, change *Change[M], rules []Rule[M]) error {
	if err := follow(ctx, change, rules); err != nil {
		return err
	}
	if err := c.checkState(change); err != nil {
		return err
	}
	body, err := document.Rewrite(change.stored, change.Record, change.revision)
	if err != nil {
		return err
	}
	statement, args := "UPDATE "+c.Table+" SET body = $3, revision = revision + 1 WHERE region = $1 AND key = $2",
		[]any{change.Region, change.Key, body}
	if change.revision == 0 {
		statement, args = c.insert(), append(args, change.UnitPath, change.createTime)
		for _, column := range c.Beside {
			args = append(args, change.Beside[column])
		}
	}
	if _, err = change.Exec(ctx, statement, args...); err != nil {
		return fmt.Errorf("save %s: %w", c.Table, err)
	}
	return nil
}

// TakeOver gives a record whose unit has ended to the unit that acts for it, for good.
func (c *Collection[M]) TakeOver(ctx context.Context, change *Change[M]) error {
	return c.GiveTo(ctx, change, change.Units())
}

// GiveTo gives a record to another unit for good, which is the last of some, given as identifiers, the root first.
func (c *Collection[M]) GiveTo(ctx context.Context, change *Change[M], units []string) error {
	set(change.Record, "unit", protoreflect.ValueOfString(resource.Name(resource.Units, units[len(units)-1])))
	change.UnitPath = strings.Join(units, ".")
	change.actingPath = change.UnitPath
	_, err := change.Exec(ctx, "UPDATE "+c.Table+" SET unit_path = $3 WHERE region = $1 AND key = $2",
		change.Region, change.Key, change.UnitPath)
	if err != nil {
		return fmt.Errorf("take over in %s: %w", c.Table, err)
	}
	return nil
}

// follow runs rules, up to the first that refuses.
func follow[M Record](ctx context.Context, change *Change[M], rules []Rule[M]) error {
	for _, rule := range rules {
		if err := rule(ctx, change); err != nil {
			return err
		}
	}
	return nil
}

func (c *Collection[M]) insert() string {
	columns := append([]string{"region", "key", "body", "unit_path", "create_time"}, c.Beside...)
	places := make([]string, len(columns))
	for i := range columns {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO " + c.Table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
}
