package record

// Waits tells how many members wait for a transaction, for tests.
func (g *Group[Row]) Waits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// Idle tells whether nothing waits and no transaction is in flight.
func (g *Group[Row]) Idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting) == 0 && g.transactions == 0
}
