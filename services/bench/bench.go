// Package bench measures the suite beside a plain program that does the same, on one PostgreSQL and in one run, so that
// the ratio of the two holds on any machine. A measurement is one line in cmd/bench.
package bench

import "context"

// Measurement is one comparison. It gets an instance of its own.
type Measurement struct {
	Name string
	Run  func(context.Context, *Instance) ([]Figure, error)
	// Empty asks for an instance without units; the others have a tree and schemes loaded.
	Empty bool
	// Peers says that it is measured only where there are programs of others to measure beside.
	Peers bool
	// Reference says that it is measured only where R is there to measure beside.
	Reference bool
}

// Figure is one line of the table of results.
type Figure struct {
	// What was measured, with its sizes.
	What string
	// Suite and Beside are what the suite and the plain program reached, with their units.
	Suite, Beside string
	// Value is what the bar is about: a ratio, or a number of the suite's own.
	Value float64
	Bar   Bar
	// Note says where the time went, or what to know when reading the line.
	Note string
}

// Bar is the least or the most that a figure may be; there is none where both are zero.
type Bar struct{ AtLeast, AtMost float64 }

// Met tells whether a value passes.
func (b Bar) Met(value float64) bool {
	return value >= b.AtLeast && (b.AtMost == 0 || value <= b.AtMost)
}
