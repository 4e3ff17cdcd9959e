package rollups

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// atOnce is how many tips one statement adds.
const atOnce = 500_000

// addTips adds made-up tips straight to the table. Which is which comes from hashes of its number: it is about some unit, handled
// by the unit above in three of four cases and by one further up otherwise, received within the last 24 months. One in a hundred
// is about leaders, the sender of one in four held another role, and from one in ten thousand the root stepped aside, so
// that it must not be told of it.
const addTips = `
WITH made AS (
    SELECT i, hashint8extended(i, 1) & 9223372036854775807 AS a, hashint8extended(i, 2) & 9223372036854775807 AS b,
           hashint8extended(i, 3) & 9223372036854775807 AS c, hashint8extended(i, 4) & 9223372036854775807 AS d
    FROM generate_series($1::bigint, $2::bigint) i
), placed AS (
    SELECT m.*, u.unit_id, u.region, u.path,
           subpath(u.path, 0, greatest(1, nlevel(u.path) - CASE WHEN b % 4 < 3 THEN 1 ELSE 1 + (b / 4 % 3)::int END)) AS handling
    FROM made m JOIN places u ON u.n = m.a % $3::bigint
)
INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then, subject_area,
                  urgent, state, unfounded, receive_time, receipt_hash, body)
SELECT region, to_char(i, 'FM0000000000000000'), handling, handling, unit_id, path, path,
       ($4::text[])[1 + c % cardinality($4::text[])],
       d % 20 = 0,
       'TIP_STATE_' || coalesce((ARRAY['RECEIVED', 'RETURNED', 'ACCEPTED', 'ACCEPTED'])[1 + d / 20 % 10], 'CLOSED'),
       d / 20 % 10 = 9,
       now() - (b / 16 % (730 * 24 * 60)) * interval '1 minute',
       decode(md5(i::text) || md5(i::text || 'x'), 'hex'),
       jsonb_build_object('content', jsonb_build_object('unit', 'units/' || unit_id, 'aboutLeaders', c / 64 % 100 = 0,
                                                        'title', 'made for measuring', 'body', repeat(md5(i::text), 8)),
                          'firstUnit', 'units/' || unit_id,
                          'sourceRoles', CASE WHEN d / 200 % 4 = 0
                                         THEN jsonb_build_array(($6::text[])[1 + d / 800 % cardinality($6::text[])])
                                         ELSE '[]' END,
                          'referrals', CASE WHEN c / 6400 % 10000 = 0
                                       THEN jsonb_build_array(jsonb_build_object('fromUnit', $5::text, 'recused', true))
                                        ELSE '[]' END)
FROM placed`

// fill adds tips until there are enough. Indexes are left out meanwhile and made again, as any load of this size would.
func (b *run) fill(ctx context.Context, tips int) error {
	areas := make([]string, 0, len(b.scheme.GetSubjectAreas()))
	for _, area := range b.scheme.GetSubjectAreas() {
		areas = append(areas, area.GetId())
	}
	roles := make([]string, 0, len(b.scheme.GetOtherRoles()))
	for _, role := range b.scheme.GetOtherRoles() {
		roles = append(roles, role.GetId())
	}
	return b.inNetwork(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM tips").Scan(&b.result.Tips); err != nil {
			return err
		}
		if b.result.Tips >= int64(tips) {
			return nil
		}
		restore, err := withoutIndexes(ctx, tx)
		if err != nil {
			return err
		}
		for _, statement := range []string{
			"CREATE TEMPORARY TABLE places ON COMMIT DROP AS " +
				"SELECT row_number() OVER (ORDER BY unit_id) - 1 AS n, unit_id, region, path " +
				"FROM units WHERE valid_to = '9999-12-31' AND parent_id <> ''",
			"ANALYZE places",
			"ALTER TABLE tips DISABLE TRIGGER note_new_tips",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		for from := b.result.Tips + 1; from <= int64(tips); from += atOnce {
			to := min(from+atOnce-1, int64(tips))
			if _, err := tx.Exec(ctx, addTips, from, to, len(b.places)-1, areas, b.reader(), roles); err != nil {
				return fmt.Errorf("add tips: %w", err)
			}
			b.result.Tips = to
		}
		for _, statement := range append(restore, "ALTER TABLE tips ENABLE TRIGGER note_new_tips") {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// withoutIndexes drops the indexes of tips but its key, and tells how to make them again.
func withoutIndexes(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT format('DROP INDEX %I.%I', schemaname, indexname), indexdef FROM pg_indexes "+
		"WHERE schemaname = 'network' AND tablename = 'tips' AND indexname <> 'tips_pkey'")
	if err != nil {
		return nil, err
	}
	restore := []string{"SET LOCAL maintenance_work_mem = '512MB'"}
	var drop []string
	var one, again string
	if _, err := pgx.ForEachRow(rows, []any{&one, &again}, func() error {
		drop, restore = append(drop, one), append(restore, again)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	return restore, nil
}

// build counts all tips anew.
func (b *run) build(ctx context.Context) (err error) {
	b.result.Build, err = b.took(func() error {
		return b.inNetwork(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL work_mem = '256MB'"); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "SELECT rebuild_roll_ups()")
			return err
		})
	})
	if err != nil {
		return err
	}
	for _, table := range []string{"tips", "roll_ups", "tip_series", "tip_deltas"} {
		if _, err := b.pool.Exec(ctx, "VACUUM ANALYZE network."+table); err != nil {
			return err
		}
	}
	return b.pool.QueryRow(ctx,
		"SELECT count(*), pg_total_relation_size('network.tips'), pg_total_relation_size('network.roll_ups') "+
			"FROM network.roll_ups").Scan(&b.result.Cells, &b.result.TipBytes, &b.result.RollUpBytes)
}
