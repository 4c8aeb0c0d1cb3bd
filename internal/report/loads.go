package report

// loads is what the load checks came to.
func (d *document) loads() {
	if len(d.r.Loads) == 0 {
		return
	}
	d.section("Under load")
	for i := range d.r.Loads {
		l := &d.r.Loads[i]
		came := "within its limits"
		switch {
		case l.Breach != "":
			came = "**stopped**: " + inline(l.Breach)
		case !l.Done:
			came = "not finished"
		}
		d.line("- %s (%s): %s; %s.", inline(l.Check), inline(string(l.Stage)), inline(l.Says()), came)
	}
}
