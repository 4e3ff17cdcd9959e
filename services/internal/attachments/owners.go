package attachments

import (
	"context"
	"strings"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Owners are the records of one kind that have attachments. Each method names an owner by its full name and answers NOT_FOUND for
// one of another kind.
type Owners interface {
	// Read requires that the caller may read what is attached to an owner. Errors: NOT_FOUND.
	Read(ctx context.Context, from db.DBTX, name string) error
	// Attach locks an owner to which the caller adds a file. Errors: NOT_FOUND, WRONG_STATE.
	Attach(ctx context.Context, tx *record.Tx, name string) (Owner, error)
	// Hold requires that the caller, who holds the token of an upload, may go on with it. Errors: NOT_FOUND.
	Hold(ctx context.Context, from db.DBTX, name string) error
	// Complete locks an owner and requires that an upload to it may be completed. Errors: WRONG_STATE.
	Complete(ctx context.Context, tx *record.Tx, name string) error
	// Path is where the unit of an owner stands, as an ltree, for the journal.
	Path(ctx context.Context, from db.DBTX, name string) (string, error)
}

// Owner is a locked record that gets an attachment.
type Owner struct {
	Name string
	// UnitPath is where its unit stands in the tree, as an ltree.
	UnitPath string
	// Rules are those of its scheme; nil where nothing may be attached.
	Rules *typev1.AttachmentRules
}

// Acts of a life cycle under which files are added to a record.
const (
	AttachAct   lifecycle.Act = "attach"
	CompleteAct lifecycle.Act = "complete_upload"
)

// RulesOf reads what may be attached to a record from its scheme.
type RulesOf[M collection.Record] func(context.Context, *collection.Change[M]) (*typev1.AttachmentRules, error)

// OwnedBy lets the records of a collection own attachments, in the states in which its life cycle has AttachAct and CompleteAct.
// Whoever reaches a record reads them. An upload goes on by whoever reaches the record and holds its token. Who refuses whom the
// life cycle does not, where it leaves that to the resource.
func OwnedBy[M collection.Record](c collection.Collection[M], rules RulesOf[M], who ...collection.Rule[M]) Owners {
	return collected[M]{records: c, rules: rules, who: who}
}

type collected[M collection.Record] struct {
	records collection.Collection[M]
	rules   RulesOf[M]
	who     []collection.Rule[M]
}

// Read is by reach.
func (o collected[M]) Read(ctx context.Context, from db.DBTX, name string) error {
	return o.records.RequireReach(ctx, from, name)
}

// Hold is by reach.
func (o collected[M]) Hold(ctx context.Context, from db.DBTX, name string) error {
	return o.records.RequireReach(ctx, from, name)
}

// Attach is by reach and AttachAct.
func (o collected[M]) Attach(ctx context.Context, tx *record.Tx, name string) (Owner, error) {
	found, err := o.lock(ctx, tx, name, AttachAct)
	if err != nil {
		return Owner{}, err
	}
	rules, err := o.rules(ctx, found)
	return Owner{Name: name, UnitPath: found.UnitPath, Rules: rules}, err
}

// Complete is by reach and CompleteAct.
func (o collected[M]) Complete(ctx context.Context, tx *record.Tx, name string) error {
	_, err := o.lock(ctx, tx, name, CompleteAct)
	return err
}

// lock locks a record to which the caller may add a file.
func (o collected[M]) lock(
	ctx context.Context, tx *record.Tx, name string, act lifecycle.Act,
) (*collection.Change[M], error) {
	found, err := o.records.Lock(ctx, tx, name, act)
	for _, who := range o.who {
		if err == nil {
			err = who(ctx, found)
		}
	}
	return found, err
}

// Path is that of the record.
func (o collected[M]) Path(ctx context.Context, from db.DBTX, name string) (string, error) {
	return o.records.Path(ctx, from, name)
}

// ByCollection are the owners of a service that has several kinds of them, by the first part of their names.
type ByCollection map[string]Owners

// Read is that of the owner's collection.
func (b ByCollection) Read(ctx context.Context, from db.DBTX, name string) error {
	return b.do(name, func(owners Owners) error { return owners.Read(ctx, from, name) })
}

// Attach is that of the owner's collection.
func (b ByCollection) Attach(ctx context.Context, tx *record.Tx, name string) (owner Owner, err error) {
	err = b.do(name, func(owners Owners) error {
		owner, err = owners.Attach(ctx, tx, name)
		return err
	})
	return owner, err
}

// Hold is that of the owner's collection.
func (b ByCollection) Hold(ctx context.Context, from db.DBTX, name string) error {
	return b.do(name, func(owners Owners) error { return owners.Hold(ctx, from, name) })
}

// Complete is that of the owner's collection.
func (b ByCollection) Complete(ctx context.Context, tx *record.Tx, name string) error {
	return b.do(name, func(owners Owners) error { return owners.Complete(ctx, tx, name) })
}

// Path is that of the owner's collection.
func (b ByCollection) Path(ctx context.Context, from db.DBTX, name string) (path string, err error) {
	err = b.do(name, func(owners Owners) error {
		path, err = owners.Path(ctx, from, name)
		return err
	})
	return path, err
}

// do asks the owners of the collection that a name is of.
func (b ByCollection) do(name string, ask func(Owners) error) error {
	collection, _, _ := strings.Cut(name, "/")
	owners, ok := b[collection]
	if !ok {
		return fault.NotFound(name)
	}
	return ask(owners)
}
