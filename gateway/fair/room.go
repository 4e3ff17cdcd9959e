// Package fair shares room among callers: where there is too little, the caller who has the most makes room. So there is some for
// who has none, whatever the others do and however many of them there are, as long as it would do for all.
package fair

import (
	"slices"
	"sync"
)

// Room is shared.
type Room struct {
	size int64

	mu      sync.Mutex
	taken   int64
	callers map[string]*caller
	places  []*Place // that can make room, the oldest first
}

type caller struct {
	taken  int64
	places int
}

// Place is what something of a caller's takes.
type Place struct {
	room   *Room
	name   string
	caller *caller
	size   int64
	end    func()
	out    bool
}

// NewRoom makes a room of a size.
func NewRoom(size int64) *Room { return &Room{size: size, callers: map[string]*caller{}} }

// Enter gives a caller a place of a size. end is called if it makes room for others: never once it was left, and while the room
// is locked, so it must not come back to the room. Leave must follow in any case.
func (r *Room) Enter(name string, size int64, end func()) *Place {
	r.mu.Lock()
	c := r.callers[name]
	if c == nil {
		c = &caller{}
		r.callers[name] = c
	}
	c.places++
	p := &Place{room: r, name: name, caller: c, end: end}
	r.places = append(r.places, p)
	r.mu.Unlock()
	p.Grow(size)
	return p
}

// Grow makes a place larger; false where it made room, now or before.
func (p *Place) Grow(size int64) bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.out {
		return false
	}
	p.resize(p.size + size)
	for p.room.taken > p.room.size && len(p.room.places) > 0 {
		p.room.evict()
	}
	return !p.out
}

// Stay has a place make room no more; false where it made room before. It counts until it is left.
func (p *Place) Stay() bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.room.remove(p)
	return !p.out
}

// Leave gives a place back; false where it made room before.
func (p *Place) Leave() bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.room.remove(p)
	p.resize(0)
	if p.caller.places--; p.caller.places == 0 {
		delete(p.room.callers, p.name)
	}
	in := !p.out
	p.out = true // nothing grows any more
	return in
}

// Full tells whether a caller has as much as is free. Who is turned away then leaves as much to those who come: without that,
// what callers ask for again and again would be made and thrown away.
func (r *Room) Full(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.callers[name]
	return c != nil && c.taken >= r.size-r.taken
}

// In tells whether a place has not made room.
func (p *Place) In() bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return !p.out
}

func (p *Place) resize(size int64) {
	p.room.taken += size - p.size
	p.caller.taken += size - p.size
	p.size = size
}

// evict ends the oldest place of the caller who has the most.
func (r *Room) evict() {
	found := r.places[0]
	for _, p := range r.places {
		if p.caller.taken > found.caller.taken {
			found = p
		}
	}
	r.remove(found)
	found.resize(0)
	found.out = true
	found.end()
}

func (r *Room) remove(p *Place) {
	if at := slices.Index(r.places, p); at >= 0 {
		r.places = slices.Delete(r.places, at, at+1)
	}
}
