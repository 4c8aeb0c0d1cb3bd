package cloudwatch

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"slipway/internal/deploy"
)

// needed is a metric that has to be known: one of several places where it may be.
type needed struct {
	name   string // as people are told
	places []metrics.ListMetricsInput
	hint   string
}

const (
	trafficHint  = "see that the region is right in the catalog, and that an Application Load Balancer there has had requests"
	taskHint     = "see that region and cluster are right in the catalog, and that a service has run there"
	databaseHint = "correct the instance in the catalog (its identifier, as `aws rds describe-db-instances` shows it), or start it"
)

// Check asks for each metric that a reading would ask for: whether any load balancer of the region has it, or any service of
// the cluster, and whether the database has been reported lately. Whether the service has been is not asked: a new one has
// not, nor has one that never failed any failures.
func (c *CloudWatch) Check(ctx context.Context, s deploy.ServiceRef, spec deploy.MetricsSpec) error {
	doing := "check the metrics of " + s.String()
	within, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	wanted := wantsOf(&spec)
	var problems []error
	if wanted.connections {
		if err := named(doing, spec.Database); err != nil {
			problems, wanted.connections = append(problems, err), false
		}
	}
	client, err := c.in(within, s.Region)
	if err != nil {
		return c.explain(ctx, ofMetrics, doing, err)
	}
	for _, n := range wanted.metrics(s, spec.Database) {
		known, err := n.known(within, client.metrics)
		if err != nil {
			// It is about the source, and the others would say the same.
			if err = c.explain(ctx, ofMetrics, doing, err); deploy.CodeOf(err) == deploy.Forbidden {
				c.forget(s.Region)
			}
			return err
		}
		if !known {
			problems = append(problems, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: "CloudWatch knows no " + n.name + " in " + s.Region, Hint: n.hint})
		}
	}
	return together(doing, problems)
}

// metrics are those that a reading asks for.
func (w wants) metrics(s deploy.ServiceRef, d *deploy.DatabaseMetrics) []needed {
	of := func(namespace, name string, dims ...string) metrics.ListMetricsInput {
		in := metrics.ListMetricsInput{Namespace: aws.String(namespace), MetricName: aws.String(name)}
		for i := 0; i+1 < len(dims); i += 2 {
			in.Dimensions = append(in.Dimensions, types.DimensionFilter{Name: aws.String(dims[i]), Value: aws.String(dims[i+1])})
		}
		return in
	}
	traffic := func(name string) needed {
		return needed{name + " of a load balancer", []metrics.ListMetricsInput{of(balancing, name)}, trafficHint}
	}
	tasks := func(m utilisation) needed {
		return needed{m.percent + " of services of the cluster " + s.Project, []metrics.ListMetricsInput{
			of(insights, m.used, "ClusterName", s.Project), of(containers, m.percent, "ClusterName", s.Project),
		}, taskHint}
	}
	var all []needed
	if w.requests {
		all = append(all, traffic(requestCount))
	}
	if w.latency {
		all = append(all, traffic(targetResponseTime))
	}
	if w.cpu {
		all = append(all, tasks(ofCPU))
	}
	if w.memory {
		all = append(all, tasks(ofMemory))
	}
	if w.connections {
		in := of(relational, databaseConnections, "DBInstanceIdentifier", d.Instance)
		in.RecentlyActive = types.RecentlyActivePt3h
		all = append(all, needed{"connections of the database " + d.Instance + " from the last hours", []metrics.ListMetricsInput{in}, databaseHint})
	}
	return all
}

// known says whether it is in any of its places. A page may be empty while CloudWatch still looks.
func (n needed) known(ctx context.Context, client *metrics.Client) (bool, error) {
	for _, in := range n.places {
		for range mostPages {
			out, err := client.ListMetrics(ctx, &in)
			if err != nil {
				return false, err
			}
			if len(out.Metrics) > 0 {
				return true, nil
			}
			if aws.ToString(out.NextToken) == "" {
				break
			}
			in.NextToken = out.NextToken
		}
	}
	return false, nil
}

// together makes one error of several, with the code of the first.
func together(doing string, problems []error) error {
	if len(problems) < 2 {
		for _, err := range problems {
			return err
		}
		return nil
	}
	var msgs, hints []string
	for _, err := range problems {
		msgs = append(msgs, deploy.Message(err))
		if hint := deploy.Hint(err); hint != "" && !strings.Contains(strings.Join(hints, "; "), hint) {
			hints = append(hints, hint)
		}
	}
	return &deploy.Error{
		Code: deploy.CodeOf(problems[0]), Op: doing,
		Msg: strings.Join(msgs, "; "), Hint: strings.Join(hints, "; "),
		Err: problems[0],
	}
}
