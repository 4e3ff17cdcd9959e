package record

import "sync"

// commits wakes those who wait for the next change of this process to be committed.
type commits struct {
	mu   sync.Mutex
	next chan struct{}
}

// Committed returns a channel that is closed once this process has committed another change.
func (b *Store) Committed() <-chan struct{} {
	b.commits.mu.Lock()
	defer b.commits.mu.Unlock()
	if b.commits.next == nil {
		b.commits.next = make(chan struct{})
	}
	return b.commits.next
}

// committed wakes those who wait.
func (b *Store) committed() {
	b.commits.mu.Lock()
	defer b.commits.mu.Unlock()
	if b.commits.next != nil {
		close(b.commits.next)
		b.commits.next = nil
	}
}
