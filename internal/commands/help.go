package commands

// usage is every form of every command, with what it does.
var usage = []struct{ form, does string }{
	{`/deploy SERVICE VERSION [ENV] [--strategy canary|blue-green] [--reason "…"] [--again] [--plan]`, "brings a version to 100 %; --again also one that was taken back; --plan only shows what it would do and change"},
	{`/deploy status [SERVICE [ENV]]`, "what runs, what is under way and whom it waits for"},
	{`/deploy history SERVICE [ENV]`, "the last ten releases and how they ended"},
	{`/deploy checklist SERVICE [ENV]`, "what has to be so before a release, and who owes what"},
	{`/deploy unlock SERVICE [ENV] [--reason "…"]`, "opens a target again that a rollback has locked"},
	{`/deploy help`, "this"},
	{`/promote SERVICE [ENV] [PERCENT] [--force --reason "…"]`, "approves the plan or the share that a release waits for; --force goes against the verdict"},
	{`/rollback SERVICE [ENV] [VERSION] --reason "…"`, "takes the running release back, or the last one"},
}

// help lists what can be said, with examples made from the catalog.
func (h *Handler) help() Text {
	var t Text
	for _, u := range usage {
		t = t.Line().Code(u.form).Plain("  " + u.does)
	}
	services := h.catalog.Services()
	if len(services) == 0 {
		return t.Line().Plain("The catalog has no services yet.")
	}
	s, env := services[0], h.catalog.DefaultEnvironment(services[0])
	t = t.Line().Plain("For example: ").Code(DeployCommand{Service: s, Version: "v1.2.4", Environment: env, Plan: true}.String()).
		Plain(" · ").Code(PromoteCommand{Service: s, Environment: env, Percent: 50}.String()).
		Plain(" · ").Code(RollbackCommand{Service: s, Environment: env, Reason: "checkout is slow"}.String())
	return t.Line().Plainf("Services: %s. Without ENV the default of the service is meant, for %s: %s. ", names(services), s, env).
		Plain(`A service called status, history, checklist, unlock or help is written in quotation marks.`)
}
