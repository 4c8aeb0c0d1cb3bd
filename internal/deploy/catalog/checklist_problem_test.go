package catalog_test

import "strings"

var groupProblems = []broken{
	{"no problem there", "", "", ``},
	{"an empty file", listed, "", `1:1: the file is empty; describe a checklist, or delete the file`},
	{"no list", listed, "groups: yes\n", `1:9: groups must be a list, not text`},
	{"no groups", listed, "groups: []\n", `1:9: groups is empty; name one and its items, or take the checklist away`},
	{"another key", "groups:", "group:", `1:1: unknown key "group"; did you mean "groups"?`},
	{"text only", listed, "Security\n", `1:1: a checklist must be a mapping of keys to values, not text`},
	{"a second document", "  - name: Testing & quality", "---\n  - name: Testing & quality", `7:3: a second document in the file; write one file per checklist`},
	{"a group without a name", "  - name: Security\n    items:", "  - items:", `2:5: the group has no name`},
	{"a group without items", listed[strings.Index(listed, "  - name: Testing"):], "  - name: Testing\n", `6:5: the group has no items`},
	{"a group of no items", listed[strings.Index(listed, "  - name: Testing"):], "  - {name: Testing, items: []}\n", `6:28: items is empty; write one, or take the group out`},
	{"two groups that are one", "Testing & quality", "security!", `6:11: group "security!" stands here twice; the other is on line 2`},
	{"a group without a letter", "Testing & quality", `"&"`, `6:11: name "&" has no letter and no digit; its items are kept under it`},
	{"the group of the image policy", "Testing & quality", "Image", `6:11: name "Image" is that of the image policy's own items; write another, such as Images`},
	{"a long name", "Testing & quality", strings.Repeat("x", 41), `6:11: name has 41 characters, at most 40 are allowed`},
}

var itemProblems = []broken{
	{"an item without anything", "{key: way, text: A way back}", "{}", `9:9: the item has no key
9:9: the item has no text`},
	{"a key that cannot be", "key: way", "key: Way_Back", `9:15: key "Way_Back" is not a key; lower case letters, digits and hyphens`},
	{"a long key", "key: way", "key: " + strings.Repeat("x", 31), `9:15: key has 31 characters, at most 30 are allowed`},
	{"one key twice", "key: way", "key: staging", `9:15: item "staging" stands here twice; the other is on line 8`},
	{"one key in two groups", "key: way", "key: scan", ``},
	{"a long text", "A way back", strings.Repeat("x", 81), `9:26: text has 81 characters, at most 80 are allowed`},
	{"an owner that cannot be", `owner: "@platform"`, "owner: Bob", `5:51: "Bob" is not a person or group; write a user id (U…), a user group id (S…) or a group's handle ("@oncall")`},
	{"no time", "lasts: 24h", "lasts: 0s", `5:71: lasts 0s is out of range; more than 0s, at most 8784h`},
	{"too much time", "lasts: 24h", "lasts: 10000h", `5:71: lasts 10000h0m0s is out of range; more than 0s, at most 8784h`},
	{"a proof that lasts", "prove: scan", "prove: scan, lasts: 24h", `4:60: lasts stands beside prove; a machine looks again for every release`},
	{"a key that is nearly known", "lasts: 24h", "last: 24h", `5:64: unknown key "last"; did you mean "lasts"?`},
}

var proofProblems = []broken{
	{"an unknown proof", "prove: scan", "prove: scann", `4:47: unknown proof "scann"; did you mean "scan"?`},
	{"an unknown proof in a mapping", "kind: check,", "kind: chek,", `8:59: unknown proof "chek"; did you mean "check"?`},
	{"no kind", "{kind: check, arg: Uploads}", "{arg: Uploads}", `8:52: prove has no kind; there is image, scan, secrets, https, certificate, dns, url, alerts, on-call, metrics, live-in, checks, check, way-back`},
	{"a list", "prove: scan", "prove: [scan]", `4:47: prove must be a kind of proof, or a mapping of kind and arg, not a list`},
	{"an arg too many", "prove: scan", "prove: {kind: scan, arg: x}", `4:65: prove scan takes no arg; take it out`},
	{"no arg", "{kind: check, arg: Uploads}", "check", `8:52: prove check needs an arg; write {kind: check, arg: …}: the name of a check of a dependency`},
	{"no arg in a mapping", "{kind: check, arg: Uploads}", "{kind: certificate}", `8:52: prove certificate needs an arg; write {kind: certificate, arg: …}: for how long it must still be good: 336h`},
	{"a time that is none", "{kind: check, arg: Uploads}", "{kind: certificate, arg: 14d}", `8:77: arg "14d" is not what prove certificate takes; for how long it must still be good: 336h`},
	{"an address that is none", "{kind: check, arg: Uploads}", "{kind: https, arg: example.com}", `8:71: arg "example.com" is not what prove https takes; another address than the service's: https://www.example.com`},
	{"a name that is none", "{kind: check, arg: Uploads}", "{kind: dns, arg: https://example.com}", `8:69: arg "https://example.com" is not what prove dns takes; another name than that of the service's address: www.example.com`},
	{"a path that is none", "{kind: check, arg: Uploads}", "{kind: url, arg: health}", `8:69: arg "health" is not what prove url takes; the path that must answer: /health`},
	{"a stage that is none", "{kind: check, arg: Uploads}", "{kind: checks, arg: smok}", `8:72: arg "smok" is not what prove checks takes; the stage of which there must be checks: smoke or functional`},
	{"a check that there is not", "arg: Uploads", "arg: Upload", `8:71: app/staging has no check of a dependency called "Upload"; did you mean "Uploads"?`},
	{"a check that is no dependency", "arg: Uploads", "arg: Script", `8:71: app/staging has no check of a dependency called "Script"; there is Database, Uploads, Probe`},
	{"an environment that there is not", "{kind: check, arg: Uploads}", "{kind: live-in, arg: stagin}", `8:73: app has no other environment "stagin"; there is production`},
	{"the environment itself", "{kind: check, arg: Uploads}", "{kind: live-in, arg: staging}", `8:73: app/staging cannot be proved by itself; name another environment, or give this one another checklist`},
	{"metrics that there are not", "prove: scan", "prove: metrics", `4:47: app/staging has no metrics; this can never be proved there; people may attest it instead`},
	{"what may be proved", "prove: scan", "prove: https", ``},
}
