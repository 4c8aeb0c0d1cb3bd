package ecs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
)

// candidate asks for a revision with one variable and one secret.
func candidate() deploy.StageRequest {
	return deploy.StageRequest{
		Candidate: "coditect-app-r42-1", Tag: "rc-42", Image: "repo@sha256:new", Baseline: "coditect-app:41",
		Settings: deploy.Settings{Env: map[string]string{"VERSION": "v2"}, Secrets: map[string]string{"KEY": "arn:secret"}, CPU: "512"},
		Labels:   map[string]string{"slipway-release": "coditect-app-42"}, Rollout: deploy.Rollout{Kind: deploy.Canary},
	}
}

func containers() []types.ContainerDefinition {
	return []types.ContainerDefinition{
		{Name: aws.String("proxy"), Image: aws.String("envoy:1"), Essential: aws.Bool(false)},
		{
			Name: aws.String("app"), Image: aws.String("repo@sha256:old"), Command: []string{"serve"},
			Environment: []types.KeyValuePair{{Name: aws.String("VERSION"), Value: aws.String("v1")}, {Name: aws.String("KEY"), Value: aws.String("plain")}, {Name: aws.String("STAYS"), Value: aws.String("1")}},
			Secrets:     []types.Secret{{Name: aws.String("OTHER"), ValueFrom: aws.String("arn:other")}},
		},
	}
}

func TestWhatIsRegisteredIsTheLiveOneWithTheReleaseInIt(t *testing.T) {
	t.Parallel()
	live := types.TaskDefinition{Family: aws.String("coditect-app"), Cpu: aws.String("256"), Memory: aws.String("1024"), ContainerDefinitions: containers()}
	tags := []types.Tag{
		{Key: aws.String("team"), Value: aws.String("web")}, {Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("x")},
		{Key: aws.String("slipway-revision"), Value: aws.String("coditect-app-r41-1")}, {Key: aws.String("slipway-old"), Value: aws.String("x")},
	}
	in, err := ecs.Register(types.Service{}, live, tags, candidate())
	if err != nil {
		t.Fatal(err)
	}
	app := in.ContainerDefinitions[1]
	if *in.Cpu != "512" || *in.Memory != "1024" || *app.Image != "repo@sha256:new" || !slices.Equal(app.Command, []string{"serve"}) {
		t.Errorf("registered as cpu %s, memory %s, %+v", *in.Cpu, *in.Memory, app)
	}
	ignore := cmpopts.IgnoreUnexported(types.KeyValuePair{}, types.Secret{}, types.ContainerDefinition{}, types.Tag{})
	if diff := cmp.Diff(containers()[0], in.ContainerDefinitions[0], ignore); diff != "" {
		t.Errorf("the other container (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]types.KeyValuePair{{Name: aws.String("STAYS"), Value: aws.String("1")}, {Name: aws.String("VERSION"), Value: aws.String("v2")}}, app.Environment, ignore); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]types.Secret{{Name: aws.String("OTHER"), ValueFrom: aws.String("arn:other")}, {Name: aws.String("KEY"), ValueFrom: aws.String("arn:secret")}}, app.Secrets, ignore); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	got := map[string]string{}
	for _, tag := range in.Tags {
		got[*tag.Key] = *tag.Value
	}
	if diff := cmp.Diff(map[string]string{
		"team": "web", "slipway-revision": "coditect-app-r42-1", "slipway-tag": "rc-42", "slipway-release": "coditect-app-42",
		"slipway-strategy": "canary", "slipway-container": "app",
	}, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(containers(), live.ContainerDefinitions, ignore); diff != "" {
		t.Errorf("the live one was written to (-want +got):\n%s", diff)
	}
}

// TestNothingOfTheLiveOneIsLost fills in every field that both have, so that a field which the SDK gains is noticed.
func TestNothingOfTheLiveOneIsLost(t *testing.T) {
	t.Parallel()
	var live types.TaskDefinition
	fill(reflect.ValueOf(&live).Elem())
	live.ContainerDefinitions = containers()
	in, err := ecs.Register(types.Service{}, live, nil, candidate())
	if err != nil {
		t.Fatal(err)
	}
	from, to := reflect.ValueOf(live), reflect.ValueOf(*in)
	for i := range to.NumField() {
		name := to.Type().Field(i).Name
		if given := from.FieldByName(name); to.Type().Field(i).IsExported() && given.IsValid() && to.Field(i).IsZero() {
			t.Errorf("%s is lost", name)
		}
	}
}

// fill sets the fields of a struct to something.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f.Kind() {
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString("x")
		case reflect.Int32:
			f.SetInt(1)
		default:
		}
	}
}

func TestContainerOfARelease(t *testing.T) {
	t.Parallel()
	two := containers()
	two[0].Essential = aws.Bool(true)
	balanced := types.Service{LoadBalancers: []types.LoadBalancer{{ContainerName: aws.String("proxy")}}}
	for name, tc := range map[string]struct {
		service    types.Service
		containers []types.ContainerDefinition
		named      string
		want, says string
	}{
		"the only essential one":             {containers: containers(), want: "app"},
		"the one behind the load balancer":   {service: balanced, containers: two, want: "proxy"},
		"the one that is named":              {service: balanced, containers: two, named: "app", want: "app"},
		"two that could be meant":            {containers: two, says: "not said which container"},
		"a name that none has":               {containers: two, named: "web", says: "none of the containers is called web; there are proxy, app"},
		"a balancer's that is not there now": {service: types.Service{LoadBalancers: []types.LoadBalancer{{ContainerName: aws.String("gone")}}}, containers: two, says: "none of the containers is called gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := candidate()
			q.Settings.Container = tc.named
			in, err := ecs.Register(tc.service, types.TaskDefinition{ContainerDefinitions: tc.containers}, nil, q)
			if tc.says != "" {
				if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.says) || deploy.Hint(err) == "" {
					t.Errorf("refused with %v, want %q", err, tc.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range in.ContainerDefinitions {
				if changed := *c.Image == "repo@sha256:new"; changed != (*c.Name == tc.want) {
					t.Errorf("container %s has the image %s", *c.Name, *c.Image)
				}
			}
		})
	}
}

func TestTaskDefinitionOfTheCatalog(t *testing.T) {
	t.Parallel()
	live := types.TaskDefinition{Family: aws.String("coditect-app"), Cpu: aws.String("256"), ContainerDefinitions: containers()}
	const inner = `{"family": "another", "cpu": "1024", "memory": "2048", "networkMode": "awsvpc", "containerDefinitions": [
		{"name": "app", "image": "repo:v0", "essential": true, "portMappings": [{"containerPort": 8080}], "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs"}}}]}`
	for name, text := range map[string]string{"as it is registered": inner, "as it is shown": `{"taskDefinition": ` + inner + `}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := candidate()
			q.Settings.Template, q.Settings.CPU = text, ""
			in, err := ecs.Register(types.Service{}, live, nil, q)
			if err != nil {
				t.Fatal(err)
			}
			c := in.ContainerDefinitions[0]
			if *in.Family != "coditect-app" || *in.Cpu != "1024" || in.NetworkMode != types.NetworkModeAwsvpc || len(in.ContainerDefinitions) != 1 ||
				*c.Image != "repo@sha256:new" || *c.PortMappings[0].ContainerPort != 8080 || c.LogConfiguration.Options["awslogs-group"] != "/ecs" {
				t.Errorf("registered as %+v, container %+v", in, c)
			}
		})
	}
	for name, text := range map[string]string{"no JSON": "family: x", "no containers": `{"family": "x"}`, "a list": "[]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := candidate()
			q.Settings.Template = text
			if _, err := ecs.Register(types.Service{}, live, nil, q); deploy.CodeOf(err) != deploy.Invalid || deploy.Hint(err) == "" {
				t.Errorf("refused with %v", err)
			}
		})
	}
}

func TestSettingsThatATaskDefinitionDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	one := 1
	for name, s := range map[string]deploy.Settings{"instances": {MinInstances: &one}, "most instances": {MaxInstances: &one}, "concurrency": {Concurrency: 1}, "time-out": {Timeout: 1}} {
		q := candidate()
		q.Settings = s
		if _, err := ecs.Register(types.Service{}, types.TaskDefinition{ContainerDefinitions: containers()}, nil, q); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfigGivesNoValueAway(t *testing.T) {
	t.Parallel()
	d := types.TaskDefinition{ContainerDefinitions: containers(), Volumes: []types.Volume{{Name: aws.String("data")}}}
	d.ContainerDefinitions[0], d.ContainerDefinitions[1] = d.ContainerDefinitions[1], d.ContainerDefinitions[0]
	before := ecs.Config(d)
	d.ContainerDefinitions[0].Environment[2].Value = aws.String("in-the-clear")
	d.ContainerDefinitions[0].Command = []string{"serve", "--password=in-the-clear"}
	after := ecs.Config(d)
	for _, changed := range []string{"env STAYS", "command"} {
		if before[changed] == "" || before[changed] == after[changed] {
			t.Errorf("%s is %q, and then %q", changed, before[changed], after[changed])
		}
	}
	for _, same := range []string{"env VERSION", "image", "container proxy", "volume data", "secret OTHER"} {
		if before[same] == "" || before[same] != after[same] {
			t.Errorf("%s is %q, and then %q", same, before[same], after[same])
		}
	}
	for name, value := range after {
		if strings.Contains(value, "in-the-clear") {
			t.Errorf("%s gives its value away: %s", name, value)
		}
	}
}
