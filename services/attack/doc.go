// Package attack attacks the built program as a process of its own and measures what that costs: memory, processors, the time
// until a refusal. What needs a clock that jumps, or a start that fails, attacks the suite within this process. `go test`
// attacks on a small scale, in seconds, and holds memory within bounds; `make attack` (the flag -full) attacks in full, holds all
// against the bars and prints the figures. An attack is a test: start a target, measure an attack on it, print its figure, and
// hold it against a bound; what takes time is bounded in full alone, since tests share their machine.
package attack
