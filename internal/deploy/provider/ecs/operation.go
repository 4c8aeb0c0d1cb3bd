package ecs

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// operation is what is waited for: something that AWS knows by its ARN, the way that asked for it, and what about it.
// Its name has all that is needed, so that it survives a restart: ARN#way/what.
type operation struct {
	arn, way, what string
}

func (o operation) name() deploy.Operation {
	return deploy.Operation(o.arn + "#" + o.way + "/" + o.what)
}

// readOperation reads a name that name gave.
func readOperation(op deploy.Operation) (o operation, ok bool) {
	arn, rest, found := strings.Cut(string(op), "#")
	way, what, whole := strings.Cut(rest, "/")
	return operation{arn, way, what}, found && whole && strings.HasPrefix(arn, "arn:")
}

// part is one of the parts of an ARN: arn:aws:ecs:REGION:ACCOUNT:KIND/CLUSTER/SERVICE/ID.
func (o operation) part(i int) string {
	if parts := strings.SplitN(o.arn, ":", 6); i < len(parts) {
		return parts[i]
	}
	return ""
}

// region is where it goes on.
func (o operation) region() string { return o.part(3) }

// service is the service that an operation is about, as far as an ARN says: without its rule and its second service.
func (o operation) service() deploy.ServiceRef {
	ref := deploy.ServiceRef{Kind: deploy.ECS, Region: o.region()}
	if path := strings.Split(o.part(5), "/"); len(path) >= 3 {
		ref.Project, ref.Name = path[1], path[2]
	}
	return ref
}

// Wait asks once how an operation stands. op may come from another process. An empty op is done.
//
// done with an error: it has ended badly, and asking again gives the same answer. Invalid carries what ECS says, why tasks
// stopped, and their last lines. Not done with an error: nobody knows, ask again. NotFound if ECS does not know the
// deployment (any more), or if the name is none of ours: look at the service.
func (p *Platform) Wait(ctx context.Context, op deploy.Operation) (done bool, err error) {
	if op == "" {
		return true, nil
	}
	o, ok := readOperation(op)
	if ok {
		if w := p.make(o.way); w != nil {
			return w.wait(ctx, o)
		}
	}
	return false, &deploy.Error{Code: deploy.NotFound, Op: "look at an operation", Msg: "this is no operation at Amazon ECS", Hint: "look at the service"}
}
