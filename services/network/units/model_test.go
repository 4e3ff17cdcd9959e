package units_test

import (
	"maps"
	"slices"
	"strings"
)

// model is the tree as somebody would keep it on paper: a sheet for each day.
type model struct {
	sheets     []map[string]leaf // by day; what the last holds, holds for ever
	successors map[string]successor
}

// leaf is what a sheet says of a unit.
type leaf struct{ parent, title string }

// successor has the records of a unit that ended.
type successor struct {
	unit string
	day  int
}

func newModel(root string, days int) *model {
	m := &model{successors: map[string]successor{}}
	for range days {
		m.sheets = append(m.sheets, map[string]leaf{root: {parent: "", title: root}})
	}
	return m
}

func (m *model) has(unit string, day int) bool { _, ok := m.sheets[day][unit]; return ok }

// path is a unit's place on a day, from the root of the model down.
func (m *model) path(unit string, day int) string {
	at, ok := m.sheets[day][unit]
	if !ok || at.parent == "" {
		return unit
	}
	return m.path(at.parent, day) + "." + unit
}

// stays tells whether a unit has one place from a day on, for good.
func (m *model) stays(unit string, day int) bool {
	for d := day; d < len(m.sheets); d++ {
		if !m.has(unit, d) || m.path(unit, d) != m.path(unit, day) {
			return false
		}
	}
	return true
}

// below are the units directly below another on a day.
func (m *model) below(unit string, day int) []string {
	var ids []string
	for id, at := range m.sheets[day] {
		if at.parent == unit {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// everBelow are those on a day or later.
func (m *model) everBelow(unit string, day int) []string {
	all := map[string]bool{}
	for d := day; d < len(m.sheets); d++ {
		for _, id := range m.below(unit, d) {
			all[id] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (m *model) within(unit, above string, day int) bool {
	return slices.Contains(strings.Split(m.path(unit, day), "."), above)
}

func (m *model) edit(from int, change func(sheet map[string]leaf)) {
	for d := from; d < len(m.sheets); d++ {
		change(m.sheets[d])
	}
}

func (m *model) create(unit, parent string, day int) {
	m.edit(day, func(sheet map[string]leaf) { sheet[unit] = leaf{parent, unit} })
}

// rename holds until a day for which another title was planned.
func (m *model) rename(unit, title string, day int) {
	before := m.sheets[day][unit].title
	for d := day; d < len(m.sheets) && m.has(unit, d) && m.sheets[d][unit].title == before; d++ {
		m.sheets[d][unit] = leaf{m.sheets[d][unit].parent, title}
	}
}

func (m *model) mayMove(unit, parent string, day int) bool {
	return m.has(unit, day) && m.has(parent, day) && m.stays(unit, day) && m.stays(parent, day) &&
		!m.within(parent, unit, day) && m.sheets[day][unit].parent != parent
}

func (m *model) move(unit, parent string, day int) {
	m.edit(day, func(sheet map[string]leaf) { sheet[unit] = leaf{parent, sheet[unit].title} })
}

// hand puts some of what lies below a unit under another.
func (m *model) hand(from, to string, day int, units ...string) {
	m.edit(day, func(sheet map[string]leaf) {
		for _, id := range units {
			if at, ok := sheet[id]; ok && at.parent == from {
				sheet[id] = leaf{to, at.title}
			}
		}
	})
}

func (m *model) mayEnd(unit, to string, day int) bool {
	return day > 0 && m.has(unit, day-1) && m.stays(unit, day) && m.has(to, day) && m.stays(to, day) && !m.within(to, unit, day)
}

// mayNeverBe tells whether a day is the first of a unit with nothing below it.
func (m *model) mayNeverBe(unit string, day int) bool {
	return m.stays(unit, day) && !m.has(unit, day-1) && len(m.everBelow(unit, day)) == 0
}

func (m *model) neverBe(unit string, day int) {
	m.edit(day, func(sheet map[string]leaf) { delete(sheet, unit) })
}

// end gives all that lies below a unit, and its records, to its successor.
func (m *model) end(unit, to string, day int) {
	m.hand(unit, to, day, m.everBelow(unit, day)...)
	m.remove(unit, to, day)
}

func (m *model) remove(unit, to string, day int) {
	m.edit(day, func(sheet map[string]leaf) { delete(sheet, unit) })
	m.successors[unit] = successor{to, day}
}

// place is where the records of a unit are found on a day.
func (m *model) place(unit string, day int) string {
	if m.has(unit, day) {
		return m.path(unit, day)
	}
	return m.place(m.successors[unit].unit, day) + "." + unit
}
