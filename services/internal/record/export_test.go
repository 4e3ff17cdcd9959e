package record

// Waits tells how many members wait for a transaction, for tests.
func (g *Group[Row]) Waits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
