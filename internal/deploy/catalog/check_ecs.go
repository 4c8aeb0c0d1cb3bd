package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Limits of ECS (docs.aws.amazon.com/AmazonECS/latest/APIReference), but for the times, which are Slipway's own.
const (
	longestECSName = 255

	shortestMove = time.Minute
	longestMove  = 24 * time.Hour

	leastGivesUp = 10 * time.Minute
	mostGivesUp  = 14 * 24 * time.Hour // 20160 minutes: of the time-out of a pause hook
)

var (
	ecsName   = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	awsRegion = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	awsZone   = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}[a-z]$`)

	// An application load balancer's: of a rule that is one identifier more than of its listener.
	listener = regexp.MustCompile(`^arn:aws(?:-[a-z]+)*:elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:(?:listener/app/[A-Za-z0-9-]{1,32}(?:/[0-9a-z]+){2}|listener-rule/app/[A-Za-z0-9-]{1,32}(?:/[0-9a-z]+){3})$`)

	awsSecret    = regexp.MustCompile(`^arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}(:.*)?$`)
	secretPart   = regexp.MustCompile(`^:[^:\s]*:[^:\s]*:[^:\s]*$`) // its JSON key, stage and version
	awsParameter = regexp.MustCompile(`^(arn:aws(-[a-z]+)*:ssm:[a-z0-9-]+:[0-9]{12}:parameter)?(/[A-Za-z0-9_.-]+)+$`)
)

func (s *source) checkECS(path string, p Platform) {
	at := func(key string) string { return under(path, key) }
	for key, text := range map[string]string{"cluster": p.Cluster, "service": p.Service, "beside": p.Beside, "container": p.Container} {
		s.checkECSName(at(key), text)
	}
	s.must(p.Beside != p.Service || !s.has(at("service")), at("beside"), "beside is the service itself", "name the second service of the pair")
	hint := "write it like us-east-1"
	if awsZone.MatchString(p.Region) {
		hint = "that is a zone; its region is " + strconv.Quote(p.Region[:len(p.Region)-1])
	}
	s.must(awsRegion.MatchString(p.Region), at("region"), "region "+strconv.Quote(p.Region)+" is not a region", hint)
	s.checkRule(at("rule"), p.Rule)
	s.must(address(p.TestURL), at("test_url"), "test_url "+strconv.Quote(p.TestURL)+" is not the address of a listener", "write https://test.example.com")
	s.checkTaskSize(path, p)
	within := time.Duration(p.Within)
	s.must(within >= shortestMove && within <= longestMove, at("within"), "within "+within.String()+" is out of range", "1m to 24h")
	gives := time.Duration(p.GivesUp)
	s.must(gives >= leastGivesUp && gives <= mostGivesUp && gives%time.Minute == 0, at("gives_up"), "gives_up "+gives.String()+" is out of range", "whole minutes, 10m to 336h")
	s.checkVariables(path, p, deploy.ECS)
	s.checkTaskDefinition(at("task_definition"), p.TaskDefinition)
}

func (s *source) checkECSName(path, text string) {
	s.must(ecsName.MatchString(text), path, last(path)+" "+strconv.Quote(text)+" is not a name", "letters, digits, - and _; not an ARN")
	s.must(len(text) <= longestECSName, path, fmt.Sprintf("%s has %d characters, at most %d are allowed", last(path), len(text), longestECSName), "")
}

func (s *source) checkRule(path, arn string) {
	hint := "write arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener-rule/app/… or …:listener/app/…"
	switch {
	case strings.Contains(arn, ":loadbalancer/"):
		hint = "that is a load balancer; write the ARN of its listener, or of one of that listener's rules"
	case strings.Contains(arn, ":targetgroup/"):
		hint = "that is a target group; write the ARN of the rule that forwards to it"
	case strings.Contains(arn, "/net/"):
		hint = "that is of a network load balancer; only rules and listeners of an application load balancer have weights here"
	}
	s.must(listener.MatchString(arn), path, "rule "+strconv.Quote(arn)+" is not a listener rule or a listener", hint)
}

func (s *source) checkTaskSize(path string, p Platform) {
	_, ok := p.CPU.units()
	s.must(ok, under(path, "cpu"), "cpu "+strconv.Quote(string(p.CPU))+" is not a size of ECS", `units, 1024 of which are one CPU: 128 to 196608, or "1 vCPU"`)
	hint := `MiB from 4, such as 1024, or "2 GB"`
	if bytes, ok := byteSize(string(p.Memory)); ok {
		hint = "write " + strconv.FormatInt(bytes>>20, 10) + ": ECS counts in MiB"
	}
	_, ok = p.Memory.mib()
	s.must(ok, under(path, "memory"), "memory "+strconv.Quote(string(p.Memory))+" is not a size of ECS", hint)
}

// ecsSecretFlaw says why a text is not what ECS takes a variable's value from; msg is empty if it is.
func ecsSecretFlaw(text string) (msg, hint string) {
	if m := awsSecret.FindStringSubmatch(text); m != nil {
		if m[1] != "" && !secretPart.MatchString(m[1]) {
			return "has some of a secret's JSON key, stage and version", "write all three after the name, empty where there is none: …:json-key::"
		}
		return "", ""
	}
	if awsParameter.MatchString(text) {
		return "", ""
	}
	return "does not name a secret or a parameter", "write the ARN of a secret of Secrets Manager, or the ARN or the name (/coditect/api-key) of a parameter, never the value"
}
