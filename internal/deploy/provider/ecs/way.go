package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// way is how a new version comes to a service and gets its traffic. What all ways share is done before they are asked:
// requests are whole, the fence was checked, and for stage left, and task definitions are registered. Operations are made by operation.name, and
// come back to the way of that name; all that wait needs is in them.
type way interface {
	// describe reports the service. Ref, Env and Image are filled in afterwards.
	describe(ctx context.Context, l *live) (deploy.Service, error)
	// stage brings a task definition up without traffic that is registered. The fence has been left.
	stage(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (deploy.Operation, error)
	// allows says why stage would refuse: somebody else's deployment, traffic that is elsewhere, a service that is not
	// fit for it. It changes nothing. underway is true if a call of stage has been made for it already.
	allows(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (underway bool, err error)
	// shift sets shares, in as many calls as it takes: each sends the next thing that is missing.
	shift(ctx context.Context, l *live, q deploy.ShiftRequest) (deploy.Operation, error)
	// retire lets go of what the tags hold, or of what has no traffic.
	retire(ctx context.Context, l *live, tags []string) (deploy.Operation, error)
	// status fills in Ready, Failed, Reason and Warm of a revision that is registered as d.
	status(ctx context.Context, l *live, d *definition, out *deploy.RevisionStatus) error
	// wait asks once, as deploy.Platform's Wait does.
	wait(ctx context.Context, op operation) (done bool, err error)
}

// The names of the ways, as they are in operations.
const (
	rollingWay = "rolling"
	nativeWay  = "native"
	setsWay    = "sets" // task sets behind weighted target groups
	pairWay    = "pair" // two services behind weighted target groups
)

// make gives the way of a name. The weighted ways are in files of their own (tasksets.go, pair.go): each is a struct with
// p, as rolling has, and is added here.
func (p *Platform) make(name string) way {
	switch name {
	case rollingWay:
		return rolling{p}
	case nativeWay:
		return native{p}
	case setsWay:
		return weighted{p, taskSets{p}}
	case pairWay:
		return weighted{p, pair{p}}
	}
	return nil
}

// choose finds the way for a service by what it reports, and by what a release means to do; kind is empty where nobody
// says. Rolling and native only differ in what they send, so that either can say how the service stands.
func choose(doing string, s deploy.ServiceRef, controller types.DeploymentControllerType, strategy types.DeploymentStrategy, kind deploy.StrategyKind) (string, error) {
	no := func(msg, hint string) (string, error) {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: msg, Hint: hint}
	}
	weighted := controller == types.DeploymentControllerTypeExternal || s.Beside != ""
	switch {
	case controller == types.DeploymentControllerTypeCodeDeploy:
		return no(s.Name+" is in the hands of AWS CodeDeploy, which Slipway does not drive", codeDeployHint)
	case weighted && s.Rule == "":
		return no("it is not said which listener rule has the weights of "+s.Name, "name it in the catalog: rule, by ARN; `aws elbv2 describe-rules` shows what there is")
	case weighted && kind == deploy.Rolling:
		return no(s.Name+" gets its traffic by weights, and is not replaced task by task", "use the strategy canary or blue-green in the catalog")
	case controller == types.DeploymentControllerTypeExternal && s.Beside != "":
		return no(s.Name+" has task sets (controller EXTERNAL), and cannot be one of a pair", "take beside out of the catalog")
	case controller == types.DeploymentControllerTypeExternal:
		return setsWay, nil
	case controller != types.DeploymentControllerTypeEcs:
		return no(s.Name+" has the deployment controller "+string(controller)+", which Slipway does not know", "see whether there is a newer Slipway")
	case s.Beside != "":
		return pairWay, nil
	case kind == deploy.Rolling, kind == "" && strategy == types.DeploymentStrategyRolling:
		return rollingWay, nil
	}
	return nativeWay, nil
}

const codeDeployHint = "move the service over to the controller ECS, which can be done in place: `aws ecs update-service --deployment-controller type=ECS " +
	"--deployment-configuration strategy=BLUE_GREEN --load-balancers …` with both target groups; until then it is released with CodeDeploy"

// way chooses for a look at a service.
func (p *Platform) way(doing string, l *live, kind deploy.StrategyKind) (way, error) {
	name, err := choose(doing, l.ref, l.controller(), l.strategy(), kind)
	if err != nil {
		return nil, err
	}
	return p.make(name), nil
}
