package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The heap is swept once it has grown to three times what is in use, as long as that is no more than roomy: intake throws much
// away and keeps little, so that it sweeps less often. A larger one is swept at twice what is in use, Go's own pace, and one that
// has grown by mostGrowth at half of what is in use. So what strangers have thrown away doesn't add up to more than they may
// take.
const (
	roomy        = 80 << 20
	mostGrowth   = 64 << 20
	mostPercent  = 200
	leastPercent = 50
)

// giveBackEvery is how often what a burst has left unused is given back: the machine is small and not ours alone.
const giveBackEvery = time.Minute

// paceSweeps sets when the heap is swept next, by what is in use now, and does so anew after each sweep.
func paceSweeps() {
	inUse := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(inUse)
	debug.SetGCPercent(sweepPercent(inUse[0].Value.Uint64()))
	runtime.AddCleanup(new(*int), func(struct{}) { paceSweeps() }, struct{}{}) // called once the next sweep has found it unused
}

// sweepPercent is how much a heap may grow beyond what is in use, in percent of it.
func sweepPercent(inUse uint64) int {
	if inUse == 0 || inUse*(100+mostPercent)/100 <= roomy {
		return mostPercent
	}
	return max(leastPercent, int(max(roomy, inUse+min(inUse, mostGrowth))*100/inUse)-100)
}

// giveBack gives unused memory back to the system, time and again.
func giveBack() {
	for range time.Tick(giveBackEvery) {
		debug.FreeOSMemory()
	}
}
