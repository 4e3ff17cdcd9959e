// Package profile reads the mechanism of a body from files: its schemes as YAML, one a service, and its tree as CSV.
package profile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

var header = []string{"unit_id", "parent_id", "name", "kind", "level", "division_code"}

// Units reads a tree from a CSV file with the columns unit_id, parent_id, name, kind, level and division_code, parents
// before children. A row that can't be read is named by its line.
func Units(file, effectiveFrom string) ([]*networkv1.CreateUnitRequest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()                                                  // only read from
	rows := csv.NewReader(transform.NewReader(f, unicode.BOMOverride(transform.Nop))) // Excel begins a file with a mark
	rows.FieldsPerRecord = len(header)
	first, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, name := range header {
		if first[i] != name {
			return nil, fmt.Errorf("%s: column %d is %q, not %q", file, i+1, first[i], name)
		}
	}
	var units []*networkv1.CreateUnitRequest
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return units, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		u, err := unit(row, effectiveFrom)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("%s: line %d: %w", file, line, err)
		}
		units = append(units, u)
	}
}

func unit(row []string, effectiveFrom string) (*networkv1.CreateUnitRequest, error) {
	kind, ok := networkv1.UnitKind_value["UNIT_KIND_"+row[3]]
	if !ok || kind == 0 {
		return nil, fmt.Errorf("kind %q is unknown", row[3])
	}
	level, ok := typev1.Level_value["LEVEL_"+row[4]]
	if !ok || level == 0 {
		return nil, fmt.Errorf("level %q is unknown", row[4])
	}
	parent := ""
	if row[1] != "" {
		parent = "units/" + row[1]
	}
	return &networkv1.CreateUnitRequest{UnitId: row[0], Unit: &networkv1.Unit{
		Title: row[2], Kind: networkv1.UnitKind(kind), Level: typev1.Level(level), DivisionCode: row[5],
		Parent: parent, EffectiveFrom: effectiveFrom,
	}}, nil
}
