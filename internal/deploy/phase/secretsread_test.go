package phase_test

import (
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestTheLoginOfADatabaseIsASecretThatIsRead(t *testing.T) {
	t.Parallel()
	ports := phase.Ports{Secrets: vault{"migrations-url": "postgres://slipway@db/app"}}
	for name, c := range map[string]struct {
		database *deploy.DatabaseSpec
		n        int
		code     deploy.Code
	}{
		"there is no database":       {nil, 0, ""},
		"it is there":                {&deploy.DatabaseSpec{Login: "${secret:migrations-url}"}, 1, ""},
		"it is missing":              {&deploy.DatabaseSpec{Login: "postgres://slipway:${secret:password}@db/app"}, 1, deploy.NotFound},
		"nothing is done with it":    {&deploy.DatabaseSpec{Login: "${secret:password}", Off: "there is none here"}, 0, ""},
		"it is a user of Cloud SQL":  {&deploy.DatabaseSpec{User: "slipway@my-gcp-project.iam"}, 0, ""},
		"two parts of it are secret": {&deploy.DatabaseSpec{Login: "postgres://slipway:${secret:migrations-url}@${secret:host}/app"}, 2, deploy.NotFound},
	} {
		n, err := ports.CheckSecrets(t.Context(), deploy.Spec{Database: c.database})
		if code := deploy.CodeOf(err); n != c.n || code != c.code {
			t.Errorf("%s: %d secrets, %v", name, n, err)
		}
	}
}
