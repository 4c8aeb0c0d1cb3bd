// Package ecs is the practice range's Amazon ECS: the calls of the API that a release makes, over the SDK's own types,
// with a small model behind them that behaves over time as the platform does. It is served through awsapi
// (Server.API) and registers its tasks with, and moves weights at, the load balancers of package elb.
//
// What is there: clusters, task definitions and their tags (taskdefs.go, tags.go); services and their updates
// (services.go, update.go, describe.go); rolling deployments with the circuit breaker (rolling.go, breaker.go); native
// BLUE_GREEN, LINEAR and CANARY deployments with lifecycle stages and PAUSE hooks (stages.go, hooks.go, shift.go);
// service deployments and revisions, to look at, stop and continue (deployments.go, stop.go); rollbacks (rollback.go);
// tasks with their reasons (tasklife.go, tasklist.go); task sets of the controller EXTERNAL (tasksets.go); services of
// the controller CODE_DEPLOY, which can be looked at and refuse (they are described with deployments, not with task sets as
// at AWS); levers for rehearsals (levers.go); the guide's services
// (seed.go).
//
// Everything that takes time is done by one goroutine, which looks at all services whenever something changed or a
// time has come (schedule.go). Calls only write down what is wanted.
//
// Where the real platform's behaviour is not documented, the choice made here is stated as inferred at the code that
// makes it.
//
// What it never does: authenticate, bill, place tasks on instances, scale by load, run Lambda hooks (they succeed at
// once), watch alarms, keep anything on disk, or reach beyond loopback.
//
// Start reading at Server; the life of a deployment is in rolling.go and stages.go.
package ecs
