package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/grpc/codes"
)

// FaultUsage lists every fault that can be switched on, a line each.
const FaultUsage = `cloudrun KIND [METHOD] [times=N] [code=UNAVAILABLE] [delay=2s]   refuse, delay, late-effect, never-answer, lose-answer, late-answer, etag-conflict, settle-stuck, revision-stuck, traffic-skew, execution-fails, execution-stuck
app VERSION [errors=5%] [latency=300ms] [message="TEXT"] [cpu=95%] [memory=97%] [broken=PATH] [unhealthy] [crash] [says=VERSION]   how the sample application behaves in that version
traffic N/s [service=NAME]   requests that practice users send each second
monitoring down | monitoring up | monitoring [late=30s] [slow=5s] [missing] [nan] [refuse=PERMISSION_DENIED]   Cloud Monitoring
logging down | logging up   Cloud Logging
secrets down | secrets up | secrets missing NAME | secrets denied NAME   Secret Manager; NAME such as api-key
scans down | scans up | scans denied | scans scanning   Artifact Analysis
storage denied BUCKET   Cloud Storage; such as my-gcp-project-uploads
checklist forgotten   nobody has attested anything; only people can mend it, and only with the sandbox's own Redis
database connections=96% [instance=NAME]   of those that it takes, as Cloud Monitoring reports them
cloudsql KIND [METHOD] [times=N] [code=UNAVAILABLE] [delay=2s] [instance=NAME]   Cloud SQL: refuse, quota, delay, late-effect, late-answer, lose-answer, backup-fails, operation-stuck, not-running; METHOD such as BackupRuns.Insert
aws KIND [OPERATION] [times=N] [error=CODE] [delay=2s]   any API of AWS: refuse, lose-answer, never-answer, late, expired; OPERATION such as UpdateService or ecs.DescribeServices
ecs no-capacity|capacity|crash N|scale N|unknown-stage NAME|time-out|force-new-deployment service=NAME   what goes wrong with a service of ECS, and what people do there
elb weights 70/30 service=NAME   a person moves weights by hand
slack METHOD [status=500] [error=NAME] [retry-after=2s] [delay=1s] [lose-reply] [times=N]   METHOD such as chat.update, or *
slack down | slack up | slack refuse-acks | slack disconnect REASON | slack drop   REASON: warning, refresh_requested, link_disabled
registry down | registry slow=2s | registry unauthorised
redis down | redis up   only with the sandbox's own Redis
bot down | bot up   Slipway itself stops, and another one begins; only with the sandbox's own bot`

// fault is a line of FaultUsage taken apart.
type fault struct {
	where string
	words []string
	opts  map[string]string
}

func parseFault(line string) (fault, error) {
	fields, err := words(line)
	if err != nil {
		return fault{}, err
	}
	if len(fields) < 2 {
		return fault{}, fmt.Errorf("%q is not a fault; there are:\n%s", line, FaultUsage)
	}
	f := fault{where: fields[0], opts: map[string]string{}}
	for _, w := range fields[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			f.opts[key] = value
		} else {
			f.words = append(f.words, w)
		}
	}
	return f, nil
}

// words cuts a line at its spaces, but not inside of "…", where \" is a quote. The outer quotes are taken off.
func words(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	begun, quoted, escaped := false, false, false
	for _, c := range line {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			begun, quoted = true, !quoted
		case !quoted && unicode.IsSpace(c):
			if begun {
				out = append(out, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is not closed in %s", line)
	}
	if begun {
		out = append(out, word.String())
	}
	return out, nil
}

func (f fault) duration(key string) (time.Duration, error) {
	v, ok := f.opts[key]
	if !ok {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s=%s is not a time such as 2s", key, v)
	}
	return d, nil
}

func (f fault) number(key string) (int, error) {
	v, ok := f.opts[key]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s=%s is not a number", key, v)
	}
	return n, nil
}

func (f fault) percentage(key string) (float64, error) {
	v, ok := f.opts[key]
	if !ok {
		return 0, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
	if err != nil || !(percent >= 0 && percent <= 100) {
		return 0, fmt.Errorf("%s=%s is not a percentage such as 5%%", key, v)
	}
	return percent, nil
}

// code is a gRPC code by name, OK where there is none.
func (f fault) code(key string) (codes.Code, error) {
	name, ok := f.opts[key]
	if !ok {
		return codes.OK, nil
	}
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(strconv.Quote(name))); err != nil {
		return codes.OK, fmt.Errorf("%s=%s is not a gRPC code such as UNAVAILABLE", key, name)
	}
	return code, nil
}

func (f fault) word(i int) string {
	if i < len(f.words) {
		return f.words[i]
	}
	return ""
}

func (f fault) has(word string) bool { return slices.Contains(f.words, word) }

// only refuses options that nobody would look at, so that a misspelt one does not pass for a fault that is on.
func (f fault) only(options ...string) error {
	for key := range f.opts {
		if !slices.Contains(options, key) {
			return fmt.Errorf("%s= means nothing to %q; there are:\n%s", key, f.where, FaultUsage)
		}
	}
	return nil
}

// flags refuses words from place i on that are none of known.
func (f fault) flags(i int, known ...string) error {
	for ; i < len(f.words); i++ {
		if !slices.Contains(known, f.words[i]) {
			return fmt.Errorf("%q means nothing to %q; there are:\n%s", f.words[i], f.where, FaultUsage)
		}
	}
	return nil
}
