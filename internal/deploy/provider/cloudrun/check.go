package cloudrun

import (
	"context"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/deploy"
)

var _ deploy.Inspector = (*Platform)(nil)

// Check says what stands between Slipway and a release of this service; nothing if it could begin now. Each
// problem has a Hint. It changes nothing: whether Slipway may deploy is found out by a dry run of the live
// template, which also needs the right to act as the account that the service runs as.
func (p *Platform) Check(ctx context.Context, s deploy.ServiceRef) []error {
	doing := "check " + s.String()
	live, err := p.service(ctx, s)
	if err != nil {
		return []error{explain(ctx, doing, aService(s), err)}
	}
	var problems []error
	if err := p.dryRun(ctx, live); err != nil {
		problems = append(problems, explain(ctx, doing, aService(s), err))
	}
	if words := unrest(live); words != "" {
		problems = append(problems, &deploy.Error{
			Code: deploy.NotYet, Op: doing, Msg: s.Name + " is not at rest: " + words,
			Hint: "wait for the change in progress, or repair the service, before the first release",
		})
	}
	if _, err := (deploy.Service{Ref: s, Traffic: reported(live)}).Baseline(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

func (p *Platform) dryRun(ctx context.Context, live *runpb.Service) error {
	template := proto.CloneOf(live.GetTemplate())
	template.Revision = "" // its name is taken
	_, err := write(ctx, p, func(ctx context.Context, c *clients) (struct{}, error) {
		_, err := c.services.UpdateService(ctx, &runpb.UpdateServiceRequest{
			Service:      &runpb.Service{Name: live.GetName(), Template: template, Etag: live.GetEtag()},
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"template"}},
			ValidateOnly: true,
		})
		return struct{}{}, err
	})
	return err
}
