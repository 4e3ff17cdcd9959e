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
			s, names := newSlots(callsAtWork, callsWaiting), []string{}
			for i := range callers { // one after the other, each as many as it gets
				name := strconv.Itoa(i)
				for s.tryTake(name) {
					names = append(names, name)
				}
			}
			got := make(chan string, 2)
			for _, name := range []string{"0", "newcomer"} {
				go func() {
					if s.take(t.Context(), name) {
						got <- name
					}
				}()
				synctest.Wait()
			}
			if len(got) == 0 {
				s.give(names[len(names)-1])
				synctest.Wait()
			}
			assert.Equal(t, "newcomer", <-got)
		})
	}
}

// TestWhatIsFreeIsGivenToAllWhoMayHaveIt has x and c wait, of whom neither may have what is free until c gives one back.
func TestWhatIsFreeIsGivenToAllWhoMayHaveIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, in := newSlots(3, 16), make(chan bool, 2)
		assert.True(t, s.tryTake("x"))
		assert.True(t, s.tryTake("c"))
		for _, name := range []string{"x", "c"} {
			go func() { in <- s.take(t.Context(), name) }()
			synctest.Wait()
		}
		s.give("c")
		assert.True(t, <-in)
		assert.True(t, <-in, "refused beside a free slot")
	})
}

func TestOneCallerHasHalfTheSlotsAndTwoAThirdEach(t *testing.T) {
	t.Parallel()
	alone, both := newSlots(9, 0), newSlots(9, 0)
	for range 9 {
		alone.tryTake("a")
		both.tryTake("a")
		both.tryTake("b")
	}
	assert.Equal(t, map[string]int{"a": 5}, alone.of)
	assert.Equal(t, map[string]int{"a": 3, "b": 3}, both.of)
}

func TestWhoWaitsForASlotIsRefusedAfterAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 1)
		assert.True(t, s.take(t.Context(), "a"))
		assert.False(t, s.take(t.Context(), "b"), "after some time that a synctest doesn't take")
		s.give("a")
		assert.Empty(t, s.of)
		assert.Empty(t, s.waiting)
		assert.Empty(t, s.waits)
		assert.Equal(t, 1, s.free)
	})
}

func TestABurstWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, callsWaiting)
		done := make(chan bool, callsWaiting/2)
		for range cap(done) {
			go func() {
				in := s.take(t.Context(), "a")
				if in {
					s.give("a")
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
		s := newSlots(0, callsWaiting)
		for range callsWaiting {
			for i := range callers {
				s.tryWait(strconv.Itoa(i))
			}
		}
		assert.True(t, s.full("0"))
		assert.False(t, s.full("newcomer"))
		assert.NotNil(t, s.tryWait("newcomer"))
		assert.LessOrEqual(t, len(s.waiting), callsWaiting)
	}
}
