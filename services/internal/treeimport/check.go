package treeimport

import (
	"strings"
	"unicode/utf8"

	"github.com/qingfeng-suite/qingfeng/services/internal/division"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

const (
	// maxDepth is how many units may stand one below another, as network says.
	maxDepth = 16
	maxTitle = 100
	maxID    = 63
)

// checker goes through a tree with what it has seen of it.
type checker struct {
	rows   []Row
	byID   map[string]int
	faults Faults
}

// check finds what is wrong with rows that they alone show.
func check(rows []Row) Faults {
	c := &checker{rows: rows, byID: make(map[string]int, len(rows))}
	codes, titles, root := make(map[string]bool, len(rows)), make(map[[2]string]string, len(rows)), false
	for i, row := range rows {
		c.checkOwn(i, row)
		if row.Code != "" && codes[row.Code] {
			c.faults.add(row.location, "division code %s stands twice", row.Code)
		}
		codes[row.Code] = true
		titled := [2]string{row.Parent, normalform.Of(row.Title)}
		if other := titles[titled]; titled[1] != "" && other != "" && other != row.ID {
			c.faults.add(row.location, "%s has the name of %s, and the same parent", row.ID, other)
		}
		titles[titled] = row.ID
		if row.Parent == "" && root {
			c.faults.add(row.location, "%s is a second unit without a parent", row.ID)
		}
		root = root || row.Parent == ""
	}
	for i, level := range depths(rows, c.byID) {
		c.checkParent(rows[i], level)
	}
	return c.faults
}

// checkOwn checks what a row says of itself.
func (c *checker) checkOwn(i int, row Row) {
	if !slug(row.ID) {
		c.faults.add(row.location, "unit_id %q is not 1 to %d lower-case letters, digits or underscores", row.ID, maxID)
	}
	if _, taken := c.byID[row.ID]; taken {
		c.faults.add(row.location, "unit_id %s stands twice", row.ID)
	} else {
		c.byID[row.ID] = i
	}
	if row.Sort != "" && !slug(row.Sort) {
		c.faults.add(row.location, "sort %q is not 1 to %d lower-case letters, digits or underscores", row.Sort, maxID)
	}
	if length := utf8.RuneCountInString(row.Title); strings.TrimSpace(row.Title) == "" || length > maxTitle {
		c.faults.add(row.location, "the name must have 1 to %d characters", maxTitle)
	}
	if !prose.IsOneLine(strings.TrimSpace(row.Title)) {
		c.faults.add(row.location, "the name must be one line without tabs")
	}
	if row.Code != "" && (!division.IsCode(row.Code) || row.Level != 0 && len(row.Code) != division.CodeLength(row.Level)) {
		c.faults.add(row.location, "%q is not a division code of its level", row.Code)
	}
}

// checkParent checks a row against its parent. Depth 0 means that the row is in a cycle or below one.
func (c *checker) checkParent(row Row, depth int) {
	if depth == 0 {
		c.faults.add(row.location, "%s is below itself", row.ID)
	}
	if depth > maxDepth {
		c.faults.add(row.location, "%s is more than %d levels deep", row.ID, maxDepth)
	}
	if row.SystemParent == row.ID {
		c.faults.add(row.location, "%s is below itself on the system line", row.ID)
	}
	above, ok := c.byID[row.Parent]
	if !ok || row.Parent == "" {
		return
	}
	parent := c.rows[above]
	if row.Level != 0 && row.Level < parent.Level {
		c.faults.add(row.location, "%s is of a higher level than its parent %s", row.ID, row.Parent)
	}
	if row.Code != "" && !strings.HasPrefix(row.Code, division.Prefix(parent.Code)) {
		c.faults.add(row.location, "division code %s is not below its parent's, %s", row.Code, parent.Code)
	}
}

// layers returns in which round each row is created, from 1: after what is above it on either line; 0 for rows in a circle of the
// territory line. Rows in a circle over both lines come in the last round, where the instance refuses them.
func layers(rows []Row, byID map[string]int) []int {
	layer := depths(rows, byID)
	for changed, round := true, 0; changed && round < 2*maxDepth; round++ {
		changed = false
		for i, row := range rows {
			for _, above := range []string{row.Parent, row.SystemParent} {
				if at, inside := byID[above]; inside && layer[i] > 0 && layer[at] >= layer[i] && at != i {
					layer[i], changed = layer[at]+1, true
				}
			}
		}
	}
	return layer
}

// depths returns the depth of each row, from 1; 0 for rows in a cycle or below one.
func depths(rows []Row, byID map[string]int) []int {
	const unknown = -1
	depth := make([]int, len(rows))
	for i := range depth {
		depth[i] = unknown
	}
	above := func(i int) (int, bool) {
		at, inside := byID[rows[i].Parent]
		return at, inside
	}
	for i := range rows {
		var chain []int // of rows not known yet, upwards
		at, inside := i, true
		for inside && depth[at] == unknown {
			depth[at] = 0 // met again before it is known: a circle
			chain = append(chain, at)
			at, inside = above(at)
		}
		if inside && depth[at] == 0 {
			continue
		}
		base := 0
		if inside {
			base = depth[at]
		}
		for n, row := range chain {
			depth[row] = base + len(chain) - n
		}
	}
	return depth
}

// slug tells whether a text may be an id.
func slug(id string) bool {
	if id == "" || len(id) > maxID || id[0] == '_' {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return true
}
