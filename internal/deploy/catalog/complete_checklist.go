package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// list is the checklist of the environment; nil if there is none, or it cannot be read.
func (w whole) list() *source {
	if w.folder == nil || w.Checklist == noChecklist {
		return nil
	}
	return w.folder.checklists[w.Checklist]
}

// checkProofs reports in the checklist what can never be proved in this environment.
func (w whole) checkProofs() {
	list := w.list()
	if list == nil {
		return
	}
	for i, g := range list.checklist.Groups {
		for j, it := range g.Items {
			if it.Prove != nil {
				w.checkProof(list, under(item(under(item("groups", i), "items"), j), "prove"), *it.Prove)
			}
		}
	}
}

func (w whole) checkProof(list *source, path string, p Prove) {
	arg := under(path, "arg")
	lacks := func(ok bool, key, what string) {
		if !ok && !w.flawedIn(w.at(key)) {
			list.problem(path, w.target().String()+" has no "+what, "this can never be proved there; people may attest it instead")
		}
	}
	switch deploy.ProofKind(p.Kind) {
	case deploy.ProveScan:
		lacks(w.ImagePolicy != nil && w.ImagePolicy.Scan != nil, "image_policy", "image_policy with a scan")
	case deploy.ProveOnCall:
		lacks(w.OnCall != "", "on_call", "on_call")
	case deploy.ProveMetrics:
		lacks(w.watched(), "metrics", "metrics")
	case deploy.ProveChecks:
		there := slices.ContainsFunc(w.Checks, func(c Check) bool { return c.Stage == p.Arg })
		lacks(there || !slices.Contains(stages, p.Arg), "checks", "checks of stage "+p.Arg)
	case deploy.ProveCheck:
		var names []string
		for i := range w.Checks {
			if w.Checks[i].dependency() != nil {
				names = append(names, w.Checks[i].Name)
			}
		}
		if !slices.Contains(names, p.Arg) && !w.flawedIn(w.at("checks")) {
			list.must(false, arg, w.target().String()+" has no check of a dependency called "+strconv.Quote(p.Arg), didYouMean(p.Arg, names))
		}
	case deploy.ProveLiveIn:
		var others []string
		for _, env := range w.file.Environments {
			if env.Name != w.name {
				others = append(others, env.Name)
			}
		}
		list.must(p.Arg != w.name, arg, w.target().String()+" cannot be proved by itself", "name another environment, or give this one another checklist")
		list.must(slices.Contains(others, p.Arg), arg, w.file.Service+" has no other environment "+strconv.Quote(p.Arg), didYouMean(p.Arg, others))
	case deploy.ProveImage, deploy.ProveSecrets, deploy.ProveHTTPS, deploy.ProveCertificate, deploy.ProveDNS, deploy.ProveURL, deploy.ProveAlerts, deploy.ProveWayBack:
	}
}

// items are the checklist for the engine; nil if there is none.
func (w whole) items() []deploy.Item {
	list := w.list()
	if list == nil {
		return nil
	}
	var items []deploy.Item
	for _, g := range list.checklist.Groups {
		for _, it := range g.Items {
			one := deploy.Item{Key: g.full(it), Group: g.Name, Text: it.Text, Owner: deploy.Principal(it.Owner)}
			if p := it.Prove; p != nil {
				one.Prove = &deploy.Proof{Kind: deploy.ProofKind(p.Kind), Arg: p.Arg}
			} else {
				one.Lasts = cmp.Or(time.Duration(it.Lasts), defaultLasts)
			}
			items = append(items, one)
		}
	}
	return items
}

// copiedItems is a copy down to the last pointer.
func copiedItems(items []deploy.Item) []deploy.Item {
	items = slices.Clone(items)
	for i := range items {
		items[i].Prove = copied(items[i].Prove)
	}
	return items
}
