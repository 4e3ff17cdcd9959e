package journal_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	writers = 4
	changes = 15 // of each writer
	entries = 50 // of each change: more events altogether than a tail keeps
	all     = writers * changes * entries
)

// instance is a store with a tail, and a gate through which it is written and followed.
type instance struct {
	*journal.Tail[string]

	gate *accesstest.Gate
}

func newInstance(t *testing.T) *instance {
	t.Helper()
	return &instance{gate: accesstest.New(t, "*"), Tail: &journal.Tail[string]{
		Store: recordtest.Store(t), Collection: "units", Log: zap.NewNop(),
		Read: func(_ context.Context, names []string) (map[string]string, error) {
			read := map[string]string{}
			for _, name := range names {
				read[name] = name
			}
			return read, nil
		},
	}}
}

// call has a clerk call something.
func (i *instance) call(ctx context.Context, fn func(context.Context) error) error {
	_, err := i.gate.Call(ctx, networkv1.UnitService_CreateUnit_FullMethodName, i.gate.Token(accesstest.Clerk(accesstest.City)),
		&networkv1.CreateUnitRequest{}, func(ctx context.Context) (any, error) {
			access.MarkReached(ctx)
			return &networkv1.Unit{}, fn(ctx)
		})
	return err
}

// write makes the changes of a writer; every second entry is of another collection.
func (i *instance) write(ctx context.Context, writer int) error {
	for change := range changes {
		err := i.call(ctx, func(ctx context.Context) error {
			_, err := record.Change(ctx, i.Store, &networkv1.CreateUnitRequest{},
				func(ctx context.Context, tx *record.Tx) (*networkv1.Unit, error) {
					var made []record.Entry
					for entry := range entries {
						name := fmt.Sprintf("%d_%d_%d", writer, change, entry)
						made = append(made,
							record.Entry{Resource: "units/" + name, UnitPath: "340500"},
							record.Entry{Resource: "officers/" + name, UnitPath: "340500"})
					}
					return &networkv1.Unit{}, tx.Record(ctx, made...)
				})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// follow follows the tail until it has had so many events, and says which. Begun hears once it follows, before the first of them.
func (i *instance) follow(ctx context.Context, position string, most int, begun func()) (names, positions []string, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err = i.call(ctx, func(ctx context.Context) error {
		return i.Follow(ctx, "after", position, func(e journal.Event[string]) error {
			names, positions = append(names, e.Record), append(positions, e.At.String())
			if len(names) == most {
				stop()
			}
			return nil
		}, func(record.Position) error {
			begun()
			return nil
		})
	})
	if ctx.Err() != nil && len(names) == most {
		err = nil
	}
	return names, positions, err
}

func TestEveryFollowerHasEveryEventOnceInOneOrder(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	var followers, began, wrote sync.WaitGroup
	found := make([][]string, 3)
	began.Add(len(found))
	for n := range found {
		once := sync.OnceFunc(began.Done)
		followers.Go(func() {
			var err error
			found[n], _, err = i.follow(t.Context(), "", all, func() {
				once()
				if n == 0 { // the first reads on once the others may be far ahead
					wrote.Wait()
				}
			})
			assert.NoError(t, err)
		})
	}
	began.Wait()
	for writer := range writers {
		wrote.Go(func() { assert.NoError(t, i.write(t.Context(), writer)) })
	}
	wrote.Wait()
	followers.Wait()
	seen := map[string]bool{}
	for _, name := range found[0] {
		require.False(t, seen[name], name)
		seen[name] = true
	}
	assert.Equal(t, found[0], found[1])
	assert.Equal(t, found[0], found[2])
}

func TestAFollowerResumesAfterAPosition(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	first := record.Position{}
	begun := sync.OnceFunc(func() { assert.NoError(t, i.write(t.Context(), 0)) })
	names, positions, err := i.follow(t.Context(), first.String(), changes*entries, begun)
	require.NoError(t, err)
	for _, from := range []int{0, 1, len(names) / 2, len(names) - 2} {
		again, _, err := i.follow(t.Context(), positions[from], len(names)-from-1, func() {})
		require.NoError(t, err)
		assert.Equal(t, names[from+1:], again)
	}
	_, _, err = i.follow(t.Context(), "7-7", 1, func() {})
	require.True(t, fault.HasCode(err, codes.InvalidArgument), "%v", err)
}
