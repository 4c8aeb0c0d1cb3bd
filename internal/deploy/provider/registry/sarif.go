package registry

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// sarif is a report in SARIF 2.1.0, as Trivy, Grype and others write it.
type sarif struct {
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string      `json:"name"`
				Rules []sarifRule `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Invocations []struct {
			End moment `json:"endTimeUtc"`
		} `json:"invocations"`
		Results []sarifResult `json:"results"`
	} `json:"runs"`
}

type sarifRule struct {
	ID         string    `json:"id"`
	Link       string    `json:"helpUri"`
	Help       sarifText `json:"help"`
	Properties struct {
		Score json.RawMessage `json:"security-severity"` // a number, mostly as a string
		Tags  []string        `json:"tags"`
	} `json:"properties"`
}

type sarifResult struct {
	Rule         string            `json:"ruleId"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Suppressions []json.RawMessage `json:"suppressions"`
}

type sarifText struct {
	Text string `json:"text"`
}

var (
	// identifier is the name of a vulnerability at the front of a rule's, behind which Grype writes the package.
	identifier = regexp.MustCompile(`^(CVE-\d{4}-\d+|GHSA(-\w{4}){3})`)
	// said is a line of what Trivy and Grype write for people, which is the only place for package and version.
	said = regexp.MustCompile(`(?m)^(Package|Installed Version|Version|Fixed Version|Fix Version|Severity): *(.*\S)`)
)

func (s *sarif) scan() (deploy.Scan, error) {
	if len(s.Runs) == 0 || !strings.HasPrefix(s.Version, "2.") {
		return deploy.Scan{}, errNoReport
	}
	out := deploy.Scan{Source: "SARIF report of the image"}
	if name := s.Runs[0].Tool.Driver.Name; name != "" {
		out.Source += " by " + name
	}
	for _, run := range s.Runs {
		for _, i := range run.Invocations {
			if i.End.After(out.At) {
				out.At = i.End.Time
			}
		}
		rules := map[string]sarifRule{}
		for _, r := range run.Tool.Driver.Rules {
			rules[r.ID] = r
		}
		for _, r := range run.Results {
			if len(r.Suppressions) == 0 && (r.Kind == "" || r.Kind == "fail") {
				out.Vulnerabilities = append(out.Vulnerabilities, r.finding(rules[r.Rule]))
			}
		}
	}
	return out, nil
}

func (r sarifResult) finding(rule sarifRule) deploy.Vulnerability {
	words := map[string]string{}
	for _, text := range []string{rule.Help.Text, r.Message.Text} {
		for _, m := range said.FindAllStringSubmatch(text, -1) {
			words[m[1]] = m[2]
		}
	}
	first := func(keys ...string) string {
		for _, k := range keys {
			if words[k] != "" {
				return words[k]
			}
		}
		return ""
	}
	out := deploy.Vulnerability{
		ID: r.Rule, Link: rule.Link, Severity: r.severity(rule, words["Severity"]), Package: words["Package"],
		Version: first("Installed Version", "Version"), Fixed: first("Fixed Version", "Fix Version"),
	}
	if id := identifier.FindString(r.Rule); id != "" {
		out.ID = id
	}
	return out
}

// severity is what the report says in words; else the bounds that CVSS gives to scores; else the level, which knows three.
func (r sarifResult) severity(rule sarifRule, word string) deploy.Severity {
	for _, w := range append([]string{word}, rule.Properties.Tags...) {
		if s := severity(w); s != deploy.Unrated {
			return s
		}
	}
	score, err := strconv.ParseFloat(strings.Trim(string(rule.Properties.Score), `"`), 64)
	switch {
	case err == nil && score >= 9:
		return deploy.Critical
	case err == nil && score >= 7:
		return deploy.High
	case err == nil && score >= 4:
		return deploy.Medium
	case err == nil && score > 0:
		return deploy.Low
	}
	switch r.Level {
	case "error":
		return deploy.High
	case "warning", "": // what SARIF means by nothing
		return deploy.Medium
	case "note":
		return deploy.Low
	default:
		return deploy.Unrated
	}
}
