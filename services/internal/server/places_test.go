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
			p, names := newPlaces(callsAtWork, callsWaiting), []string{}
			for i := range callers { // one after the other, each as many as it gets
				name := strconv.Itoa(i)
				for p.tryTake(name) {
					names = append(names, name)
				}
			}
			got := make(chan string, 2)
			for _, name := range []string{"0", "newcomer"} {
				go func() {
					if p.take(t.Context(), name) {
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
	alone, both := newPlaces(9, 0), newPlaces(9, 0)
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
		p := newPlaces(1, 1)
		assert.True(t, p.take(t.Context(), "a"))
		assert.False(t, p.take(t.Context(), "b"), "after some time that a synctest doesn't take")
		p.give("a")
		assert.Empty(t, p.of)
		assert.Empty(t, p.waiting)
		assert.Empty(t, p.waits)
		assert.Equal(t, 1, p.free)
	})
}

func TestABurstWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1, callsWaiting)
		done := make(chan bool, callsWaiting/2)
		for range cap(done) {
			go func() {
				in := p.take(t.Context(), "a")
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

func TestWhoeverWaitsThereIsRoomForANewcomerToWait(t *testing.T) {
	t.Parallel()
	for _, callers := range []int{1, 8, 32} {
		p := newPlaces(0, callsWaiting)
		for range callsWaiting {
			for i := range callers {
				p.tryWait(strconv.Itoa(i))
			}
		}
		assert.True(t, p.full("0"))
		assert.False(t, p.full("newcomer"))
		assert.NotNil(t, p.tryWait("newcomer"))
		assert.LessOrEqual(t, len(p.waiting), callsWaiting)
	}
}
