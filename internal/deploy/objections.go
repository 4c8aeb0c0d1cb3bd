package deploy

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// The rules of an image policy, in the order in which objections come.
const (
	ruleAge             = "age"
	ruleSize            = "size"
	ruleLabels          = "labels"
	ruleScan            = "scan"
	ruleVulnerabilities = "vulnerabilities"
	ruleSignature       = "signature"
)

// Objections is what a policy has against an image, in the order age, size, labels, scan, vulnerabilities, signature; at
// most one for each rule. What a rule asks about and the evidence does not say is objected to as well: an image that
// hides its age is not young. A limit itself is kept: an image of exactly MaxAge is not too old.
func (p ImagePolicy) Objections(e Evidence, now time.Time) []Objection {
	var out []Objection
	add := func(rule, text string) {
		if text != "" {
			out = append(out, Objection{Rule: rule, Text: text})
		}
	}
	add(ruleAge, p.tooOld(e, now))
	add(ruleSize, p.tooLarge(e.Image))
	add(ruleLabels, p.unlabelled(e.Details))
	if p.Scan != nil {
		add(ruleScan, p.Scan.unscanned(e, now))
		if e.Scan != nil {
			add(ruleVulnerabilities, p.Scan.found(*e.Scan, now))
		}
	}
	if len(p.Signature) > 0 {
		add(ruleSignature, e.Unsigned)
	}
	return out
}

// reproducible is before any image was built: builders that leave the time out write the beginning of an epoch (1970,
// 1980) instead.
var reproducible = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// built is when the image was built; the label stands in where the configuration has the beginning of an epoch.
func (e Evidence) built() (time.Time, bool) {
	if e.Image.Built.After(reproducible) {
		return e.Image.Built, true
	}
	at, err := time.Parse(time.RFC3339, e.Details.Labels["org.opencontainers.image.created"])
	return at, err == nil && at.After(reproducible)
}

func (p ImagePolicy) tooOld(e Evidence, now time.Time) string {
	if p.MaxAge <= 0 {
		return ""
	}
	built, known := e.built()
	switch age := now.Sub(built); {
	case !known:
		return "the image does not say when it was built; it may be at most " + inDays(p.MaxAge) + " old"
	case age > p.MaxAge:
		return fmt.Sprintf("built on %s, %s ago, at most %s are allowed", onDate(built), inDays(age), inDays(p.MaxAge))
	}
	return ""
}

func (p ImagePolicy) tooLarge(img Image) string {
	switch {
	case p.MaxSize <= 0 || img.Size > 0 && img.Size <= p.MaxSize:
		return ""
	case img.Size <= 0:
		return "it is not known how large the image is; it may be at most " + sized(p.MaxSize)
	default:
		return fmt.Sprintf("%s to download, at most %s are allowed (%s and %s bytes)", sized(img.Size), sized(p.MaxSize), Thousands(img.Size), Thousands(p.MaxSize))
	}
}

func (p ImagePolicy) unlabelled(d ImageDetails) string {
	var missing []string
	for _, l := range p.Labels {
		if strings.TrimSpace(d.Labels[l]) == "" {
			missing = append(missing, l)
		}
	}
	switch {
	case len(missing) == 0:
		return ""
	case len(p.Labels) == 1:
		return "the label " + missing[0] + " is missing"
	default:
		return fmt.Sprintf("%d of %d labels are missing: %s", len(missing), len(p.Labels), strings.Join(missing, ", "))
	}
}

func (s ScanPolicy) unscanned(e Evidence, now time.Time) string {
	if e.Scan == nil {
		return "there is no scan of the image: " + cmp.Or(e.Unscanned, "nobody has scanned it")
	}
	if s.MaxAge <= 0 {
		return ""
	}
	switch age := now.Sub(e.Scan.At); {
	case e.Scan.At.IsZero():
		return fmt.Sprintf("the scan (%s) does not say when it was made; it may be at most %s old", e.Scan.Source, inDays(s.MaxAge))
	case age > s.MaxAge:
		return fmt.Sprintf("the scan (%s) is of %s, %s ago, at most %s are allowed: scan the image again", e.Scan.Source, onDate(e.Scan.At), inDays(age), inDays(s.MaxAge))
	}
	return ""
}

func onDate(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// inDays is a duration in days, and in the next smaller unit that is not nought, so that 90 days and a bit do not read as
// the limit of 90 days. Less than two days are as Planned says them, to the second.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return Planned(d.Round(time.Second))
	}
	out := fmt.Sprintf("%s days", Thousands(int64(d/day)))
	switch rest := d % day; {
	case rest >= time.Hour:
		out += fmt.Sprintf(" %d h", rest/time.Hour)
	case rest >= time.Minute:
		out += fmt.Sprintf(" %d min", rest/time.Minute)
	case rest > 0:
		out += fmt.Sprintf(" %d s", (rest+time.Second-1)/time.Second)
	}
	return out
}

// sized is a size to the second place: 1 GiB, 1.25 GiB, 512 MiB, 700 B.
func sized(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	text := fmt.Sprintf("%.2f", size)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " " + units[unit]
}
