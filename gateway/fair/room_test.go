package fair_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
)

// enter takes places of size 1 and notes, in the order in which they go, those that made room.
func enter(r *fair.Room, name string, gone *[]string) *fair.Place {
	return r.Enter(name, 1, func() { *gone = append(*gone, name) })
}

func TestWhoComesNewGetsInWhateverOthersHold(t *testing.T) {
	t.Parallel()
	for _, callers := range []int{1, 8, 32} {
		r, gone := fair.NewRoom(128), []string{}
		for range 1000 {
			for i := range callers {
				enter(r, string(rune('a'+i)), &gone)
			}
		}
		one := enter(r, "newcomer", &gone)
		for range 1000 {
			for i := range callers {
				enter(r, string(rune('a'+i)), &gone)
			}
		}
		if !one.Leave() {
			t.Errorf("a newcomer made room for %d others", callers)
		}
		if len(gone) != 2000*callers-127 {
			t.Errorf("%d of %d made room", len(gone), 2000*callers)
		}
	}
}

func TestTheOldestOfTheCallerWithTheMostMakesRoom(t *testing.T) {
	t.Parallel()
	r, gone := fair.NewRoom(3), []string{}
	old := enter(r, "few", &gone)
	first, second := enter(r, "many", &gone), enter(r, "many", &gone)
	third := enter(r, "third", &gone)
	if first.In() || !second.In() || !old.In() || !third.In() {
		t.Error("another than the first of the caller with the most made room:", gone)
	}
	if first.Grow(1) {
		t.Error("what made room grew")
	}
	fourth := enter(r, "fourth", &gone)
	if old.In() || !fourth.In() {
		t.Error("of callers with as much, the oldest place makes room:", gone)
	}
}

func TestSizesCountAndWhatStaysMakesNoRoom(t *testing.T) {
	t.Parallel()
	r, gone := fair.NewRoom(100), []string{}
	whole, coming, small := enter(r, "a", &gone), enter(r, "b", &gone), enter(r, "c", &gone)
	whole.Grow(60)
	whole.Stay()
	if !coming.Grow(30) || !small.Grow(1) || len(gone) != 0 {
		t.Error("there was room:", gone)
	}
	if !small.Grow(10) || coming.In() || !whole.In() {
		t.Error("the one that is coming and has the most makes room:", gone)
	}
	if coming.Leave() || !whole.Leave() || !small.Leave() {
		t.Error("leaving tells who made room")
	}
}

// TestWhatWasLeftEndsNoMore has places be left while others come that need their room.
func TestWhatWasLeftEndsNoMore(t *testing.T) {
	t.Parallel()
	for range 1000 {
		r, left, come := fair.NewRoom(1), atomic.Bool{}, make(chan struct{})
		one := r.Enter("one", 1, func() {
			if left.Load() {
				t.Error("ended after it was left")
			}
		})
		go func() {
			r.Enter("another", 1, func() {})
			close(come)
		}()
		one.Leave()
		left.Store(true)
		<-come
	}
}

func TestWhatMadeRoomDoesNotStay(t *testing.T) {
	t.Parallel()
	r, gone := fair.NewRoom(1), []string{}
	one := enter(r, "one", &gone)
	if another := enter(r, "another", &gone); one.Stay() || !another.Stay() {
		t.Error("what makes room stays:", gone)
	}
}

func TestRoomIsFreeOnceAllHaveLeft(t *testing.T) {
	t.Parallel()
	r, gone := fair.NewRoom(8), []string{}
	for range 200 {
		var places []*fair.Place
		for range rand.IntN(20) {
			p := enter(r, string(rune('a'+rand.IntN(4))), &gone)
			p.Grow(rand.Int64N(3))
			if rand.IntN(3) == 0 {
				p.Stay()
			}
			places = append(places, p)
		}
		for _, p := range places {
			p.Leave()
		}
		gone = nil
		whole := r.Enter("whole", 8, func() { gone = append(gone, "whole") })
		if !whole.Leave() {
			t.Fatal("something is left of", len(places))
		}
	}
}
