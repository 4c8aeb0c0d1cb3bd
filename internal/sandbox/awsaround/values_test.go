package awsaround_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsaround"
)

func TestSecretsAreFoundByNameAndLabel(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	client := secretsmanager.NewFromConfig(p.cfg)
	p.Put("rotated", "one")
	p.Put("rotated", "two")
	arn := p.Put("rotated", "three")
	if arn != p.SecretARN("rotated") || !strings.HasPrefix(arn, "arn:aws:secretsmanager:us-east-1:123456789012:secret:rotated-") || len(arn) != len("arn:aws:secretsmanager:us-east-1:123456789012:secret:rotated-AbCdEf") {
		t.Errorf("ARN %s", arn)
	}
	all, err := client.ListSecretVersionIds(t.Context(), &secretsmanager.ListSecretVersionIdsInput{SecretId: aws.String("rotated"), IncludeDeprecated: aws.Bool(true)})
	if err != nil || len(all.Versions) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, c := range []struct{ fact, id, stage, version, value, label string }{
		{"the current one is what is meant", "rotated", "", "", "three", "AWSCURRENT"},
		{"by its label", "rotated", "AWSCURRENT", "", "three", "AWSCURRENT"},
		{"the one before", "rotated", "AWSPREVIOUS", "", "two", "AWSPREVIOUS"},
		{"by its id, without a label any more", "rotated", "", *all.Versions[0].VersionId, "one", ""},
		{"by ARN", arn, "", "", "three", "AWSCURRENT"},
		{"by an ARN without its last letters", arn[:len(arn)-7], "", "", "three", "AWSCURRENT"},
		{"one that was there from the start", awsaround.APIKeyName, "", "", awsaround.APIKey, "AWSCURRENT"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			in := &secretsmanager.GetSecretValueInput{SecretId: &c.id}
			if c.stage != "" {
				in.VersionStage = &c.stage
			}
			if c.version != "" {
				in.VersionId = &c.version
			}
			out, err := client.GetSecretValue(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if *out.SecretString != c.value || strings.Join(out.VersionStages, " ") != c.label || !out.CreatedDate.Equal(noon) {
				t.Errorf("%q %v of %s, want %q %s", *out.SecretString, out.VersionStages, out.CreatedDate, c.value, c.label)
			}
		})
	}
}

func TestWhatIsKnownOfASecretIsNotItsValue(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	client := secretsmanager.NewFromConfig(p.cfg)
	p.Put("rotated", "first-value")
	p.Put("rotated", "second-value")
	p.Put("rotated", "third-value")
	out, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("rotated")})
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]int{}
	for _, stages := range out.VersionIdsToStages {
		labels[strings.Join(stages, " ")]++
	}
	if diff := cmp.Diff(map[string]int{"AWSCURRENT": 1, "AWSPREVIOUS": 1}, labels); diff != "" || *out.Name != "rotated" || *out.ARN != p.SecretARN("rotated") {
		t.Errorf("%s %s, labels (-want +got):\n%s", *out.Name, *out.ARN, diff)
	}
	listed, err := client.ListSecretVersionIds(t.Context(), &secretsmanager.ListSecretVersionIdsInput{SecretId: aws.String("rotated")})
	if err != nil || len(listed.Versions) != 2 {
		t.Errorf("versions with labels: %v, %v", listed, err)
	}
}

func TestSecretsThatAreNotThere(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	client := secretsmanager.NewFromConfig(p.cfg)
	p.Put("once", "only")
	p.Put("gone", "value")
	p.Remove("gone")
	for _, c := range []struct{ fact, id, stage, says string }{
		{"no such secret", "nothing", "", "Secrets Manager can't find the specified secret."},
		{"one that was removed", "gone", "", "Secrets Manager can't find the specified secret."},
		{"the start of a name", "onc", "", "Secrets Manager can't find the specified secret."},
		{"a label that no version has", "once", "AWSPREVIOUS", "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"},
	} {
		in := &secretsmanager.GetSecretValueInput{SecretId: &c.id}
		if c.stage != "" {
			in.VersionStage = &c.stage
		}
		_, err := client.GetSecretValue(t.Context(), in)
		if got := message[*secrettypes.ResourceNotFoundException](err); got != c.says {
			t.Errorf("%s: %s, want %s", c.fact, got, c.says)
		}
	}
	_, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("nothing")})
	if got := message[*secrettypes.ResourceNotFoundException](err); got != "Secrets Manager can't find the specified secret." {
		t.Errorf("DescribeSecret: %s", got)
	}
	if diff := cmp.Diff([]string{awsaround.APIKeyName, awsaround.DatabaseName, "once"}, p.SecretNames()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	client := ssm.NewFromConfig(p.cfg)
	arn := p.PutParameter(awsaround.LogLevelName, "debug", false)
	if arn != "arn:aws:ssm:us-east-1:123456789012:parameter/coditect/production/log-level" {
		t.Errorf("ARN %s", arn)
	}
	get := func(decrypt bool, names ...string) (found map[string]string, invalid []string) {
		out, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: names, WithDecryption: aws.Bool(decrypt)})
		if err != nil {
			t.Fatal(err)
		}
		found = map[string]string{}
		for _, each := range out.Parameters {
			found[*each.Name+aws.ToString(each.Selector)] = string(each.Type) + " " + *each.Value
		}
		return found, out.InvalidParameters
	}
	found, invalid := get(true, awsaround.LogLevelName, awsaround.LogLevelName+":1", awsaround.TokenName, "/nothing", awsaround.LogLevelName+":3", awsaround.LogLevelName+"s")
	if diff := cmp.Diff(map[string]string{awsaround.LogLevelName: "String debug", awsaround.LogLevelName + ":1": "String info", awsaround.TokenName: "SecureString " + awsaround.Token}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/nothing", awsaround.LogLevelName + ":3", awsaround.LogLevelName + "s"}, invalid); diff != "" {
		t.Errorf("invalid (-want +got):\n%s", diff)
	}
	if found, _ := get(false, awsaround.TokenName); strings.Contains(found[awsaround.TokenName], awsaround.Token) {
		t.Errorf("a SecureString that nobody asked to decrypt: %v", found)
	}
	one, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &arn})
	if err != nil || *one.Parameter.Value != "debug" || one.Parameter.Version != 2 || *one.Parameter.ARN != arn {
		t.Errorf("by ARN: %v, %v", one, err)
	}
	p.RemoveParameter(awsaround.TokenName)
	_, err = client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(awsaround.TokenName)})
	if got := message[*ssmtypes.ParameterNotFound](err); !strings.Contains(got, "not found") {
		t.Errorf("removed: %s", got)
	}
	if diff := cmp.Diff([]string{awsaround.LogLevelName}, p.ParameterNames()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	_, err = client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: strings.Split("a b c d e f g h i j k", " ")})
	if !strings.Contains(text(err), "ValidationException") {
		t.Errorf("eleven at once: %v", err)
	}
}

func TestWhatAContainerGetsForItsSecrets(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	database, key := p.SecretARN(awsaround.DatabaseName), p.SecretARN(awsaround.APIKeyName)
	p.Put("rotated", `{"port": 5432}`)
	rotated := p.Put("rotated", `{"port": 5433}`)
	const failed = "ResourceInitializationError: unable to pull secrets or registry auth: "
	for _, c := range []struct{ fact, from, value, says string }{
		{"a whole secret", key, awsaround.APIKey, ""},
		{"a key of a secret", database + ":username::", "coditect", ""},
		{"a key without what may follow", database + ":password", "practice-password", ""},
		{"a key of an earlier version, which is a number", rotated + ":port:AWSPREVIOUS:", "5432", ""},
		{"a version that is not there", rotated + ":port::no-such", "", failed},
		{"a parameter by name", awsaround.LogLevelName, awsaround.LogLevel, ""},
		{"a parameter by ARN, deciphered", "arn:aws:ssm:us-east-1:123456789012:parameter/coditect/production/token", awsaround.Token, ""},
		{"a key that the secret does not have", database + ":colour::", "", "did not contain json key colour"},
		{"a key of a secret that is not JSON", key + ":colour::", "", "is not JSON"},
		{"a secret that is not there", "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing-AbCdEf", "",
			"from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"a parameter that is not there", "/nothing", "", "invalid ssm parameters: /nothing"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			value, err := p.Value(c.from)
			if value != c.value || (err != nil) != (c.says != "") || !strings.Contains(text(err), c.says) {
				t.Errorf("%q, %v; want %q, %q", value, err, c.value, c.says)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), failed) || strings.Contains(err.Error(), "practice-")) {
				t.Errorf("%v does not begin as ECS says it, or says a value", err)
			}
		})
	}
}
