package collection

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Act does something to one record. In this order everywhere: lock, reach, etag, who may act, state; then the rules, the save,
// and last the answer.
func (c *Collection[M]) Act(ctx context.Context, req record.ActRequest, act lifecycle.Act, rules ...Rule[M]) (M, error) {
	return c.ActBy(ctx, req, act, nil, rules...)
}

// ActBy is Act by a party whom the record or the request names: who refuses everybody else, before the state is looked at.
func (c *Collection[M]) ActBy(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, who Rule[M], rules ...Rule[M],
) (M, error) {
	return record.Change(ctx, c.Store, req, func(ctx context.Context, tx *record.Tx) (M, error) {
		return c.ActIn(ctx, tx, req, act, who, rules...)
	})
}

// ActIn is ActBy within a transaction, for what changes more than one record or answers with more than the record.
func (c *Collection[M]) ActIn(
	ctx context.Context, tx *record.Tx, req Target, act lifecycle.Act, who Rule[M], rules ...Rule[M],
) (M, error) {
	change, err := c.begin(ctx, tx, req, act, " FOR UPDATE", who)
	if err != nil {
		var none M
		return none, err
	}
	return c.finish(ctx, change, rules)
}

// ActAll is ActIn by the suite for records at once, by their names and wherever they are, without those that are not there or are
// damaged. A rule leaves one as it is by ErrAsItIs. One entry of the journal names all that were changed.
func (c *Collection[M]) ActAll(ctx context.Context, tx *record.Tx, names []string, act lifecycle.Act, rules ...Rule[M]) error {
	regions, keys := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		regions[i], keys[i], _ = resource.Split(name) // what is no name is not found
	}
	rows, err := tx.Query(ctx, c.selectWhere(isNamed+" ORDER BY region, key FOR UPDATE"), regions, keys)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, c.scanAny)
	if err != nil {
		return err
	}
	var entries []record.Entry
	for _, change := range found {
		if document.IsDamaged(ctx, change.damaged) {
			continue
		}
		change.Tx, change.Before = tx, clone(change.Record)
		if err := c.step(ctx, tx, change, act); err != nil {
			return err
		}
		switch err := c.save(ctx, change, rules); {
		case errors.Is(err, ErrAsItIs):
		case err != nil:
			return err
		default:
			entries = append(entries, entry(change))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return tx.Record(ctx, entries...)
}

// Target says which record an act is on, and under which etag it was read last; an empty one asks for no check.
type Target interface {
	GetName() string
	GetEtag() string
}

// Foresee refuses what Act would refuse now, and reads the record, for record.Prepare: nobody is asked in vain.
func (c *Collection[M]) Foresee(ctx context.Context, req record.ActRequest, act lifecycle.Act) (*Change[M], error) {
	return c.begin(ctx, c.Store, req, act, "", nil)
}

// begin reads a record for an act, checks all but the rules and leads it to its next state.
func (c *Collection[M]) begin(
	ctx context.Context, from database.Statements, req Target, act lifecycle.Act, locked string, who Rule[M],
) (*Change[M], error) {
	change, err := c.read(ctx, from, req.GetName(), locked)
	if err != nil {
		return nil, err
	}
	change.Tx, _ = from.(*record.Tx)
	change.Before = clone(change.Record)
	if err := c.reach(ctx, change); err != nil {
		return nil, err
	}
	if err := document.CheckEtag(req.GetEtag(), change.revision, req.GetName()); err != nil {
		return nil, err
	}
	if c.Acting != nil {
		if change.Acting, err = c.Acting(ctx, from, change.UnitPath, clock.Today(c.Store.Clock)); err != nil {
			return nil, err
		}
	}
	if who != nil {
		if err := who(ctx, change); err != nil {
			return nil, err
		}
	}
	return change, c.step(ctx, from, change, act)
}

// step leads the record to the state that an act leads to, if the caller may do it and does not judge their own work.
func (c *Collection[M]) step(ctx context.Context, from database.Statements, change *Change[M], act lifecycle.Act) error {
	if c.Life == nil {
		return nil
	}
	change.act, change.from = act, stateOf(change.Record)
	next, err := c.Life.Step(ctx, change.from, act, change.Units(), func(other lifecycle.Act) bool {
		return c.Open == nil || c.Open(change.Record, other)
	})
	if err != nil {
		return err
	}
	set(change.Record, "state", protoreflect.ValueOfEnum(next))
	return journal.RequireJudge(ctx, from, change.Record.GetName(), c.Life.Judges(change.from, act))
}

// checkState fails where a rule has set a state that the act does not lead to.
func (c *Collection[M]) checkState(change *Change[M]) error {
	if change.act == "" || c.Life.Leads(change.from, change.act, stateOf(change.Record)) {
		return nil
	}
	return fmt.Errorf("%s: %s can't lead from state %d to %d", c.Table, change.act, change.from, stateOf(change.Record))
}

func stateOf(m proto.Message) protoreflect.EnumNumber {
	r := m.ProtoReflect()
	return r.Get(r.Descriptor().Fields().ByName("state")).Enum()
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
func (u update[M]) GetEtag() string {
	asked, _ := any(u.asked).(Target)
	return asked.GetEtag()
}

// DeleteIn removes a record within a transaction, in the order of Act.
func (c *Collection[M]) DeleteIn(ctx context.Context, tx *record.Tx, req Target, rules ...Rule[M]) error {
	change, err := c.begin(ctx, tx, req, DeleteAct, " FOR UPDATE", nil)
	if err != nil {
		return err
	}
	if err := follow(ctx, change, rules); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM "+c.Table+" WHERE region = $1 AND key = $2", change.Region, change.Key); err != nil {
		return fmt.Errorf("delete from %s: %w", c.Table, err)
	}
	return tx.Record(ctx, entry(change))
}

// UpdateAct is the act of Update, for life cycles.
const UpdateAct lifecycle.Act = "update"

// DeleteAct is the act of DeleteIn.
const DeleteAct lifecycle.Act = "delete"

// Update gives a record the fields of asked that the request's mask names. Field is where the request holds asked. Rules see the
// record as it is to be.
func (c *Collection[M]) Update(ctx context.Context, req UpdateRequest, field string, asked M, rules ...Rule[M]) (M, error) {
	return c.UpdateBy(ctx, req, field, asked, nil, rules...)
}

// UpdateBy is Update by a party whom the record names, as of ActBy.
func (c *Collection[M]) UpdateBy(
	ctx context.Context, req UpdateRequest, field string, asked M, who Rule[M], rules ...Rule[M],
) (M, error) {
	return record.Change(ctx, c.Store, update[M]{req, asked}, func(ctx context.Context, tx *record.Tx) (M, error) {
		return c.UpdateIn(ctx, tx, req, field, asked, who, rules...)
	})
}

// UpdateIn is UpdateBy within a transaction, as of ActIn.
func (c *Collection[M]) UpdateIn(
	ctx context.Context, tx *record.Tx, req UpdateRequest, field string, asked M, who Rule[M], rules ...Rule[M],
) (M, error) {
	mask := func(_ context.Context, change *Change[M]) error {
		var faults fault.Fields
		document.ApplyMask(&faults, field, change.Record, asked, req.GetUpdateMask())
		return faults.Err()
	}
	return c.ActIn(ctx, tx, update[M]{req, asked}, UpdateAct, who, append([]Rule[M]{mask}, rules...)...)
}
