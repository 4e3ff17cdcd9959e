package treeimport

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/filetext"
)

var (
	header = []string{"unit_id", "parent_id", "name", "kind", "level", "division_code"}
	// further columns may follow: the sort of a unit, an id of the scheme's unit_sorts (H1), and the unit it is below on the
	// system line (C1).
	further = []string{"sort", "system_parent_id"}
)

// Columns of words of which the suite knows all, and what the names of these begin with in the protos.
const (
	kindColumn  = 3
	levelColumn = 4
	kindPrefix  = "UNIT_KIND_"
	levelPrefix = "LEVEL_"
)

// addUnknown notes that a column of a record holds none of the words that are known.
func (f *Faults) addUnknown(at location, column int, record []string, prefix string, names map[int32]string) {
	f.add(at, "%s %q is unknown (column %d); there are %s", header[column], record[column], column+1, known(prefix, names))
}

// known are the words of an enum, in its order.
func known(prefix string, names map[int32]string) string {
	var list []string
	for _, number := range slices.Sorted(maps.Keys(names)) {
		if number != 0 {
			list = append(list, strings.TrimPrefix(names[number], prefix))
		}
	}
	return strings.Join(list, ", ")
}

// readCSV reads the suite's own form.
func readCSV(file string, r io.Reader) ([]Row, Faults, error) {
	var rows []Row
	var faults Faults
	err := forEachRecord(r, file, header, further, &faults, func(at location, record []string) {
		if filetext.IsBlank(record) {
			faults.add(at, "the row is empty")
			return
		}
		row := unit(record)
		row.location = at
		rows = append(rows, row)
		if row.Kind == 0 {
			faults.addUnknown(at, kindColumn, record, kindPrefix, networkv1.UnitKind_name)
		}
		if row.Level == 0 {
			faults.addUnknown(at, levelColumn, record, levelPrefix, typev1.Level_name)
		}
	})
	return rows, faults, err
}

// Kinds reads the kinds of levels, written "township" and "REPORTING_POINT".
func Kinds(requested map[string]string) (map[typev1.Level]networkv1.UnitKind, error) {
	kinds := map[typev1.Level]networkv1.UnitKind{}
	for name, kind := range requested {
		level := typev1.Level(typev1.Level_value[levelPrefix+strings.ToUpper(name)])
		if level == 0 {
			return nil, fmt.Errorf("level %q is unknown; there are %s", name,
				strings.ToLower(known(levelPrefix, typev1.Level_name)))
		}
		if kinds[level] = kindOf(kind); kinds[level] == 0 {
			return nil, fmt.Errorf("kind %q is unknown; there are %s", kind, known(kindPrefix, networkv1.UnitKind_name))
		}
	}
	return kinds, nil
}

func kindOf(name string) networkv1.UnitKind {
	return networkv1.UnitKind(networkv1.UnitKind_value[kindPrefix+name])
}

// unit is the row of a record; an unknown kind or level is 0.
func unit(record []string) Row {
	row := Row{ID: record[0], Parent: record[1], Title: record[2], Code: record[5]}
	row.Kind = kindOf(record[kindColumn])
	row.Level = typev1.Level(typev1.Level_value[levelPrefix+record[levelColumn]])
	if len(record) > len(header) {
		row.Sort = record[len(header)]
	}
	if len(record) > len(header)+1 {
		row.SystemParent = record[len(header)+1]
	}
	return row
}

// widthOf is how many columns of a CSV are read: these, and further ones where it has those as well, each in their order. Where
// there may be further ones, another is refused; the tables of others have more than are read.
func widthOf(first, columns, further []string) (int, error) {
	for i, name := range columns {
		if i >= len(first) || first[i] != name {
			return 0, fmt.Errorf("column %d is not %q", i+1, name)
		}
	}
	width := len(columns)
	for _, name := range further {
		if width == len(first) || first[width] != name {
			break
		}
		width++
	}
	if further != nil && width < len(first) {
		known := strings.Join(slices.Concat(columns, further), ", ")
		return 0, fmt.Errorf("column %d, %q, is unknown or out of its place; the columns are %s", width+1, first[width], known)
	}
	return width, nil
}

// forEachRecord calls fn with each record of a CSV, cut to the columns that are read. A line that is no record is a fault.
func forEachRecord(r io.Reader, file string, columns, further []string, faults *Faults, fn func(location, []string)) error {
	records, err := filetext.NewReader(r)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	first, err := records.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	if err != nil {
		return err
	}
	width, err := widthOf(first, columns, further)
	if err != nil {
		return err
	}
	for {
		record, err := records.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			faults.add(location{file, bad.StartLine}, "%s", bad.Err)
		case err != nil:
			return err
		default:
			line, _ := records.FieldPos(0)
			fn(location{file, line}, record[:width])
		}
	}
}
