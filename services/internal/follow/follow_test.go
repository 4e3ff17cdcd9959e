package follow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is a service with one kind of record, and moves for it to follow.
type bench struct {
	*record.Store

	t     *testing.T
	clock *clock.Manual
	moves []*networkv1.Move
	asked int64 // after which move the feed was last asked

	followers follow.Followers
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{Store: recordtest.Store(t), t: t}
	b.clock = clock.NewManual(b.Clock.Now())
	b.Clock = b.clock
	b.exec(
		"CREATE TABLE letters (id text PRIMARY KEY, unit_path ltree, office_path ltree NOT NULL, unit_path_then ltree NOT NULL)",
	)
	return b
}

func (b *bench) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *bench) letter(id, path string) {
	b.t.Helper()
	b.exec("INSERT INTO letters VALUES ($1, $2, 'r', $2)", id, path)
}

func (b *bench) move(from, to string) {
	b.moves = append(b.moves, &networkv1.Move{
		Sequence: int64(len(b.moves) + 1), FromPath: from, ToPath: to, ApplyTime: timestamppb.New(b.clock.Now()),
	})
}

// follow runs the job once.
func (b *bench) follow() {
	b.t.Helper()
	feed := func(_ context.Context, after int64) ([]*networkv1.Move, error) {
		b.asked = after
		return b.moves[after:], nil
	}
	require.NoError(b.t, follow.Job(b.Store, feed, &b.followers).Run(b.t.Context()))
}

// paths are where the letters are, and the number of journal entries.
func (b *bench) paths() map[string]string {
	b.t.Helper()
	rows, err := b.Query(b.t.Context(),
		"SELECT id, coalesce(unit_path::text, '') || ' ' || office_path::text || ' ' || unit_path_then::text FROM letters")
	require.NoError(b.t, err)
	found := map[string]string{}
	var id, path string
	_, err = pgx.ForEachRow(rows, []any{&id, &path}, func() error { found[id] = path; return nil })
	require.NoError(b.t, err)
	return found
}

func TestRecordsFollowMoveByMove(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.letter("of the child", "r.a.c.x")
	b.letter("of the rest", "r.a.d")
	b.letter("of the unit", "r.a")
	b.letter("of another", "r.ab.c")
	b.move("r.a.c", "r.s.c")
	b.move("r.a", "r.s.a")
	b.move("r.s", "r.t.s")
	want := map[string]string{
		"of the child": "r.t.s.c.x r r.a.c.x", "of the rest": "r.t.s.a.d r r.a.d", "of the unit": "r.t.s.a r r.a",
		"of another": "r.ab.c r r.ab.c",
	}
	for range 2 { // once more changes nothing
		b.follow()
		assert.Equal(t, want, b.paths())
	}
	var entries int
	require.NoError(t, b.QueryRow(t.Context(), "SELECT count(*) FROM journal WHERE event LIKE '%.follow_moves'").Scan(&entries))
	assert.Equal(t, 1, entries, "what changed nothing is not written down")
}

func TestRecordStoredUnderAnOldPathIsMovedLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.move("r.a", "r.b.a")
	b.move("r.b.a", "r.a") // there and back: the last word counts
	b.move("r.c", "r.a.c")
	b.follow()
	b.letter("late", "r.c.x")
	b.letter("right", "r.a.y")
	b.letter("half way", "r.b.a.z")
	b.follow()
	assert.Equal(t, map[string]string{"late": "r.a.c.x r r.c.x", "right": "r.a.y r r.a.y", "half way": "r.a.z r r.b.a.z"},
		b.paths())
	assert.Zero(t, b.asked, "all moves are fresh")

	b.clock.Advance(time.Hour)
	b.move("r.a", "r.d.a")
	b.follow()
	b.follow()
	assert.EqualValues(t, 3, b.asked, "what is long past is not applied again")
	assert.Equal(t, "r.d.a.y r r.a.y", b.paths()["right"])
}

func TestWhoActsForAnEndedUnitIsKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.letter("of a", "r.a")
	b.moves = []*networkv1.Move{
		{Sequence: 1, FromPath: "r.a", ToPath: "r.s.a", EffectiveOn: "2026-11-01", Ended: true},
		{Sequence: 2, FromPath: "r.s", ToPath: "r.t.s", EffectiveOn: "2026-11-10", Ended: true},
	}
	b.follow()
	b.follow()
	acting := func(day string) (path, counted string) {
		require.NoError(t, b.QueryRow(t.Context(), `SELECT acting_path(unit_path, $1)::text,
			(SELECT string_agg(f.unit_id || '>' || f.acting_id, ' ' ORDER BY f.unit_id) FROM acted_for('{s,t}', $1) f)
			FROM letters`, day).Scan(&path, &counted))
		return path, counted
	}
	for day, want := range map[string][2]string{
		"2026-10-31": {"r.t.s.a", "s>s t>t"},
		"2026-11-01": {"r.t.s", "a>s s>s t>t"},
		"2026-11-10": {"r.t", "a>t s>s s>t t>t"},
	} {
		path, counted := acting(day)
		assert.Equal(t, want, [2]string{path, counted}, day)
	}
}

// TestWhoActsIsWhatEachPathSays compares the two ways to find who acts for ended units: down from those who act, and up each path.
func TestWhoActsIsWhatEachPathSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rapid.Check(t, func(rt *rapid.T) {
		b.exec("TRUNCATE ended_units")
		paths := []string{"u0"}
		for i := range rapid.IntRange(1, 12).Draw(rt, "units") {
			path := rapid.SampledFrom(paths).Draw(rt, "above") + fmt.Sprintf(".u%d", i+1)
			paths = append(paths, path)
			if day := rapid.IntRange(0, 4).Draw(rt, "ended on"); day > 0 {
				b.exec("INSERT INTO ended_units (unit_id, ended_on, path) VALUES (subpath($1::ltree, -1)::text, $2, $1::ltree)",
					path, fmt.Sprintf("2026-11-0%d", day))
			}
		}
		asked := rapid.SliceOfNDistinct(rapid.IntRange(0, len(paths)-1), 1, 3, rapid.ID).Draw(rt, "asked")
		ids := make([]string, len(asked))
		for i, n := range asked {
			ids[i] = fmt.Sprintf("u%d", n)
		}
		day, target := fmt.Sprintf("2026-11-0%d", rapid.IntRange(1, 5).Draw(rt, "day")), paths[asked[0]]
		var differ int
		require.NoError(rt, b.QueryRow(t.Context(), `WITH down AS (SELECT unit_id, acting_id FROM acted_for($1, $2)),
			up AS (SELECT u, u FROM unnest($1::text[]) u UNION SELECT e.unit_id, subpath(acting_path(e.path, $2), -1)::text
				FROM ended_units e WHERE e.ended_on <= $2 AND subpath(acting_path(e.path, $2), -1)::text = ANY ($1))
			SELECT count(*) FROM (TABLE down EXCEPT TABLE up UNION ALL (TABLE up EXCEPT TABLE down)) d`, ids, day).Scan(&differ))
		assert.Zero(rt, differ, "who acts for whom")
		require.NoError(rt, b.QueryRow(t.Context(), `WITH down AS (SELECT DISTINCT unnest(acted_above($1)) AS path),
			up AS (SELECT subpath($1::ltree, 0, n) FROM generate_series(1, nlevel($1)) AS n
				UNION SELECT e.path FROM ended_units e WHERE acting_path(e.path) @> $1)
			SELECT count(*) FROM (TABLE down EXCEPT TABLE up UNION ALL (TABLE up EXCEPT TABLE down)) d`, target).Scan(&differ))
		assert.Zero(rt, differ, "whose records are above")
	})
}
