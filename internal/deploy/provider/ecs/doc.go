// Package ecs is the platform port on Amazon ECS, over AWS's SDK for Go.
//
// A service says for itself how it is released; see choose (way.go). In the hands of ECS its tasks are replaced one by one
// (rolling.go), or all of them come up beside the old ones and ECS moves the weights of a listener rule, stopping before
// each move until it is told to go on (native.go). With task sets, or with two services that take turns, the weights are
// moved from here. A service of AWS CodeDeploy is only looked at.
//
// A revision is a task definition. One that Slipway registered has the name of the release's candidate in a tag; any other
// is called family:revision. What was registered and what a revision of a service consists of never changes, and is
// remembered for the life of the process.
//
// ECS has no precondition on a change, and UpdateService has no key that would make it idempotent. So every call looks
// first, and sends nothing where the service's newest deployment is for what is wanted already; a write whose answer was
// lost is never repeated here: the caller asks again, and the look before it finds out what became of the first. The
// fence (fence.go) is two tags of the service, which are read before and written beside the change: they keep out who was
// overtaken long ago, not who is a fraction of a second late. What does is that a hook is answered once, and that a
// deployment that is over cannot be stopped.
//
// What a release puts into how its service is deployed, so that ECS waits for it, is taken out again once its deployment is
// over (tidy.go): a deployment of somebody else is not to wait for Slipway.
//
// It never creates or deletes services, never deregisters a task definition, never changes what of a service a release is
// not about, and never waits: Wait asks once.
//
// Start reading at Platform (platform.go), then way.go, and course (course.go), which is how a service stands.
package ecs
