package access

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// SystemLine is what lies below a unit on the system line (条), as ids: each of these units, and its whole subtree.
type SystemLine map[string]bool

// SystemLineOf is what lies below a unit on the system line today.
func SystemLineOf(ctx context.Context, d Directory, unit string) (SystemLine, error) {
	below, err := d.SystemBelow(ctx, unit)
	return NewSystemLine(below), err
}

// NewSystemLine is the line of these units.
func NewSystemLine(units []*networkv1.Unit) SystemLine {
	line := make(SystemLine, len(units))
	for _, u := range units {
		line[resource.ID(u.GetName())] = true
	}
	return line
}

// Has tells whether a unit of this path lies on the line.
func (l SystemLine) Has(path string) bool {
	if len(l) == 0 {
		return false
	}
	for id := range strings.SplitSeq(path, ".") {
		if l[id] {
			return true
		}
	}
	return false
}

// Above is a unit and what lies below it on the two lines.
type Above struct {
	Unit   *networkv1.Unit
	System SystemLine
}

// Covers tells whether another unit is this one or lies below it on one of the lines; on the territory line where none is named.
// A unit to be created is on the line of its system parent.
func (a Above) Covers(unit *networkv1.Unit, lines []networkv1.UnitLine) bool {
	territory := len(lines) == 0 || slices.Contains(lines, networkv1.UnitLine_UNIT_LINE_TERRITORY)
	if territory && slices.Contains(PathIDs(unit), resource.ID(a.Unit.GetName())) {
		return true
	}
	return slices.Contains(lines, networkv1.UnitLine_UNIT_LINE_SYSTEM) && (unit.GetSystemParent() == a.Unit.GetName() ||
		a.System[resource.ID(unit.GetSystemParent())] || a.System.Has(Path(unit)))
}

// Fits tells whether a unit is of the levels and kinds that a rule names; all kinds where none is named.
func Fits(levels []typev1.Level, kinds []networkv1.UnitKind, unit *networkv1.Unit) bool {
	return slices.Contains(levels, unit.GetLevel()) && (len(kinds) == 0 || slices.Contains(kinds, unit.GetKind()))
}

// Meant says which units something of a scheme is for: those of some levels, kinds and sorts; of all where it names none.
type Meant interface {
	GetLevels() []typev1.Level
	GetUnitKinds() []networkv1.UnitKind
	GetUnitSorts() []string
}

// IsFor tells whether something of a scheme is for a unit.
func IsFor(meant Meant, unit *networkv1.Unit) bool {
	return among(meant.GetLevels(), unit.GetLevel()) && among(meant.GetUnitKinds(), unit.GetKind()) &&
		among(meant.GetUnitSorts(), unit.GetSort())
}

func among[V comparable](values []V, value V) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// Subtrees are the paths of a unit and of all that lies below it on the system line.
func Subtrees(ctx context.Context, d Directory, unit *networkv1.Unit) ([]string, error) {
	below, err := d.SystemBelow(ctx, unit.GetName())
	paths := make([]string, 0, 1+len(below))
	paths = append(paths, Path(unit))
	for _, u := range below {
		paths = append(paths, Path(u))
	}
	return paths, err
}

// Listed are the subtrees of what a call lists: that of its unit, and those Along the system line. None lies within another.
func Listed(ctx context.Context, d Directory, along bool) ([]string, error) {
	paths, err := Along(ctx, d, along)
	return Disjoint(paths), err
}

// Along are the path of the unit that a call names and, where asked for, those of what lies below it on the system line, as far
// as the caller's role reaches.
func Along(ctx context.Context, d Directory, along bool) ([]string, error) {
	target := Target(ctx)
	if !along {
		return []string{Path(target)}, nil
	}
	paths, err := Subtrees(ctx, d, target)
	return slices.DeleteFunc(paths, func(path string) bool { return path != Path(target) && !Reaches(ctx, path) }), err
}

// Disjoint are paths, each once, without those that lie within others.
func Disjoint(paths []string) []string {
	given := make(map[string]bool, len(paths))
	for _, path := range paths {
		given[path] = true
	}
	maps.DeleteFunc(given, func(path string, _ bool) bool {
		for i := range path {
			if path[i] == '.' && given[path[:i]] {
				return true
			}
		}
		return false
	})
	return slices.Sorted(maps.Keys(given))
}

// WhoMay are the units above another on either line, and of some more, that may do something with it; Nobody where the scheme
// lets none. Find is how a unit is found by its name, those that are to come included. A unit without a scheme is passed over.
func WhoMay(
	ctx context.Context, find func(context.Context, string) (*networkv1.Unit, error), unit *networkv1.Unit, more []string,
	may func(context.Context, *networkv1.Unit) (bool, error),
) (words.Title, error) {
	above, err := AboveOnAnyLine(ctx, find, unit)
	if err != nil {
		return words.Title{}, err
	}
	var titles []words.Title
	for _, name := range append(above, more...) {
		other, err := find(ctx, name)
		allowed := false
		if err == nil {
			allowed, err = may(ctx, other)
		}
		if err != nil && !fault.IsNotFound(err) {
			return words.Title{}, err
		}
		if allowed {
			titles = append(titles, words.Titled(other))
		}
	}
	return OrNobody(titles), nil
}

// SystemAbove are the units above one on the system line alone, the nearest first, that have a role that reaches along it: who
// has none would hear of what it can't read.
func SystemAbove(ctx context.Context, d Directory, unit *networkv1.Unit) ([]*networkv1.Unit, error) {
	names, err := AboveOnAnyLine(ctx, d.Unit, unit)
	if err != nil {
		return nil, err
	}
	var above []*networkv1.Unit
	for _, name := range names[len(unit.GetAncestors()):] {
		reaches, err := HasSystemRole(ctx, d, name)
		if err != nil {
			return nil, err
		}
		if !reaches {
			continue
		}
		higher, err := d.Unit(ctx, name)
		if err != nil {
			return nil, err
		}
		above = append(above, higher)
	}
	return above, nil
}

// HasSystemRole tells whether a unit has a role that reaches along the system line.
func HasSystemRole(ctx context.Context, d Directory, name string) (bool, error) {
	scheme, err := d.Scheme(ctx, name)
	if fault.IsNotFound(err) {
		return false, nil
	}
	return slices.ContainsFunc(scheme.GetRoles(), (*networkv1.Role).GetAlongSystemLine), err
}

// Line is a unit and all above it on either line, by their identifiers.
func Line(ctx context.Context, d Directory, unit *networkv1.Unit) ([]string, error) {
	above, err := AboveOnAnyLine(ctx, d.Unit, unit)
	ids := make([]string, 0, len(above)+1)
	ids = append(ids, resource.ID(unit.GetName()))
	for _, name := range above {
		ids = append(ids, resource.ID(name))
	}
	return ids, err
}

// AboveOnAnyLine names the units above a unit on either line: its ancestors, the root first, and then what the unit itself and
// these are below on the system line, the nearest first. Find is how a unit is found by name; above one that it does not find,
// which may have just ended or be to come, the line is not followed.
func AboveOnAnyLine(
	ctx context.Context, find func(context.Context, string) (*networkv1.Unit, error), unit *networkv1.Unit,
) ([]string, error) {
	above := slices.Clone(unit.GetAncestors())
	for _, name := range slices.Backward(append(slices.Clone(unit.GetAncestors()), unit.GetName())) {
		u, err := unit, error(nil)
		if name != unit.GetName() { // which may be new
			u, err = find(ctx, name)
		}
		for ; err == nil && u.GetSystemParent() != ""; u, err = find(ctx, u.GetSystemParent()) {
			if slices.Contains(above, u.GetSystemParent()) || u.GetSystemParent() == unit.GetName() {
				break // a circle over both lines ends where it began
			}
			above = append(above, u.GetSystemParent())
		}
		if err != nil && !fault.IsNotFound(err) {
			return nil, err
		}
	}
	return above, nil
}
