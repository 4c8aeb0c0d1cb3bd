package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"slipway/internal/deploy"
)

// Limits of Slipway's own.
const (
	mostItems        = 100
	longestGroup     = 40 // characters of a group's name, and of a key: both are in what Slack sends back
	longestKey       = 30
	longestLasts     = 8784 * time.Hour // a year
	longestWarning   = 8784 * time.Hour
	defaultLasts     = 30 * 24 * time.Hour
	ofTheImagePolicy = "image" // what it objects to is kept under image/RULE
)

var itemKey = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// proving is a kind of proof, and what its arg says; no words mean that it has none.
type proving struct {
	kind     deploy.ProofKind
	arg      string
	required bool
}

// provable are the kinds of proofs, in the order in which people are shown them.
var provable = []proving{
	{deploy.ProveImage, "", false}, {deploy.ProveScan, "", false}, {deploy.ProveSecrets, "", false},
	{deploy.ProveHTTPS, "another address than the service's: https://www.example.com", false},
	{deploy.ProveCertificate, "for how long it must still be good: 336h", true},
	{deploy.ProveDNS, "another name than that of the service's address: www.example.com", false},
	{deploy.ProveURL, "the path that must answer: /health", true},
	{deploy.ProveAlerts, "", false}, {deploy.ProveOnCall, "", false}, {deploy.ProveMetrics, "", false},
	{deploy.ProveLiveIn, "the environment in which it must be live: staging", true},
	{deploy.ProveChecks, "the stage of which there must be checks: smoke or functional", true},
	{deploy.ProveCheck, "the name of a check of a dependency", true},
	{deploy.ProveWayBack, "", false},
}

// checkGroups checks each value of a checklist by itself, where it stands.
func (s *source) checkGroups() {
	if !s.has("groups") {
		s.problem("groups", "the checklist has no groups", "")
	}
	s.must(len(s.checklist.Groups) > 0, "groups", "groups is empty", "name one and its items, or take the checklist away")
	first, items := map[string]string{}, 0
	for i, g := range s.checklist.Groups {
		at := item("groups", i)
		s.checkGroup(at, g)
		s.checkOnce(under(at, "name"), "group "+strconv.Quote(g.Name), slug(g.Name), first)
		for j, it := range g.Items {
			where := item(under(at, "items"), j)
			s.checkItem(where, it)
			s.checkOnce(under(where, "key"), "item "+strconv.Quote(it.Key), g.full(it), first)
			if items++; items == mostItems+1 {
				s.problem(where, fmt.Sprintf("there are more than %d items", mostItems), "")
			}
		}
	}
}

// checkOnce reports a second of a name or key.
func (s *source) checkOnce(path, what, key string, first map[string]string) {
	if key == "" || s.excused(path) {
		return
	}
	if other, twice := first[key]; twice {
		s.problem(path, what+" stands here twice", "the other is on line "+strconv.Itoa(s.places[other].value.line))
		return
	}
	first[key] = path
}

func (s *source) checkGroup(path string, g Group) {
	name := under(path, "name")
	for _, key := range []string{"name", "items"} {
		if !s.has(under(path, key)) {
			s.problem(under(path, key), "the group has no "+key, "")
		}
	}
	s.checkCalled(name, g.Name)
	s.must(utf8.RuneCountInString(g.Name) <= longestGroup, name, fmt.Sprintf("name has %d characters, at most %d are allowed", utf8.RuneCountInString(g.Name), longestGroup), "")
	s.must(slug(g.Name) != "", name, "name "+strconv.Quote(g.Name)+" has no letter and no digit", "its items are kept under it")
	s.must(slug(g.Name) != ofTheImagePolicy, name, "name "+strconv.Quote(g.Name)+" is that of the image policy's own items", "write another, such as Images")
	s.must(len(g.Items) > 0, under(path, "items"), "items is empty", "write one, or take the group out")
}

func (s *source) checkItem(path string, it Item) {
	at := func(key string) string { return under(path, key) }
	for _, key := range []string{"key", "text"} {
		if !s.has(at(key)) {
			s.problem(at(key), "the item has no "+key, "")
		}
	}
	s.must(itemKey.MatchString(it.Key), at("key"), "key "+strconv.Quote(it.Key)+" is not a key", "lower case letters, digits and hyphens")
	s.must(len(it.Key) <= longestKey, at("key"), fmt.Sprintf("key has %d characters, at most %d are allowed", len(it.Key), longestKey), "")
	s.checkCalled(at("text"), it.Text)
	s.checkPrincipal(at("owner"), it.Owner)
	lasts := time.Duration(it.Lasts)
	s.must(it.Prove == nil, at("lasts"), "lasts stands beside prove", "a machine looks again for every release")
	s.must(lasts > 0 && lasts <= longestLasts, at("lasts"), "lasts "+lasts.String()+" is out of range", "more than 0s, at most 8784h")
	if it.Prove != nil {
		s.checkProve(at("prove"), *it.Prove)
	}
}

func (s *source) checkProve(path string, p Prove) {
	kinds := make([]string, len(provable))
	for i, k := range provable {
		kinds[i] = string(k.kind)
	}
	kind, arg := under(path, "kind"), under(path, "arg")
	if !s.has(kind) {
		kind = path // it stands alone, or there is none
	}
	at := slices.Index(kinds, p.Kind)
	if p.Kind == "" {
		s.problem(path, "prove has no kind", didYouMean("", kinds))
	}
	s.must(at >= 0, kind, "unknown proof "+strconv.Quote(p.Kind), didYouMean(p.Kind, kinds))
	if at < 0 {
		return
	}
	k := provable[at]
	s.must(k.arg != "", arg, "prove "+p.Kind+" takes no arg", "take it out")
	if k.required && !s.has(arg) {
		s.problem(path, "prove "+p.Kind+" needs an arg", "write {kind: "+p.Kind+", arg: …}: "+k.arg)
	}
	s.must(goodArg(k.kind, p.Arg), arg, "arg "+strconv.Quote(p.Arg)+" is not what prove "+p.Kind+" takes", k.arg)
}

// goodArg says whether the arg of a proof can be read. What it names is looked for in each environment.
func goodArg(kind deploy.ProofKind, arg string) bool {
	switch kind {
	case deploy.ProveHTTPS:
		return address(arg)
	case deploy.ProveCertificate:
		d, err := time.ParseDuration(arg)
		return err == nil && d > 0 && d <= longestWarning
	case deploy.ProveDNS:
		return hostName.MatchString(arg)
	case deploy.ProveURL:
		return urlPath.MatchString(arg)
	case deploy.ProveChecks:
		return slices.Contains(stages, arg)
	case deploy.ProveLiveIn, deploy.ProveCheck:
		return arg != ""
	case deploy.ProveImage, deploy.ProveScan, deploy.ProveSecrets, deploy.ProveAlerts, deploy.ProveOnCall, deploy.ProveMetrics, deploy.ProveWayBack:
	}
	return true
}
