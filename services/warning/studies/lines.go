package studies

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// lines are units and all above them on either line, by the identifier of the unit, all as identifiers. They are looked up
// before a transaction begins.
type lines map[string][]string

// lines looks up the units that paths lead to; what today's tree lacks is left out.
func (s *Server) lines(ctx context.Context, paths ...string) (lines, error) {
	type result struct {
		line []string
		err  error
	}
	found := lines{}
	for i, r := range parallel.Map(len(paths), func(i int) (r result) {
		if paths[i] == "" {
			return r
		}
		unit, err := s.directory.Unit(ctx, resource.Name(resource.Units, access.LastPathID(paths[i])))
		if err != nil {
			return result{err: err}
		}
		r.line, r.err = access.Line(ctx, s.directory, unit)
		return r
	}) {
		if r.err != nil && !fault.IsNotFound(r.err) {
			return nil, r.err
		}
		found[access.LastPathID(paths[i])] = r.line
	}
	return found, nil
}

// hasUnitConflict tells whether an expert belongs, by the path of their unit today or by its line, to a unit that is studied.
func (l lines) hasUnitConflict(subjects []string, ended, path string) bool {
	return isAnySubject(subjects, ended, strings.Split(path, ".")) || isAnySubject(subjects, ended, l[access.LastPathID(path)])
}

// isAnySubject tells whether one of some units, given as identifiers, is studied, or acts for one that is and has ended.
func isAnySubject(subjects []string, ended string, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool {
		return id != "" && isSubject(subjects, ended, resource.Name(resource.Units, id))
	})
}
