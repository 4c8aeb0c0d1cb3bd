package phase

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

// CheckSecrets says which of the secrets that a spec refers to are missing, or may not be used; n is how many there are.
// It changes nothing and keeps no value.
func (p Ports) CheckSecrets(ctx context.Context, s deploy.Spec) (n int, err error) {
	l := &looking{Ports: p, r: deploy.Release{Spec: s}}
	n = len(unique(settingSecrets(s))) + len(unique(secretsRead(s)))
	return n, l.proveSecrets(ctx)
}

// settingSecrets are those of Secret Manager that settings refer to. On ECS they are AWS's, which the platform looks at
// itself: see deploy.Verifier.
func settingSecrets(s deploy.Spec) []string {
	if s.Platform.Service.Kind != deploy.CloudRun {
		return nil
	}
	return slices.Collect(maps.Values(s.Platform.Settings.Secrets))
}

// secretsProject is where secrets are that are named without their project.
func secretsProject(s deploy.Spec) string {
	if s.Platform.Service.Kind != deploy.CloudRun && s.Database != nil {
		return s.Database.Instance.Project
	}
	return s.Platform.Service.Project
}

// proveSecrets makes sure that every secret that settings refer to is there in its version, and that those that checks and
// the login of a database refer to can be read: those are read by the bot itself. All that is missing is in one error.
func (l *looking) proveSecrets(ctx context.Context) error {
	project := secretsProject(l.r.Spec)
	var calls []func() error
	for _, ref := range unique(settingSecrets(l.r.Spec)) {
		if l.Versions == nil {
			return cannot("this Slipway cannot see the versions of secrets")
		}
		calls = append(calls, func() error {
			in, name, version := secretRef(project, ref)
			_, err := l.Versions.Version(ctx, in, name, version)
			return err
		})
	}
	for _, name := range unique(secretsRead(l.r.Spec)) {
		if l.Secrets == nil {
			return cannot("this Slipway reads no secrets")
		}
		calls = append(calls, func() error {
			_, err := l.Secrets.Value(ctx, project, name)
			return err
		})
	}
	errs := make([]error, len(calls))
	var all together
	for i, call := range calls {
		all.begin(func() { errs[i] = call() })
	}
	all.wait()
	return worst(slices.DeleteFunc(errs, func(err error) bool { return err == nil }))
}

// worst makes one error of several: those that will not pass by themselves, if there are any.
func worst(errs []error) error {
	if final := slices.DeleteFunc(slices.Clone(errs), deploy.Retryable); len(final) > 0 {
		errs = final
	}
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	var texts []string
	for _, err := range errs {
		if code := deploy.CodeOf(err); code == deploy.Internal || code == deploy.Fenced {
			return err
		}
		texts = append(texts, deploy.Message(err))
	}
	return &deploy.Error{Code: deploy.CodeOf(errs[0]), Op: "look at secrets", Msg: strings.Join(texts, "; "), Err: errors.Join(errs...)}
}

// secretsRead are those that the texts of checks, of load checks and of the login of a database stand for. With a database
// that is off nothing is done.
func secretsRead(s deploy.Spec) []string {
	var texts []string
	if d := s.Database; d != nil && d.Off == "" {
		texts = append(texts, d.Login)
	}
	call := func(c deploy.Call) {
		texts = append(texts, c.Path, c.Body)
		texts = slices.AppendSeq(texts, maps.Values(c.Headers))
	}
	for _, c := range s.Checks {
		for _, x := range slices.Concat(c.Calls, c.Cleanup) {
			call(x)
		}
		if c.Dependency != nil {
			texts = append(texts, c.Dependency.Address)
		}
	}
	for _, c := range s.Loads {
		for _, x := range c.Targets {
			call(x)
		}
	}
	var secrets []string
	for _, text := range texts {
		parsed, err := placeholder.Parse(text)
		if err != nil {
			continue // the check itself says so
		}
		for _, name := range parsed.Names() {
			if secret, is := placeholder.Secret(name); is {
				secrets = append(secrets, secret)
			}
		}
	}
	return secrets
}

// unique sorts, and names everything once.
func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
