package phase

import (
	"context"
	"slices"
	"strings"
	"sync"

	"slipway/internal/deploy"
)

func isOfImage(key string) bool { return strings.HasPrefix(key, deploy.AboutImage) }

// rules says for people what each rule of an image policy asks.
var rules = map[string]string{
	"age":             "The image is not too old",
	"size":            "The image is not too large",
	"labels":          "The image has its labels",
	"scan":            "The image was scanned",
	"vulnerabilities": "The image has no more vulnerabilities than allowed",
	"signature":       "The image is signed",
}

// image is what is found out about the image, once in a look.
type image struct {
	once  sync.Once
	found []finding
}

// rules are those of the image policy that are not kept, or of which that cannot be told, and that nobody has waived.
func (l *looking) rules(ctx context.Context) []finding {
	l.picture.once.Do(func() {
		l.picture.found = slices.Concat(l.objections(ctx), l.ofParts(ctx))
	})
	var list []finding
	for _, f := range l.picture.found {
		if !l.r.Passes(f.item) {
			list = append(list, f)
		}
	}
	return list
}

// ofParts holds the images of other parts of the release against the same policy, where they are other content than the
// service's own.
func (l *looking) ofParts(ctx context.Context) []finding {
	parts := slices.DeleteFunc(slices.Clone(l.r.Spec.Also), func(p deploy.Part) bool {
		return l.r.Parts[p.Name].Image.Digest == l.r.Facts.Image.Digest
	})
	found := make([][]finding, len(parts))
	var all together
	for i, p := range parts {
		all.begin(func() {
			seen := l.r.Of(p.Name)
			seen.Spec.Images = l.r.Spec.Images
			found[i] = (&looking{Ports: l.Ports, r: seen, now: l.now}).objections(ctx)
			for j := range found[i] {
				item, why := &found[i][j].item, found[i][j].item.Why
				*item = ruleItem(strings.TrimPrefix(item.Key, deploy.AboutImage) + "@" + p.Name)
				item.Why = why
			}
		})
	}
	all.wait()
	return slices.Concat(found...)
}

// objections holds the image against its policy. A rule that nothing is known about for now is left out of that.
func (l *looking) objections(ctx context.Context) []finding {
	policy, e := *l.r.Spec.Images, deploy.Evidence{Image: l.r.Facts.Image}
	var inspected, scanned, signed error
	var asks together
	asks.begin(func() { e.Details, inspected = l.details(ctx) })
	if policy.Scan != nil {
		asks.begin(func() { e.Scan, e.Unscanned, scanned = l.scan(ctx) })
	}
	if len(policy.Signature) > 0 {
		asks.begin(func() { e.Unsigned, signed = l.signed(ctx, policy.Signature) })
	}
	asks.wait()
	var list []finding
	missing := func(rule string, err error) {
		list = append(list, finding{item: ruleItem(rule), err: err})
	}
	if inspected != nil && len(policy.Labels) > 0 {
		policy.Labels = nil
		missing("labels", inspected)
	}
	if scanned != nil {
		policy.Scan = nil
		missing("scan", scanned)
		list[len(list)-1].item.Text = "The image was scanned, and has no more vulnerabilities than allowed"
	}
	if signed != nil {
		policy.Signature = nil
		missing("signature", signed)
	}
	for _, o := range policy.Objections(e, l.now) {
		item := ruleItem(o.Rule)
		item.Why = o.Text
		list = append(list, finding{item: item})
	}
	return list
}

// ruleItem is a rule as an item that is open: labels, or of another part of the release labels@worker.
func ruleItem(key string) deploy.OpenItem {
	rule, part, ofPart := strings.Cut(key, "@")
	text, known := rules[rule]
	if !known {
		text = "The image keeps the rule " + rule
	}
	if ofPart {
		text = part + ": " + text
	}
	return deploy.OpenItem{Key: deploy.AboutImage + key, Group: "Image", Text: text}
}

func (l *looking) details(ctx context.Context) (deploy.ImageDetails, error) {
	if l.Inspector == nil {
		return deploy.ImageDetails{}, cannot("this Slipway does not look into images")
	}
	return l.Inspector.Inspect(ctx, l.r.Facts.Image)
}

func (l *looking) scan(ctx context.Context) (scan *deploy.Scan, unscanned string, err error) {
	if l.Scanner == nil {
		return nil, "this Slipway asks no scanner", nil
	}
	found, err := l.Scanner.Scan(ctx, l.r.Facts.Image)
	switch {
	case deploy.CodeOf(err) == deploy.NotFound:
		return nil, deploy.Message(err), nil
	case err != nil:
		return nil, "", err
	}
	return &found, "", nil
}

func (l *looking) signed(ctx context.Context, keys []string) (unsigned string, err error) {
	if l.Inspector == nil {
		return "", cannot("this Slipway does not look into images")
	}
	err = l.Inspector.Signed(ctx, l.r.Facts.Image, keys)
	if deploy.CodeOf(err) == deploy.Invalid {
		return deploy.Message(err), nil
	}
	return "", err
}

// proveScan is about the findings alone. What was waived under image/ counts here, too.
func (l *looking) proveScan(ctx context.Context) error {
	if l.r.Spec.Images == nil || l.r.Spec.Images.Scan == nil {
		return cannot("the catalog does not say what a scan may find (image_policy: scan)")
	}
	var why []string
	for _, f := range l.rules(ctx) {
		rule, _, _ := strings.Cut(f.item.Key, "@")
		if rule != deploy.AboutImage+"scan" && rule != deploy.AboutImage+"vulnerabilities" {
			continue
		}
		if f.err != nil {
			return f.err
		}
		why = append(why, f.item.Why)
	}
	if len(why) > 0 {
		return cannot(strings.Join(why, "; "))
	}
	return nil
}

// cannot is why something is not proved, and will not be by asking again.
func cannot(why string) error {
	return &deploy.Error{Code: deploy.Invalid, Op: "look at the checklist", Msg: why}
}
