// Package collection is the common path of a resource, written once: create, get, list, and act on one record. The body is the
// truth: a record is its message as JSON, and every column that it is searched or counted by is generated from the body. Only
// key, path, revision and time of creation stand beside it.
package collection

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Record is the message of a resource. It has the fields name, unit and etag; create_time and state are kept where it has them.
type Record interface {
	proto.Message
	GetName() string
	GetUnit() string
	GetEtag() string
}

// Collection is the records of one kind. Its table has the columns region, key, unit_path, create_time, revision and body.
type Collection[M Record] struct {
	Store *record.Store
	// Table is the table's name, which is trusted.
	Table string
	// Life is the life cycle of the records; nil where they have no states.
	Life lifecycle.Life
}

// Change is one record while it is created or acted on.
type Change[M Record] struct {
	*record.Tx

	// Record is what is stored once every rule has passed.
	Record M
	// UnitPath is where its unit stands in the tree, as an ltree.
	UnitPath string

	region, key string
	revision    int64
	createTime  time.Time
}

// Units are the record's unit and those above it, as identifiers, the root first.
func (c *Change[M]) Units() []string { return strings.Split(c.UnitPath, ".") }

// Rule is what one resource adds to the common path: it checks the change, completes its record, or refuses it.
type Rule[M Record] func(context.Context, *Change[M]) error

// Get reads a record that the caller reaches; any other is a NOT_FOUND fault.
func (c *Collection[M]) Get(ctx context.Context, name string) (M, error) {
	found, err := c.read(ctx, c.Store, name, "")
	if err != nil {
		var none M
		return none, err
	}
	return found.Record, access.Require(ctx, found.UnitPath, name)
}

// Find is Get in a transaction, for the rules of another resource.
func (c *Collection[M]) Find(ctx context.Context, tx *record.Tx, name string) (M, error) {
	found, err := c.read(ctx, tx, name, "")
	if err == nil && !access.Reaches(ctx, found.UnitPath) {
		err = fault.NotFound(name)
	}
	if err != nil {
		var none M
		return none, err
	}
	return found.Record, nil
}

// Create stores a new record of the unit that the call names. Rules see it with its name, unit, time and first state set.
func (c *Collection[M]) Create(ctx context.Context, req record.Request, asked M, rules ...Rule[M]) (M, error) {
	return record.Change(ctx, c.Store, req, func(ctx context.Context, tx *record.Tx) (M, error) {
		unit, change := access.Target(ctx), &Change[M]{Tx: tx, Record: clone(asked), key: resource.NewKey(), createTime: tx.Now()}
		change.UnitPath, change.region = access.Path(unit), unit.GetRegion()
		set(change.Record, "name", protoreflect.ValueOfString(resource.Sharded(plural(change.Record), change.region, change.key)))
		set(change.Record, "unit", protoreflect.ValueOfString(unit.GetName()))
		set(change.Record, "create_time", protoreflect.ValueOfMessage(timestamppb.New(change.createTime).ProtoReflect()))
		if c.Life != nil {
			set(change.Record, "state", protoreflect.ValueOfEnum(c.Life.First()))
		}
		return c.finish(ctx, change, rules, c.insert())
	})
}

// Act does something to one record. In this order everywhere: lock, reach, etag, who may, state; then the rules, the save, and
// last the answer.
func (c *Collection[M]) Act(ctx context.Context, req record.ActRequest, act lifecycle.Act, rules ...Rule[M]) (M, error) {
	return record.Change(ctx, c.Store, req, func(ctx context.Context, tx *record.Tx) (M, error) {
		var none M
		change, err := c.read(ctx, tx, req.GetName(), " FOR UPDATE")
		if err != nil {
			return none, err
		}
		change.Tx = tx
		if err := access.Require(ctx, change.UnitPath, req.GetName()); err != nil {
			return none, err
		}
		if err := document.CheckEtag(req.GetEtag(), change.revision, req.GetName()); err != nil {
			return none, err
		}
		if err := c.step(ctx, change, act); err != nil {
			return none, err
		}
		return c.finish(ctx, change, rules, c.update())
	})
}

// UpdateRequest is a request that changes fields of one record.
type UpdateRequest interface {
	record.Request
	GetUpdateMask() *fieldmaskpb.FieldMask
}

// update is an update request with its name and etag where other requests carry theirs.
type update[M Record] struct {
	UpdateRequest

	asked M
}

// GetName is the name of the record.
func (u update[M]) GetName() string { return u.asked.GetName() }

// GetEtag is the etag it was last read under.
func (u update[M]) GetEtag() string { return u.asked.GetEtag() }

// UpdateAct is the act of Update, for life cycles.
const UpdateAct lifecycle.Act = "update"

// Update gives a record the fields of asked that the request's mask names. Field is where the request holds asked. Rules see the
// record as it is to be.
func (c *Collection[M]) Update(ctx context.Context, req UpdateRequest, field string, asked M, rules ...Rule[M]) (M, error) {
	mask := func(_ context.Context, change *Change[M]) error {
		var faults fault.Fields
		document.ApplyMask(&faults, field, change.Record, asked, req.GetUpdateMask())
		return faults.Err()
	}
	return c.Act(ctx, update[M]{req, asked}, UpdateAct, append([]Rule[M]{mask}, rules...)...)
}

// step leads the record to the state that an act leads to, if the caller may do it.
func (c *Collection[M]) step(ctx context.Context, change *Change[M], act lifecycle.Act) error {
	if c.Life == nil {
		return nil
	}
	state := change.Record.ProtoReflect().Descriptor().Fields().ByName("state")
	next, err := c.Life.Step(ctx, change.Record.ProtoReflect().Get(state).Enum(), act, change.Units())
	if err == nil {
		set(change.Record, "state", protoreflect.ValueOfEnum(next))
	}
	return err
}

// finish runs the rules, saves the record by a statement and records the change.
func (c *Collection[M]) finish(ctx context.Context, change *Change[M], rules []Rule[M], statement string) (M, error) {
	var none M
	for _, rule := range rules {
		if err := rule(ctx, change); err != nil {
			return none, err
		}
	}
	body, err := document.EncodeRevision(change.Record, change.revision)
	if err != nil {
		return none, err
	}
	args := []any{change.region, change.key, body}
	if change.revision == 0 { // a new record
		args = append(args, change.UnitPath, change.createTime)
	}
	_, err = change.Exec(ctx, statement, args...)
	if err != nil {
		return none, fmt.Errorf("save %s: %w", c.Table, err)
	}
	return change.Record, change.Tx.Record(ctx, record.Entry{Resource: change.Record.GetName(), UnitPath: change.UnitPath})
}

func (c *Collection[M]) insert() string {
	return "INSERT INTO " + c.Table + " (region, key, body, unit_path, create_time) VALUES ($1, $2, $3, $4::ltree, $5)"
}

// update leaves the path to those who follow the tree, and the time as it was.
func (c *Collection[M]) update() string {
	return "UPDATE " + c.Table + " SET body = $3, revision = revision + 1 WHERE region = $1 AND key = $2"
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// read reads one record, locked where asked. Whether the caller reaches it is for the caller of read to check.
func (c *Collection[M]) read(ctx context.Context, from querier, name, locked string) (*Change[M], error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, err
	}
	change, body := &Change[M]{region: region, key: key}, []byte(nil)
	row := from.QueryRow(
		ctx,
		"SELECT unit_path, revision, create_time, body FROM "+c.Table+" WHERE region = $1 AND key = $2"+locked,
		region,
		key,
	)
	if err := document.NotFoundAs(row.Scan(&change.UnitPath, &change.revision, &change.createTime, &body), name); err != nil {
		return nil, err
	}
	change.Record, err = document.Read[M](body, change.revision)
	return change, err
}

// plural is the collection in the names of records, such as "positions", as the proto says it.
func plural(m proto.Message) string {
	described, _ := proto.GetExtension(m.ProtoReflect().Descriptor().Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	return described.GetPlural()
}

func clone[M Record](m M) M {
	copied, _ := proto.Clone(m).(M)
	return copied
}

// set sets a field of a record that has it.
func set(m proto.Message, field protoreflect.Name, value protoreflect.Value) {
	r := m.ProtoReflect()
	if fd := r.Descriptor().Fields().ByName(field); fd != nil {
		r.Set(fd, value)
	}
}
