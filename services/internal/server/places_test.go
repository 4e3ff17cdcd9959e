package server

import (
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func TestWhateverOthersHaveANewcomerIsNext(t *testing.T) {
	t.Parallel()
	for _, callers := range []int{1, 8, 32} {
		synctest.Test(t, func(t *testing.T) {
			p, names := newPlaces(callsAtWork), []string{}
			for i := range callers { // one after the other, each as many as it gets
				name := strconv.Itoa(i)
				for p.tryTake(name) {
					names = append(names, name)
				}
			}
			got := make(chan string, 2)
			for _, name := range []string{"0", "newcomer"} {
				go func() {
					if p.take(t.Context(), name, nil) {
						got <- name
					}
				}()
				synctest.Wait()
			}
			if len(got) == 0 {
				p.give(names[len(names)-1])
				synctest.Wait()
			}
			assert.Equal(t, "newcomer", <-got)
		})
	}
}

func TestOneCallerHasHalfThePlacesAndTwoAThirdEach(t *testing.T) {
	t.Parallel()
	alone, both := newPlaces(9), newPlaces(9)
	for range 9 {
		alone.tryTake("a")
		both.tryTake("a")
		both.tryTake("b")
	}
	assert.Equal(t, map[string]int{"a": 5}, alone.of)
	assert.Equal(t, map[string]int{"a": 3, "b": 3}, both.of)
}

func TestWhoWaitsForAPlaceIsRefusedAfterAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		assert.True(t, p.take(t.Context(), "a", nil))
		assert.False(t, p.take(t.Context(), "b", nil), "after some time that a synctest doesn't take")
		given := make(chan struct{})
		close(given)
		assert.False(t, p.take(t.Context(), "b", given), "who made room")
		p.give("a")
		assert.Empty(t, p.of)
		assert.Empty(t, p.waiting)
		assert.Equal(t, 1, p.free)
	})
}

func TestABurstWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		done := make(chan bool, callsComing)
		for range cap(done) {
			go func() {
				in := p.take(t.Context(), "a", nil)
				if in {
					p.give("a")
				}
				done <- in
			}()
		}
		for range cap(done) {
			assert.True(t, <-done)
		}
	})
}
