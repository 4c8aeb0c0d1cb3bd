package deploy

// Ask is what somebody asked for, once it is clear what it means.
type Ask struct {
	Kind      Kind
	Target    Target
	Version   string
	Requester UserID
	Reason    string
	Again     bool       // also what was taken back before
	Left      Left       // rollback: what is live, if known
	Across    []Crossing // rollback: see Release.Across
	Restore   *RestorePlan
	Spec      Spec
	Image     Image            // rollback: what the version was, if known
	Baseline  Revision         // rollback: where to return to
	Parts     map[string]Facts // rollback: Image and Baseline of the other parts
}

// NewRelease makes the release that the store is asked to create: with its whole plan, without an id or a time.
// Invalid if the spec makes no plan, or a rollback has nowhere to return to.
func NewRelease(a Ask) (Release, error) {
	r := Release{
		Kind: a.Kind, Target: a.Target, Version: a.Version, Requester: a.Requester, Reason: a.Reason, Again: a.Again, Left: a.Left,
		Across: a.Across, Restore: a.Restore, Spec: a.Spec, State: Running, By: a.Requester, Back: NewBack(a.Spec),
		Facts: Facts{Image: a.Image, Baseline: a.Baseline}, Parts: a.Parts,
	}
	if a.Kind == Rollback {
		if a.Baseline.Name == "" {
			return Release{}, &Error{Code: Invalid, Op: "make a rollback", Msg: "there is no version to go back to"}
		}
		for _, part := range a.Spec.Also {
			if a.Parts[part.Name].Baseline.Name == "" {
				return Release{}, &Error{Code: Invalid, Op: "make a rollback", Msg: "there is no version of " + part.Name + " to go back to: the release that brought it did not know it"}
			}
		}
		r.Why = a.Reason
		if len(a.Across) > 0 {
			r.Steps = pending([]Step{{Name: "rollback/agree", Kind: KindGate, Phase: BackTraffic, Needed: 1, Within: a.Spec.Policy.ApprovalExpires}})
			return r, nil
		}
		r.State = RollingBack
		return r, nil
	}
	if a.Kind == Restore {
		if err := checkRestore(a); err != nil {
			return Release{}, err
		}
		r.Steps, r.Back, r.Why = newRestore(a.Spec, *a.Restore), nil, a.Reason
		return r, nil
	}
	steps, err := NewPlan(a.Spec)
	if err != nil {
		return Release{}, err
	}
	r.Steps = steps
	return r, nil
}
