// Package parallel does what needs no order on all processors.
package parallel

import (
	"runtime"
	"sync"
)

// Map does n things on all processors and gives what they gave, in their order.
func Map[T any](n int, do func(i int) T) []T {
	results, next := make([]T, n), make(chan int)
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() {
			for i := range next {
				results[i] = do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	working.Wait()
	return results
}
