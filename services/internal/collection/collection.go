// Package collection is the common path of a resource, written once: create, get, list, and act on one record. The body is the
// truth: a record is its message as JSON, and every column that it is searched or counted by is generated from the body. Only
// key, paths, revision, time of creation and what nobody may read stand beside it.
package collection

import (
	"cmp"
	"context"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Record is the message of a resource. It has the fields name and unit; etag, create_time and state are kept where it has them.
type Record interface {
	proto.Message
	GetName() string
	GetUnit() string
}

// Collection is the records of one kind. Its table has the columns region, key, unit_path, create_time, revision and body.
type Collection[M Record] struct {
	Store *record.Store
	// Table is the table's name, which is trusted.
	Table string
	// Life is the life cycle of the records; nil where they have no states.
	Life lifecycle.Life
	// Open tells whether a record is open to an act that its state allows, for refusals that name acts; nil where each is.
	Open func(M, lifecycle.Act) bool
	// Reach refuses a caller who does not reach a record, by access.Require; where it is nil, the caller must reach its unit.
	Reach Rule[M]
	// Show takes from a record that is answered what its reader may not see.
	Show func(context.Context, *Change[M])
	// Beside are columns for what no caller may read and for further paths. They are written once, by a rule of Create.
	Beside []string
	// Derived are expressions over a row, read with it under their own text as if they were columns beside the body, and never
	// written.
	Derived []string
	// Acting finds the unit that acts for the records of another on a day, given the path of that one; where it is nil, each unit
	// acts for its own.
	Acting func(ctx context.Context, from database.Statements, path string, on calendar.Date) (*networkv1.Unit, error)
	// Newest lists the newest first; other lists go by unit, then by time.
	Newest bool
	// Latest is a field with a column of its name, "first_day", which a list goes by in place of the time, the latest first.
	Latest protoreflect.Name
}

// Change is one record while it is created or acted on.
type Change[M Record] struct {
	*record.Tx

	// Record is what is stored once every rule has passed, and Before what was until then.
	Record, Before M
	// UnitPath is where its unit stands in the tree, as an ltree.
	UnitPath string
	// EntryPath is where its entry of the journal stands in the place of UnitPath; empty where it stands there.
	EntryPath string
	// Acting is the unit that acts for it today, where the collection finds it.
	Acting *networkv1.Unit
	// Region and Key are its primary key.
	Region, Key string
	// Beside has the columns beside the body, by name.
	Beside map[string]string

	act        lifecycle.Act // that is done, from this state
	from       protoreflect.EnumNumber
	actingPath string
	revision   int64
	createTime time.Time
	stored     []byte // the body as it was read
	damaged    error  // why it could not be read, in lists and sweeps
	gathered   []gathered
}

// Units are the unit that acts for the record and those above it, as identifiers, the root first. It is the record's own unit or,
// once that has ended, the one that has its records.
func (c *Change[M]) Units() []string {
	if c.Acting != nil {
		return access.PathIDs(c.Acting)
	}
	return strings.Split(c.actingPath, ".")
}

// ActingPath is the path of the unit that acts for what lies under a path.
func (c *Change[M]) ActingPath(ctx context.Context, path string) (acting string, err error) {
	err = c.QueryRow(ctx, "SELECT acting_path($1::ltree)::text", path).Scan(&acting)
	return acting, err
}

// ActingUnit is the name of the last of Units.
func (c *Change[M]) ActingUnit() string {
	units := c.Units()
	return resource.Name(resource.Units, units[len(units)-1])
}

// Unit is the last of Units, as far as a new record of it asks.
func (c *Change[M]) Unit() *networkv1.Unit { return UnitAt(c.Region, c.Units()) }

// UnitAt is the last of some units, given as identifiers, the root first, as far as a new record of it asks.
func UnitAt(region string, ids []string) *networkv1.Unit {
	last := len(ids) - 1
	unit := &networkv1.Unit{Name: resource.Name(resource.Units, ids[last]), Region: region}
	for _, id := range ids[:last] {
		unit.Ancestors = append(unit.Ancestors, resource.Name(resource.Units, id))
	}
	return unit
}

// UnitAbove is the name of the unit above that of ActingUnit; the root's own, which nobody is above.
func (c *Change[M]) UnitAbove() string {
	units := c.Units()
	return resource.Name(resource.Units, units[max(len(units)-2, 0)])
}

// Tell has a unit hear of the record. The message stands in the entry that the change ends with.
func (c *Change[M]) Tell(unit string, says words.Sentence) {
	c.Notify(record.Message{Unit: unit, Sentence: says, Resource: c.Record.GetName()})
}

// TellFromAbove has the unit of the record hear of what somebody above it does in its register. It knows what it does itself.
func (c *Change[M]) TellFromAbove(ctx context.Context, says words.Sentence) {
	if access.PrincipalOf(ctx).Unit != c.ActingUnit() {
		c.Tell(c.Record.GetUnit(), says)
	}
}

// Rule is what one resource adds to the common path: it checks the change, completes its record, or refuses it.
type Rule[M Record] func(context.Context, *Change[M]) error

// Own is the rule that a unit itself makes its records, and nobody in its stead.
func Own[M Record](ctx context.Context, c *Change[M]) error {
	return access.RequireOwn(ctx, c.Record.GetUnit())
}

// Get reads a record that the caller reaches; any other is a NOT_FOUND fault.
func (c *Collection[M]) Get(ctx context.Context, name string) (M, error) {
	found, err := c.Look(ctx, name)
	if err != nil {
		var none M
		return none, err
	}
	return c.shown(ctx, found), nil
}

// shown is what its reader may see of a record.
func (c *Collection[M]) shown(ctx context.Context, found *Change[M]) M {
	if c.Show != nil {
		c.Show(ctx, found)
	}
	return found.Record
}

// Look is Get for who wants the key as well, such as for what belongs to the record in other tables.
func (c *Collection[M]) Look(ctx context.Context, name string) (*Change[M], error) {
	found, err := c.read(ctx, c.Store, name, "")
	if err != nil {
		return nil, err
	}
	return found, c.reach(ctx, found)
}

// reach requires that the caller reaches a record.
func (c *Collection[M]) reach(ctx context.Context, found *Change[M]) error {
	if c.Reach != nil {
		return c.Reach(ctx, found)
	}
	return access.Require(ctx, found.UnitPath, found.Record.GetName())
}

// Find is Look in a transaction, for the rules of another record, which stays as it is until the transaction ends. It goes by the
// reach of the record's unit alone.
func (c *Collection[M]) Find(ctx context.Context, tx *record.Tx, name string) (*Change[M], error) {
	found, err := c.read(ctx, tx, name, " FOR SHARE")
	if err != nil {
		return nil, err
	}
	if !access.Reaches(ctx, found.UnitPath) {
		return nil, fault.NotFound(name)
	}
	found.Tx = tx
	return found, nil
}

// Create stores a new record of the unit that the call names. Rules see it with its name, unit, time and first state set.
func (c *Collection[M]) Create(ctx context.Context, req record.Request, asked M, rules ...Rule[M]) (M, error) {
	return record.Change(ctx, c.Store, req, func(ctx context.Context, tx *record.Tx) (M, error) {
		return c.CreateIn(ctx, tx, access.Target(ctx), asked, rules...)
	})
}

// CreateIn is Create within a transaction, for what changes more than one record or answers with more than the record.
func (c *Collection[M]) CreateIn(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, asked M, rules ...Rule[M],
) (M, error) {
	change := &Change[M]{
		Tx: tx, Record: clone(asked), UnitPath: access.Path(unit), actingPath: access.Path(unit), Region: unit.GetRegion(),
		Key: tx.NewKey(), Beside: map[string]string{}, createTime: tx.Now(),
	}
	set(change.Record, "name", protoreflect.ValueOfString(resource.Sharded(plural(change.Record), change.Region, change.Key)))
	set(change.Record, "unit", protoreflect.ValueOfString(unit.GetName()))
	set(change.Record, "create_time", protoreflect.ValueOfMessage(timestamppb.New(change.createTime).ProtoReflect()))
	if c.Life != nil {
		set(change.Record, "state", protoreflect.ValueOfEnum(c.Life.First()))
	}
	return c.finish(ctx, change, rules)
}

// finish runs the rules, saves the record and records the change.
func (c *Collection[M]) finish(ctx context.Context, change *Change[M], rules []Rule[M]) (M, error) {
	if err := c.save(ctx, change, rules); err != nil {
		var none M
		return none, err
	}
	return c.shown(ctx, change), change.Tx.Record(ctx, entry(change))
}

func entry[M Record](c *Change[M]) record.Entry {
	return record.Entry{Resource: c.Record.GetName(), UnitPath: cmp.Or(c.EntryPath, c.UnitPath)}
}

// plural is the collection in the names of records, such as "positions", as the proto says it.
func plural(m proto.Message) string {
	options := m.ProtoReflect().Descriptor().Options()
	described, _ := proto.GetExtension(options, annotations.E_Resource).(*annotations.ResourceDescriptor)
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

// Last are the last of what a record lists, so many at most.
func Last[T any](list []T, most int) []T { return list[max(len(list)-most, 0):] }
