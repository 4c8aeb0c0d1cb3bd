package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"cloud.google.com/go/cloudsqlconn"
	"cloud.google.com/go/cloudsqlconn/errtype"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
)

// Dialer reaches databases through Google's connector: TLS with certificates of an hour, and the bot's own account for a
// password. It is made at the first call and kept, so that who has no database pays nothing for it: no look for
// credentials, no key, no connection. Its methods may be called from any goroutine.
type Dialer struct {
	endpoint string
	private  bool
	plain    bool
	extra    []cloudsqlconn.Option

	turn   chan struct{} // held by whoever looks at the rest
	made   *cloudsqlconn.Dialer
	closed bool
}

// DialerOptions are those of NewDialer; nil means all defaults.
type DialerOptions struct {
	// Endpoint replaces sqladmin.googleapis.com, as in Options. A plain one is a practice range: it has no connector.
	Endpoint string
	// Private takes the instance's private address, from inside its network. Otherwise its public address is taken, or the
	// private one if it has no other.
	Private bool
}

// NewDialer prepares a dialer. It connects to nothing and looks for no credentials. Invalid if the endpoint cannot be
// understood.
func NewDialer(opts *DialerOptions) (*Dialer, error) {
	o := DialerOptions{}
	if opts != nil {
		o = *opts
	}
	conn, err := connect(o.Endpoint) // for its reading of an endpoint; it is never used
	if err != nil {
		return nil, err
	}
	endpoint := o.Endpoint
	if endpoint != "" && !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	return &Dialer{endpoint: endpoint, private: o.Private, plain: conn.Plain(), turn: make(chan struct{}, 1)}, nil
}

// Dial connects to the database server of an instance; what comes is ready for PostgreSQL's protocol without TLS of its
// own, and logs the bot's account in by IAM. Codes: Invalid (no such address, another kind of place), NotFound (no such
// instance in the region), Forbidden, Unavailable. Closing the dialer does not end what it gave.
func (d *Dialer) Dial(ctx context.Context, instance deploy.InstanceRef, region string) (net.Conn, error) {
	doing := "connect to " + instance.String()
	if err := plausible(instance); err != nil {
		return nil, err
	}
	if !names.MatchString(region) {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%.60q cannot be the region of an instance", region), Hint: "correct the region of the database in the catalog"}
	}
	c, err := d.get(ctx)
	if err != nil {
		return nil, explainDial(ctx, doing, instance, region, err)
	}
	conn, err := c.Dial(ctx, instance.Project+":"+region+":"+instance.Name)
	if err != nil {
		return nil, explainDial(ctx, doing, instance, region, err)
	}
	return conn, nil
}

// Close ends it. Closing twice is harmless.
func (d *Dialer) Close() error {
	d.turn <- struct{}{}
	defer func() { <-d.turn }()
	d.closed = true
	if d.made == nil {
		return nil
	}
	made := d.made
	d.made = nil
	if err := made.Close(); err != nil {
		return fmt.Errorf("close the connector of cloud sql: %w", err)
	}
	return nil
}

// get makes the connector at the first call. What went wrong is not kept.
func (d *Dialer) get(ctx context.Context) (*cloudsqlconn.Dialer, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch {
	case d.closed:
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "the connector of Cloud SQL is closed"}
	case d.plain:
		return nil, &deploy.Error{
			Code: deploy.Invalid, Msg: "the practice Cloud SQL has no connector",
			Hint: "give the database a login in the catalog: postgres://USER@HOST:PORT/NAME",
		}
	case d.made != nil:
		return d.made, nil
	}
	// Credentials outlive the call that was first to need them.
	made, err := cloudsqlconn.NewDialer(context.WithoutCancel(ctx), d.options()...)
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "Slipway has no Google credentials it can use",
			Hint: "run `gcloud auth application-default login`, or give the bot a service account", Err: err,
		}
	}
	d.made = made
	return made, nil
}

func (d *Dialer) options() []cloudsqlconn.Option {
	address := cloudsqlconn.WithAutoIP()
	if d.private {
		address = cloudsqlconn.WithPrivateIP()
	}
	opts := []cloudsqlconn.Option{
		cloudsqlconn.WithIAMAuthN(), cloudsqlconn.WithUserAgent("slipway"), cloudsqlconn.WithDefaultDialOptions(address),
		// A certificate is fetched when it is needed, by the call that needs it: a bot that migrates once a week does not
		// fetch one every hour.
		cloudsqlconn.WithLazyRefresh(),
		// It would write to the project's Cloud Monitoring by itself.
		cloudsqlconn.WithBuiltInMetrics(false),
	}
	if d.endpoint != "" {
		opts = append(opts, cloudsqlconn.WithAdminAPIEndpoint(d.endpoint))
	}
	return append(opts, d.extra...)
}

// explainDial makes an error of the connector one of ours.
func explainDial(ctx context.Context, doing string, i deploy.InstanceRef, region string, err error) error {
	e := &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "the instance " + i.Name + " cannot be reached", Hint: "see that the bot is in a network that leads to it", Err: err}
	var (
		known  *deploy.Error
		config *errtype.ConfigError
		answer *googleapi.Error
	)
	switch {
	case ctx.Err() != nil:
		e.Msg, e.Hint, e.Err = "connecting to "+i.Name+" was broken off", "", errors.Join(ctx.Err(), err)
	case errors.As(err, &known):
		return &deploy.Error{Code: known.Code, Op: doing, Err: err}
	case errors.As(err, &answer) && answer.Code == http.StatusNotFound:
		e.Code, e.Msg, e.Hint = deploy.NotFound, fmt.Sprintf("the instance %s of %s does not exist in %s", i.Name, i.Project, region), anInstance(i).hint
	case errors.As(err, &answer) && (answer.Code == http.StatusForbidden || answer.Code == http.StatusUnauthorized):
		e.Code, e.Msg = deploy.Forbidden, "Cloud SQL does not let Slipway connect to "+i.Name
		e.Hint = "grant the bot roles/cloudsql.client and roles/cloudsql.instanceUser on the project"
	case errors.As(err, &answer) && answer.Code == http.StatusTooManyRequests:
		e.Msg, e.Hint = meanings[codes.ResourceExhausted].Msg, quotaHint
	case errors.As(err, &config):
		e.Code, e.Msg = deploy.Invalid, "the instance "+i.Name+" cannot be reached in this way"
		e.Hint = "see which addresses it has (private or public) and in which region it is: `gcloud sql instances describe " + i.Name + "`"
	}
	return e
}
