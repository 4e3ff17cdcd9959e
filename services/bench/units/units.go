// Package units measures the import of a tree of units beside a raw COPY of the same rows into an equally indexed table (X10).
package units

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/division"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

// Result is what the two took.
type Result struct {
	// Rows is how many units there were.
	Rows int
	// Import is the time from the first request to the last answer, through the public API.
	Import time.Duration
	// Copy is the time of one COPY of the same rows, in the same order, into a table with the same columns and indexes.
	Copy time.Duration
	// ImportCPU and CopyCPU are what the two took of the processors.
	ImportCPU, CopyCPU bench.CPU
}

// Meter runs a job and tells what it took of the processors.
type Meter func(job func() error) (bench.CPU, error)

// Ratio is how many times as long as the COPY the import takes.
func (r Result) Ratio() float64 { return r.Import.Seconds() / r.Copy.Seconds() }

// Import plants rows through conn, which acts as an administrator of an instance without these units, and then copies what
// stands in the instance's schema into a table beside it, which it removes. pool reaches the instance's database.
func Import(
	ctx context.Context, conn grpc.ClientConnInterface, pool *pgxpool.Pool, rows []treeimport.Row, meter Meter,
) (result Result, err error) {
	result.Rows = len(rows)
	result.Import, result.ImportCPU, err = timed(meter, func() error {
		_, err := treeimport.Create(ctx, conn, rows, "2023-06-30", nil)
		return err
	})
	if err == nil {
		result.Copy, result.CopyCPU, err = rawCopy(ctx, pool, rows, meter)
	}
	return result, err
}

func timed(meter Meter, job func() error) (took time.Duration, cpu bench.CPU, err error) {
	cpu, err = meter(func() error {
		began := time.Now() //nolint:forbidigo // what a run takes is real time
		err := job()
		took = time.Since(began) //nolint:forbidigo // as above
		return err
	})
	return took, cpu, err
}

// rawCopy copies the rows of the units in the order in which they were given.
func rawCopy(
	ctx context.Context, pool *pgxpool.Pool, rows []treeimport.Row, meter Meter,
) (took time.Duration, cpu bench.CPU, err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return 0, bench.CPU{}, err
	}
	defer conn.Release()
	const names = `SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'network.units'::regclass AND attnum > 0 AND NOT attisdropped`
	var columns []string
	if err := conn.QueryRow(ctx, names).Scan(&columns); err != nil {
		return 0, bench.CPU{}, err
	}
	values, err := stored(ctx, conn.Conn(), rows)
	if err != nil {
		return 0, bench.CPU{}, err
	}
	if err := register(ctx, conn.Conn()); err != nil {
		return 0, bench.CPU{}, err
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE network.units_copied (LIKE network.units INCLUDING ALL)`); err != nil {
		return 0, bench.CPU{}, err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `DROP TABLE network.units_copied`) }()
	return timed(meter, func() error {
		n, err := conn.CopyFrom(ctx, pgx.Identifier{"network", "units_copied"}, columns, pgx.CopyFromRows(values))
		if err == nil && int(n) != len(rows) {
			err = fmt.Errorf("%d of %d rows were copied", n, len(rows))
		}
		return err
	})
}

// stored reads the rows as the instance keeps them.
func stored(ctx context.Context, conn *pgx.Conn, rows []treeimport.Row) ([][]any, error) {
	order := make(map[string]int, len(rows))
	for i, row := range rows {
		order[row.ID] = i
	}
	found, err := conn.Query(ctx, `SELECT unit_id, u.* FROM network.units u`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	values := make([][]any, len(rows))
	for found.Next() {
		row, err := found.Values()
		if err != nil {
			return nil, err
		}
		if id, ok := row[0].(string); ok {
			if i, ours := order[id]; ours {
				values[i] = row[1:]
			}
		}
	}
	return values, found.Err()
}

// register makes COPY, whose form is binary, know the type of paths.
func register(ctx context.Context, conn *pgx.Conn) error {
	var oid uint32
	if err := conn.QueryRow(ctx, `SELECT 'ltree'::regtype::oid`).Scan(&oid); err != nil {
		return err
	}
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "ltree", OID: oid, Codec: pgtype.LtreeCodec{}})
	return nil
}

// Generate makes a tree like that of the country: 34 provinces of 18 cities, of ten counties, of twelve townships, of fifteen
// villages each, below one root; n units of it.
func Generate(n int) []treeimport.Row {
	fan := []struct {
		children int
		level    typev1.Level
		digits   string
		title    string
		kind     networkv1.UnitKind
	}{
		{len(division.Provinces), typev1.Level_LEVEL_PROVINCE, "%02d0000", "省", networkv1.UnitKind_UNIT_KIND_CENTER},
		{18, typev1.Level_LEVEL_CITY, "%02d00", "市", networkv1.UnitKind_UNIT_KIND_CENTER},
		{10, typev1.Level_LEVEL_COUNTY, "%02d", "县", networkv1.UnitKind_UNIT_KIND_REPORTING_POINT},
		{12, typev1.Level_LEVEL_TOWNSHIP, "%03d", "乡", networkv1.UnitKind_UNIT_KIND_REPORTING_POINT},
		{15, typev1.Level_LEVEL_VILLAGE, "%03d", "村民委员会", networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT},
	}
	above := []treeimport.Row{
		{ID: "country", Title: "全国", Kind: networkv1.UnitKind_UNIT_KIND_CENTER, Level: typev1.Level_LEVEL_PROVINCE},
	}
	rows := slices.Clone(above)
	for depth, f := range fan {
		var layer []treeimport.Row
		for _, parent := range above {
			stem := parent.Code
			if depth > 0 && depth < 3 {
				stem = stem[:2*depth]
			}
			for i := range f.children {
				code := stem + fmt.Sprintf(f.digits, i+11)
				if depth == 0 {
					code = division.Provinces[i] + "0000"
				}
				layer = append(layer, treeimport.Row{
					ID: code, Parent: parent.ID, Code: code, Title: name(len(rows)+len(layer)) + f.title, Kind: f.kind,
					Level: f.level,
				})
			}
		}
		rows, above = append(rows, layer...), layer
	}
	return rows[:min(n, len(rows))]
}

// name is a name of two characters, different for neighbours.
func name(i int) string {
	const first, many = 0x4e00, 20000 // the common Chinese characters
	return string([]rune{rune(first + i*7919%many), rune(first + i*104729%many)})
}
