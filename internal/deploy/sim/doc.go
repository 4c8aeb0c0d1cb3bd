// Package sim is a simulation, in its tests: several replicas of the real engine with the real phases carry
// releases over a store in memory and a platform in memory, in virtual time, while replicas die and freeze, answers
// get lost, clocks jump and people say anything at any moment. After each event the promises of Slipway are checked.
//
// Everything random is drawn from the seed of a world and from what is asked, never from the order in which
// goroutines happen to run, and every call takes its own number of nanoseconds: a seed plays the same way again.
//
//	go test ./internal/deploy/sim -run Promises -seed 1234 -worlds 5
//	go test ./internal/deploy/sim -run Promises -worlds 1000 -timeout 1h
//
// It holds nothing that runs in the bot. Start reading at world_test.go, then promises_test.go.
package sim
