package rollups_test

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/network/store"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// While 32 informants send and three replicas add up, each reading is exact: it never falls, and holds the reader's own tips.
func TestX10_RollUpsAreExactUnderConcurrentIntake(t *testing.T) {
	t.Parallel()
	const writers, each = 32, 6
	s := suitetest.New(t)
	book, client := open(t, s), admin(s)
	sender := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	received := func(ctx context.Context) (int64, error) {
		answer, err := client.GetRollUp(ctx, &networkv1.GetRollUpRequest{Unit: networktest.City, FromPeriod: "2026-11"})
		if err != nil || len(answer.GetCells()) == 0 {
			return 0, err
		}
		return answer.GetCells()[0].GetReceived(), nil
	}
	compacting, done := context.WithCancel(t.Context())
	var compactors, all errgroup.Group
	for range 3 {
		compactors.Go(func() error {
			compactor := &rollups.Compactor{Store: book}
			for compacting.Err() == nil {
				if _, err := compactor.Compact(compacting); err != nil && compacting.Err() == nil {
					return err
				}
			}
			return nil
		})
	}
	for range writers {
		all.Go(func() error {
			var seen int64
			for range each {
				if _, err := sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
					Content: networktest.ValidTip(),
				}); err != nil {
					return err
				}
				now, err := received(t.Context())
				if err != nil {
					return err
				}
				assert.Greater(t, now, seen, "my own tip is in it")
				seen = now
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())
	done()
	require.NoError(t, compactors.Wait())
	assert.EqualValues(t, writers*each, total(t, s, networktest.City).GetReceived())
	checked, err := client.VerifyRollUp(t.Context(), &networkv1.VerifyRollUpRequest{Unit: networktest.City, FromPeriod: "2026"})
	require.NoError(t, err)
	assert.Empty(t, checked.GetDifferences())
}

func TestX10_DeltasAreCompactedByTick(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	book := open(t, s)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	require.Eventually(t, func() bool {
		var pending, kept int64
		require.NoError(t, book.QueryRow(t.Context(),
			"SELECT (SELECT count(*) FROM tip_deltas), coalesce(sum(received), 0) FROM roll_ups WHERE unit_id = '340500' AND child_id = ''").Scan(&pending, &kept))
		return pending == 0 && kept == 1
	}, 30*time.Second, 50*time.Millisecond)
}

func TestX10_CompactionVacuumsDeltas(t *testing.T) {
	t.Parallel()
	book := alone(t)
	compactor := &rollups.Compactor{Store: book}
	size := func() (bytes int64) {
		require.NoError(t, book.QueryRow(t.Context(), "SELECT pg_relation_size('tip_deltas')").Scan(&bytes))
		return bytes
	}
	const rows = 1000
	for range 20 {
		// Back and forth: deltas without end, of one tip.
		_, err := book.Exec(t.Context(), `INSERT INTO tip_deltas (handling_path, handling_path_then, unit_path, unit_path_then, month, subject_area,
			source_roles, channel, concealed_from, received, returned, accepted, closed, urgent, unfounded)
			SELECT handling_path, handling_path_then, unit_path, unit_path_then, '2026-11-01', subject_area, source_roles, channel, concealed_from,
			0, 0, i, 0, 0, 0 FROM tips, (VALUES (1), (-1)) v (i), generate_series(1, $1)`, rows)
		require.NoError(t, err)
		_, err = compactor.Compact(t.Context())
		require.NoError(t, err)
	}
	const perRow = 250 // bytes: a delta takes less
	assert.LessOrEqual(t, size(), int64(3*2*rows*perRow), "the room of three rounds, not of twenty")
	var accepted int64
	require.NoError(t, book.QueryRow(t.Context(), "SELECT sum(accepted - 1) FROM roll_ups").Scan(&accepted))
	assert.Zero(t, accepted)
}

// alone is the network's database with one accepted tip and no suite, whose tick would add up beside the test.
func alone(t *testing.T) *record.Store {
	t.Helper()
	db, err := database.Open(t.Context(), pgtest.URL(t, "empty", nil), "network")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	files, err := fs.Sub(store.Migrations, "migrations")
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), files))
	_, err = db.Exec(t.Context(), `INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then,
		subject_area, urgent, state, receive_time, receipt_hash, body) VALUES ('1', 'a', 'r.s', 'r.s', 'v', 'r.s.t.v', 'r.s.t.v',
		'ethics', true, 'TIP_STATE_ACCEPTED', '2026-10-31T16:00:00Z', 'x', '{}')`)
	require.NoError(t, err)
	return &record.Store{DB: db, Clock: clock.NewManual(suitetest.Start)}
}

// An operator has the counts made anew from the tips.
func TestX10_RebuildCountsAllTips(t *testing.T) {
	t.Parallel()
	db := alone(t)
	_, err := db.Exec(t.Context(), "DELETE FROM tip_deltas; SELECT rebuild_roll_ups()")
	require.NoError(t, err)
	var lines []string
	require.NoError(t, db.QueryRow(t.Context(),
		"SELECT array_agg(concat_ws(' ', unit_id, child_id, to_char(month, 'YYYY-MM'), subject_area, received, "+
			"accepted, urgent) ORDER BY unit_id, child_id) FROM roll_ups").Scan(&lines))
	assert.Equal(t, []string{
		"r  2026-11 ethics 1 1 1", "r s 2026-11 ethics 1 1 1", "s  2026-11 ethics 1 1 1", "s t 2026-11 ethics 1 1 1",
	}, lines)
	require.NoError(t, db.QueryRow(t.Context(),
		"SELECT array_agg(concat_ws(' ', unit_id, to_char(month, 'YYYY-MM'), subject_area, handling_id, unit_path, handling_path, "+
			"concealed_from, received, urgent)) FROM tip_series").Scan(&lines))
	assert.Equal(t, []string{"v 2026-11 ethics s r.s.t.v r.s [] 1 1"}, lines)
}
