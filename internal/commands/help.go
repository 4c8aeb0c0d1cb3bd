package commands

// usage is every form of every command, with what it does.
var usage = []struct{ form, does string }{
	{`/deploy SERVICE VERSION [ENV] [--strategy canary|blue-green] [--reason "…"] [--again] [--plan]`, "brings a version to 100 %; --again also one that was taken back; --plan only shows what it would do and change"},
	{`/deploy status [SERVICE [ENV]]`, "what runs, what is under way and whom it waits for"},
	{`/deploy history SERVICE [ENV]`, "the last ten releases and how they ended"},
	{`/deploy checklist SERVICE [ENV]`, "what has to be so before a release, and who owes what"},
	{`/deploy waive SERVICE [ENV] ITEM --reason "…"`, "lets one open item of the checklist pass, or with backup for ITEM goes on without a backup of the database"},
	{`/deploy unlock SERVICE [ENV] [--reason "…"]`, "opens a target again that a rollback has locked"},
	{`/deploy help`, "this"},
	{`/promote SERVICE [ENV] [PERCENT] [--force --reason "…"]`, "approves what a release waits for: the plan, a share, the rollback or the restore; --force goes against the verdict"},
	{`/rollback SERVICE [ENV] [VERSION] [--anyway] --reason "…"`, "takes the running release back, or the last one; --anyway also if the schema stays as a later version needs it, which takes two people"},
	{`/rollback SERVICE [ENV] --database`, "lists the backups of the database"},
	{`/rollback SERVICE [ENV] --database --backup ID | --at TIME`, "makes a new instance with the data of a backup, or of a moment: 14:02 (UTC, the last time it was) or 2026-03-02T14:02:00Z"},
	{`/rollback SERVICE [ENV] --database --in-place --backup ID --confirm INSTANCE --reason "…"`, "puts a backup in place of what is there, which takes two people; what was written since is lost"},
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
		Plain(`A service called status, history, checklist, waive, unlock or help is written in quotation marks.`)
}
