// Package elb is the practice range's Elastic Load Balancing (v2): application load balancers with their listeners,
// rules, target groups and targets, the operations that a release asks of them, and real HTTP listeners on loopback
// which serve by the rules.
//
// What it is strict about, because releases go wrong there: ModifyRule and ModifyListener replace the actions with
// what they are given, so that who leaves a field out loses it; weights that were configured are followed by the
// traffic only later (Options.Settle); what is described never has the secret of an authentication; a target group
// that no rule leads to is not checked, and its targets are "unused"; who is held by stickiness stays where he was,
// whatever the weights say.
//
// Targets are added by who runs them (internal/sandbox/ecs) and are checked for real, over HTTP. What users were
// answered is told to Options.Metrics.
//
// What it never does: authenticate anybody, speak TLS (a listener that is described as HTTPS serves plain HTTP), listen
// beyond loopback, keep anything on disk, create or delete load balancers through the API.
//
// Where the real service's behaviour is not documented, or the practice differs from it, the code that makes the
// choice says so.
//
// Start reading at Server; how a request is answered is in serve.go, what the operations refuse in actions.go.
package elb
