package intake

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network"
)

// tables are what one tip leaves a row in, the tip itself first. What its triggers write, they write for either side.
var tables = []string{"tips", "tip_sources", "journal", "stored_responses"}

// insertion is one row of a stored tip: the statement and its values.
type insertion struct {
	sql    string
	values []any
	fresh  []int // which values are random bytes, unique for each tip
}

// example is what one tip stored: its key, and a row in each table.
type example struct {
	key  string
	rows []insertion
}

// plain is an ordinary program on pgx: a connection a client, and the rows of the suite's own tips, under new keys,
// inserted into tables with the same indexes.
type plain struct {
	pool     *pgxpool.Pool
	examples []example
}

// newPlain makes the suite's tables in a database, empty.
func newPlain(ctx context.Context, url string, clients int, examples []example) (*plain, error) {
	db, err := database.Open(ctx, url, network.Name)
	if err != nil {
		return nil, err
	}
	err = db.Migrate(ctx, network.Spec().Migrations)
	db.Close()
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(clients)
	cfg.ConnConfig.RuntimeParams["search_path"] = network.Name + ",public"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return &plain{pool: pool, examples: examples}, err
}

// rows are the rows of a new tip.
func (p *plain) rows() []insertion {
	from := p.examples[mathrand.IntN(len(p.examples))] //nolint:gosec // any will do
	key := resource.NewKey()
	made := make([]insertion, len(from.rows))
	for i, row := range from.rows {
		made[i] = insertion{sql: row.sql, values: slices.Clone(row.values)}
		for n, value := range row.values {
			if text, ok := value.(string); ok {
				made[i].values[n] = strings.ReplaceAll(text, from.key, key)
			}
		}
		for _, n := range row.fresh {
			old, _ := row.values[n].([]byte)
			bytes := make([]byte, len(old))
			_, _ = rand.Read(bytes) // never fails: it ends the program instead
			made[i].values[n] = bytes
		}
	}
	return made
}

// transaction is the ordinary way: begin, a statement a row, commit.
func (p *plain) transaction(ctx context.Context, _ int) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		for _, row := range p.rows() {
			if _, err := tx.Exec(ctx, row.sql, row.values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// batch sends all statements of a transaction in one round trip.
func (p *plain) batch(ctx context.Context, _ int) error {
	var batch pgx.Batch
	for _, row := range p.rows() {
		batch.Queue(row.sql, row.values...)
	}
	return p.pool.SendBatch(ctx, &batch).Close()
}

// single stores the tip alone, without source, journal entry and answer.
func (p *plain) single(ctx context.Context, _ int) error {
	row := p.rows()[0]
	_, err := p.pool.Exec(ctx, row.sql, row.values...)
	return err
}

// readExamples reads what the suite stored of its first tips.
func readExamples(ctx context.Context, pool *pgxpool.Pool) ([]example, error) {
	rows, err := pool.Query(ctx, "SELECT tip_key FROM network.tips ORDER BY tip_key")
	if err != nil {
		return nil, err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	examples := make([]example, len(keys))
	for i, key := range keys {
		examples[i].key = key
	}
	for _, table := range tables {
		sql, stored, fresh, err := readTable(ctx, pool, table)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		if len(stored) < len(examples) {
			return nil, fmt.Errorf("%s: %d rows of %d tips", table, len(stored), len(examples))
		}
		for i := range examples {
			// Which row belongs to which tip does not matter: they are alike, and the keys become new anyway. But a row
			// that names its own tip must get the new name.
			at := slices.IndexFunc(stored, func(values []any) bool { return names(values, examples[i].key) })
			examples[i].rows = append(examples[i].rows, insertion{sql, stored[max(at, 0)], fresh})
		}
	}
	return examples, nil
}

func names(values []any, key string) bool {
	return slices.ContainsFunc(values, func(value any) bool {
		text, ok := value.(string)
		return ok && strings.Contains(text, key)
	})
}

// readTable makes the statement that inserts into a table what has no default, and reads the values of its rows.
func readTable(ctx context.Context, pool *pgxpool.Pool, table string) (sql string, stored [][]any, fresh []int, err error) {
	rows, err := pool.Query(ctx, `SELECT column_name, data_type = 'bytea' FROM information_schema.columns
		WHERE table_schema = 'network' AND table_name = $1 AND column_default IS NULL
		  AND is_identity = 'NO' AND is_generated = 'NEVER'
		ORDER BY ordinal_position`, table)
	if err != nil {
		return "", nil, nil, err
	}
	type column struct {
		Name  string
		Bytes bool
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		return "", nil, nil, err
	}
	var listed, read, holes []string
	for i, c := range columns {
		listed, holes = append(listed, c.Name), append(holes, fmt.Sprintf("$%d", i+1))
		if c.Bytes {
			read = append(read, c.Name)
			if c.Name != "sealed" {
				fresh = append(fresh, i)
			}
			continue
		}
		read = append(read, c.Name+"::text")
	}
	sql = fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(listed, ", "), strings.Join(holes, ", "))
	rows, err = pool.Query(ctx, fmt.Sprintf("SELECT %s FROM network.%s", strings.Join(read, ", "), table))
	if err != nil {
		return "", nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return "", nil, nil, err
		}
		stored = append(stored, values)
	}
	return sql, stored, fresh, rows.Err()
}
