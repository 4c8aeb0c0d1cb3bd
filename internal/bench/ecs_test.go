package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
)

func TestWhatMovesTheTrafficOfAServiceAtECS(t *testing.T) {
	t.Parallel()
	deployment := aws.String("arn:aws:ecs:us-east-1:123456789012:service-deployment/coditect-production/native-1/abc")
	for fact, c := range map[string]struct {
		input any
		moves bool
	}{
		"an answer to a hook of it": {&sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: deployment}, true},
		"its deployment is stopped": {&sdk.StopServiceDeploymentInput{ServiceDeploymentArn: deployment}, true},
		"it is given another task definition": {&sdk.UpdateServiceInput{
			Service: aws.String("arn:aws:ecs:us-east-1:123456789012:service/coditect-production/native-1")}, true},
		"another service is": {&sdk.UpdateServiceInput{
			Service: aws.String("arn:aws:ecs:us-east-1:123456789012:service/coditect-production/native-11")}, false},
		"it is only looked at": {&sdk.DescribeServicesInput{Services: []string{"native-1"}}, false},
		"its tags":             {&sdk.TagResourceInput{ResourceArn: deployment}, false},
	} {
		if got := movesTraffic(c.input, "native-1"); got != c.moves {
			t.Errorf("%s: %t", fact, got)
		}
	}
}

func TestMeanIsOfAllOfASample(t *testing.T) {
	t.Parallel()
	if got := (sample{4 * time.Second, 2 * time.Second, 9 * time.Second}).mean(); got != 5*time.Second {
		t.Errorf("got %s", got)
	}
}
