package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	sandbox "slipway/internal/sandbox/ecs"
)

func TestTasksStayWhoeverChangedTheWeights(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]func(b *balanced, p *ecs.Platform, home deploy.ShiftRequest) *ecs.Platform{
		"the answer was lost": func(b *balanced, p *ecs.Platform, home deploy.ShiftRequest) *ecs.Platform {
			b.lose("ModifyRule")
			if _, err := p.Shift(b.t.Context(), home); deploy.CodeOf(err) != deploy.Unavailable {
				b.t.Fatalf("it came to %v", err)
			}
			return p
		},
		"the process died": func(b *balanced, p *ecs.Platform, home deploy.ShiftRequest) *ecs.Platform {
			_, err := p.Shift(b.t.Context(), home)
			b.ok(err)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, b *balanced) {
				now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
				opts := &ecs.Options{Now: func() time.Time { return now }}
				p := b.connect(opts)
				candidate := b.stage(p, b.request(1, goodImage, b.base()))
				b.shift(p, split(b.base(), candidate, 10))
				now = now.Add(time.Hour)
				home := deploy.ShiftRequest{Service: b.ref, Shares: map[deploy.RevisionName]int{b.base(): 100}, Epoch: 8, Seal: "r1/back"}
				if p = lost(b, p, home); p == nil {
					p = b.connect(opts)
				}
				b.shift(p, home)
				b.writes()
				if _, err := p.Retire(t.Context(), b.ref, "rc-1"); deploy.CodeOf(err) != deploy.NotYet {
					t.Errorf("at once: %v", err)
				}
				b.wantWrites("at once")
				now = now.Add(time.Minute)
				_, err := p.Retire(t.Context(), b.ref, "rc-1")
				b.ok(err)
				if n := len(b.writes()); n != 1 {
					t.Errorf("%d calls after a minute, want 1", n)
				}
			})
		})
	}
}

func TestReturnToAServiceOfAPairThatSomebodyStopped(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.EdgeService, sandbox.EdgeServiceB)
	p := b.platform()
	candidate := b.stage(p, b.request(1, goodImage, b.base()))
	b.shift(p, split(b.base(), candidate, 50))
	b.ok(b.ecs.ScaleByHand(b.service, 0))
	b.Finish()
	b.shift(p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{b.base(): 100}, Seal: "r1/back"})
	if diff := cmp.Diff(map[string]int{b.groups[0]: 100, b.groups[1]: 0}, b.weights()); diff != "" || b.tasks(0) == 0 {
		t.Errorf("%d tasks; weights (-want +got):\n%s", b.tasks(0), diff)
	}
}

func TestReturnToATaskSetThatSomebodyDeleted(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.SetsService, "")
	p := b.platform()
	candidate := b.stage(p, b.request(1, goodImage, b.base()))
	b.shift(p, split(b.base(), candidate, 50))
	for _, set := range b.reported(b.service).TaskSets {
		if aws.ToString(set.Status) == "PRIMARY" {
			_, err := b.client.DeleteTaskSet(t.Context(), &sdk.DeleteTaskSetInput{
				Cluster: aws.String(sandbox.GuideCluster), Service: aws.String(b.service), TaskSet: set.TaskSetArn, Force: aws.Bool(true),
			})
			b.ok(err)
		}
	}
	b.Finish()
	b.until("it is gone", func() bool { return len(b.reported(b.service).TaskSets) == 1 })
	b.shift(p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{b.base(): 100}, Seal: "r1/back"})
	if diff := cmp.Diff(map[string]int{b.groups[0]: 100, b.groups[1]: 0}, b.weights()); diff != "" || b.tasks(0) == 0 {
		t.Errorf("%d tasks; weights (-want +got):\n%s", b.tasks(0), diff)
	}
}

func (b *balanced) weights() map[string]int {
	w, _ := b.elb.Weights(b.rule)
	return w
}
