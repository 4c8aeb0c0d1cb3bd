package commands_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestParseUnderstands(t *testing.T) {
	t.Parallel()
	why := func(reason string) commands.Command {
		return commands.RollbackCommand{Service: "coditect-app", Reason: reason}
	}
	tests := map[string]struct {
		text string
		want commands.Command
	}{
		"a version for the default environment":    {"/deploy coditect-app v1.2.4", commands.DeployCommand{Service: "coditect-app", Version: "v1.2.4"}},
		"an environment":                           {"/deploy coditect-app v1.2.4 staging", commands.DeployCommand{Service: "coditect-app", Version: "v1.2.4", Environment: "staging"}},
		"options in any place":                     {`/deploy --plan coditect-app --strategy=blue-green v1.2.4 --reason "fix for #12"`, commands.DeployCommand{Service: "coditect-app", Version: "v1.2.4", Strategy: deploy.BlueGreen, Reason: "fix for #12", Plan: true}},
		"nothing is a call for help":               {"/deploy", commands.HelpCommand{}},
		"help of any command":                      {"/rollback help", commands.HelpCommand{}},
		"help as an option":                        {"/promote coditect-app --help", commands.HelpCommand{}},
		"status of everything":                     {"/deploy status", commands.StatusCommand{}},
		"status in capitals":                       {"/deploy STATUS coditect-app", commands.StatusCommand{Service: "coditect-app"}},
		"status of a target":                       {"/deploy status coditect-app staging", commands.StatusCommand{Service: "coditect-app", Environment: "staging"}},
		"history":                                  {"/deploy history coditect-app", commands.HistoryCommand{Service: "coditect-app"}},
		"checklist":                                {"/deploy checklist coditect-app", commands.ChecklistCommand{Service: "coditect-app"}},
		"checklist of a target":                    {"/deploy Checklist coditect-app staging", commands.ChecklistCommand{Service: "coditect-app", Environment: "staging"}},
		"a service that is called status, quoted":  {`/deploy "status" v1`, commands.DeployCommand{Service: "status", Version: "v1"}},
		"status of a service called status":        {"/deploy status status", commands.StatusCommand{Service: "status"}},
		"promote what waits":                       {"/promote coditect-app", commands.PromoteCommand{Service: "coditect-app"}},
		"a bare percentage":                        {"/promote coditect-app 50", commands.PromoteCommand{Service: "coditect-app", Percent: 50}},
		"a percent sign":                           {"/promote coditect-app staging 50%", commands.PromoteCommand{Service: "coditect-app", Environment: "staging", Percent: 50}},
		"a percent sign that stands alone":         {"/promote coditect-app 50 % staging", commands.PromoteCommand{Service: "coditect-app", Environment: "staging", Percent: 50}},
		"a rollback":                               {`/rollback coditect-app --reason "it is slow"`, why("it is slow")},
		"a version is what is no environment":      {"/rollback coditect-app v1.2.2 --reason slow", commands.RollbackCommand{Service: "coditect-app", Version: "v1.2.2", Reason: "slow"}},
		"an environment and a version":             {"/rollback coditect-app staging v1.2.2 --reason slow", commands.RollbackCommand{Service: "coditect-app", Environment: "staging", Version: "v1.2.2", Reason: "slow"}},
		"a rollback across the schema":             {"/rollback coditect-app v1.2.2 --anyway --reason slow", commands.RollbackCommand{Service: "coditect-app", Version: "v1.2.2", Anyway: true, Reason: "slow"}},
		"a list of backups":                        {"/rollback coditect-app --database", commands.RestoreCommand{Service: "coditect-app"}},
		"a backup":                                 {"/rollback coditect-app staging --database --backup 1718", commands.RestoreCommand{Service: "coditect-app", Environment: "staging", Backup: "1718"}},
		"a time of the day":                        {"/rollback coditect-app --database --at 14:02", commands.RestoreCommand{Service: "coditect-app", At: "14:02"}},
		"a time of the day with seconds":           {"/rollback coditect-app --database --at=14:02:11 --reason why", commands.RestoreCommand{Service: "coditect-app", At: "14:02:11", Reason: "why"}},
		"a moment":                                 {"/rollback coditect-app --database --at 2026-03-02T14:02:00+01:00", commands.RestoreCommand{Service: "coditect-app", At: "2026-03-02T14:02:00+01:00"}},
		"a restore in place":                       {"/rollback coditect-app --in-place --backup 1718 --confirm pg-1 --database --reason “rows are gone”", commands.RestoreCommand{Service: "coditect-app", InPlace: true, Backup: "1718", Confirm: "pg-1", Reason: "rows are gone"}},
		"a restore in place that is not confirmed": {"/rollback coditect-app --database --in-place --backup 1718 --reason gone", commands.RestoreCommand{Service: "coditect-app", InPlace: true, Backup: "1718", Reason: "gone"}},
		"a waiver of a backup":                     {"/deploy waive coditect-app backup --reason known", commands.WaiveCommand{Service: "coditect-app", Item: "backup", Reason: "known"}},
		"a waiver of an item, in a place":          {"/deploy waive coditect-app staging security/https --reason known", commands.WaiveCommand{Service: "coditect-app", Environment: "staging", Item: "security/https", Reason: "known"}},

		"typographic quotation marks":           {"/rollback coditect-app --reason “it is slow”", why("it is slow")},
		"marks of two kinds":                    {"/rollback coditect-app --reason \"it is slow”", why("it is slow")},
		"low and high marks":                    {"/rollback coditect-app --reason „es ist langsam“", why("es ist langsam")},
		"guillemets with their spaces":          {"/rollback coditect-app --reason «\u00a0en panne\u202f»", why("en panne")},
		"single quotation marks":                {"/rollback coditect-app --reason 'it''s slow'", why("it''s slow")},
		"an apostrophe inside single marks":     {"/rollback coditect-app --reason ‘it’s slow’", why("it’s slow")},
		"an apostrophe in a bare word":          {"/rollback coditect-app --reason don't", why("don't")},
		"marks inside of marks":                 {`/rollback coditect-app --reason "it says \"no\" \\ "`, why(`it says "no" \`)},
		"inches inside of marks":                {`/rollback coditect-app --reason "a 5"-screen is slow"`, why(`a 5"-screen is slow`)},
		"an em dash for two hyphens":            {"/rollback coditect-app —reason slow", why("slow")},
		"an en dash for two hyphens":            {"/rollback coditect-app –reason=“it is slow”", why("it is slow")},
		"a dash inside a reason stays":          {"/rollback coditect-app --reason “slow – very – slow”", why("slow – very – slow")},
		"spaces of every kind":                  {"/rollback\u00a0coditect-app\u2003--reason\u3000slow", why("slow")},
		"characters that nobody sees":           {"/rollback coditect-app\u200b \ufeff--reason slow\u2060", why("slow")},
		"a reason over two lines is one line":   {"/rollback coditect-app --reason \"slow\nand wrong\"", why("slow and wrong")},
		"a mention becomes what people see":     {"/rollback coditect-app --reason “says <@U123|carol o'neill>”", why("says @carol o'neill")},
		"a mention without a name":              {"/rollback coditect-app --reason <@U123>", why("@U123")},
		"a channel":                             {"/rollback coditect-app --reason <#C123|general>", why("#general")},
		"a user group":                          {"/rollback coditect-app --reason <!subteam^S123|@platform>", why("@platform")},
		"a user group without a handle":         {"/rollback coditect-app --reason <!subteam^S123>", why("@S123")},
		"everybody is not called":               {"/rollback coditect-app --reason <!here>", why("@here")},
		"a link":                                {"/rollback coditect-app --reason <https://bugs.example/12>", why("https://bugs.example/12")},
		"a word that Slack made a link":         {"/deploy <http://coditect-app|coditect-app> v1.2.4", commands.DeployCommand{Service: "coditect-app", Version: "v1.2.4"}},
		"entities are decoded once":             {"/rollback coditect-app --reason “a &lt;b&gt; &amp;amp; c”", why("a <b> &amp; c")},
		"angle brackets that are not of Slack":  {"/rollback coditect-app --reason “a <b> c < d”", why("a <b> c < d")},
		"an option with one dash is not a name": {`/rollback coditect-app --reason "-reason"`, why("-reason")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, text := cutCommand(tc.text)
			got, err := commands.Parse(command, text, newCatalog())
			if err != nil {
				t.Fatalf("Parse(%q): %v, %s", tc.text, err, deploy.Hint(err))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tc.text, d)
			}
		})
	}
}

// cutCommand takes the first word off, at any kind of space.
func cutCommand(s string) (command, text string) {
	i := strings.IndexAny(s, " \u00a0")
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

func TestParseCorrects(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("x", 501)
	tests := map[string]struct {
		text, says, corrected string
		code                  deploy.Code
	}{
		"a service with a letter missing":        {"/deploy coditect-ap v1.2.4", `I don't know the service "coditect-ap".`, "/deploy coditect-app v1.2.4", deploy.NotFound},
		"a service with an en dash":              {"/deploy coditect–app v1.2.4", `I don't know the service "coditect–app".`, "/deploy coditect-app v1.2.4", deploy.NotFound},
		"a service in capitals":                  {"/deploy Coditect-App v1.2.4", `I don't know the service "Coditect-App".`, "/deploy coditect-app v1.2.4", deploy.NotFound},
		"the beginning of a service":             {"/deploy status codi", `I don't know the service "codi".`, "/deploy status coditect-app", deploy.NotFound},
		"a service like no other":                {"/deploy frontend v1.2.4", "The catalog has billing-api, coditect-app, status.", "/deploy help", deploy.Invalid},
		"no service":                             {"/deploy --plan", "The service is missing.", "/deploy help", deploy.Invalid},
		"version and service swapped":            {"/deploy v1.2.4 coditect-app", "The service comes first.", "/deploy coditect-app v1.2.4", deploy.Invalid},
		"environment and version swapped":        {"/deploy coditect-app staging v1.2.4", "The version comes before the environment.", "/deploy coditect-app v1.2.4 staging", deploy.Invalid},
		"no version":                             {"/deploy coditect-app", "The version to deploy is missing", "/deploy history coditect-app", deploy.Invalid},
		"two environments and no version":        {"/deploy coditect-app staging production", "The version to deploy is missing", "/deploy history coditect-app", deploy.Invalid},
		"the word VERSION itself":                {"/deploy coditect-app VERSION", `"VERSION" cannot be a version`, "/deploy history coditect-app", deploy.Invalid},
		"an image for a version":                 {"/deploy coditect-app coditect:v1.2.4", `"coditect:v1.2.4" cannot be a version`, "/deploy coditect-app v1.2.4", deploy.Invalid},
		"a version with a comma":                 {"/deploy coditect-app v1.2.4, staging", `"v1.2.4," cannot be a version`, "/deploy coditect-app v1.2.4 staging", deploy.Invalid},
		"a digest for a version":                 {"/deploy coditect-app app@sha256:12", "cannot be a version", "/deploy history coditect-app", deploy.Invalid},
		"an environment with a slip":             {"/deploy coditect-app v1.2.4 prodution", `coditect-app has no environment "prodution".`, "/deploy coditect-app v1.2.4 production", deploy.NotFound},
		"the beginning of an environment":        {"/deploy coditect-app v1.2.4 prod", `coditect-app has no environment "prod".`, "/deploy coditect-app v1.2.4 production", deploy.NotFound},
		"an unknown environment is not left out": {"/deploy coditect-app v1.2.4 qa", "It has production, staging.", "/deploy status coditect-app", deploy.Invalid},
		"too many words":                         {"/deploy coditect-app v1.2.4 staging now", `I don't know what to do with "now"`, "/deploy coditect-app v1.2.4 staging", deploy.Invalid},
		"an option with a slip":                  {"/deploy coditect-app v1.2.4 --strategi canary", "I don't know the option --strategi.", "/deploy coditect-app v1.2.4 --strategy canary", deploy.NotFound},
		"an option like no other":                {"/deploy coditect-app v1.2.4 --force", "/deploy has no option --force. It has --strategy, --reason, --again, --plan.", "/deploy coditect-app v1.2.4", deploy.Invalid},
		"an option where there are none":         {"/deploy status coditect-app --reason ok", "/deploy status takes no options", "/deploy status coditect-app ok", deploy.Invalid},
		"force without a reason":                 {"/promote coditect-app 50 --force", "--force needs a reason", `/promote coditect-app 50 --force --reason "why it is safe"`, deploy.Invalid},
		"a reason without force":                 {"/promote coditect-app 50 --reason fine", "A reason belongs to --force", "/promote coditect-app 50", deploy.Invalid},
		"force is not a reason":                  {"/promote coditect-app 50 --force --reason ...", "--reason needs a text", `/promote coditect-app 50 --force --reason "what went wrong"`, deploy.Invalid},
		"a word like unlock":                     {"/deploy unlok coditect-app", "I don't know the service or word \"unlok\"", "/deploy unlock coditect-app", deploy.NotFound},
		"a word like checklist":                  {"/deploy cheklist coditect-app", "I don't know the service or word \"cheklist\"", "/deploy checklist coditect-app", deploy.NotFound},
		"a checklist of nothing":                 {"/deploy checklist", "The service is missing.", "/deploy help", deploy.Invalid},
		"a checklist of no known place":          {"/deploy checklist coditect-app prod", `no environment "prod"`, "/deploy checklist coditect-app production", deploy.NotFound},
		"a checklist with one word too many":     {"/deploy checklist coditect-app staging now", `I don't know what to do with "now"`, "/deploy checklist coditect-app staging", deploy.Invalid},
		"an option of a checklist":               {"/deploy checklist coditect-app --plan", "/deploy checklist takes no options, so not --plan either.", "/deploy checklist coditect-app", deploy.Invalid},
		"an option with one hyphen":              {"/deploy coditect-app v1.2.4 -plan", "An option begins with two dashes", "/deploy coditect-app v1.2.4 --plan", deploy.Invalid},
		"an option given twice":                  {"/deploy coditect-app v1.2.4 --plan --plan", "--plan is given twice.", "/deploy coditect-app v1.2.4 --plan", deploy.Invalid},
		"a flag with a value":                    {"/deploy coditect-app v1.2.4 --plan=yes", "--plan stands alone", "/deploy coditect-app v1.2.4 --plan", deploy.Invalid},
		"a strategy with a slip":                 {"/deploy coditect-app v1.2.4 --strategy bluegreen", `I don't know the strategy "bluegreen".`, "/deploy coditect-app v1.2.4 --strategy blue-green", deploy.NotFound},
		"a strategy like no other":               {"/deploy coditect-app v1.2.4 --strategy rolling", "neither canary nor blue-green", "/deploy coditect-app v1.2.4", deploy.Invalid},
		"a subcommand with a slip":               {"/deploy histroy coditect-app", `I don't know the service or word "histroy".`, "/deploy history coditect-app", deploy.NotFound},
		"rollback as a subcommand":               {"/deploy rollback coditect-app --reason slow", "/rollback is a command of its own.", `/rollback coditect-app --reason "slow"`, deploy.NotFound},
		"another command":                        {"/ship coditect-app", `I don't know the command "/ship".`, "/deploy help", deploy.NotFound},

		"a percentage above 100":             {"/promote coditect-app 150", `"150" is not a percentage`, "/promote coditect-app", deploy.Invalid},
		"half a percent":                     {"/promote coditect-app 12.5%", `"12.5%" is not a percentage`, "/promote coditect-app", deploy.Invalid},
		"two percentages":                    {"/promote coditect-app production 10 50", `I don't know what to do with "50"`, "/promote coditect-app production 10", deploy.Invalid},
		"a promotion of no known place":      {"/promote coditect-app stagging 50", `no environment "stagging"`, "/promote coditect-app staging 50", deploy.NotFound},
		"a rollback without a reason":        {"/rollback coditect-app staging", "A rollback needs a reason", `/rollback coditect-app staging --reason "what went wrong"`, deploy.Invalid},
		"a reason of dots":                   {"/rollback coditect-app --reason “…”", "--reason needs a text.", `/rollback coditect-app --reason "what went wrong"`, deploy.Invalid},
		"a reason without a value":           {"/rollback coditect-app --reason", "--reason needs a text.", `/rollback coditect-app --reason "what went wrong"`, deploy.Invalid},
		"a reason that is too long":          {"/rollback coditect-app --reason " + many, "The reason has 501 characters; there is room for 500.", `/rollback coditect-app --reason "` + many[1:] + `"`, deploy.Invalid},
		"a reason without marks":             {"/rollback coditect-app --reason it is slow", "needs quotation marks", `/rollback coditect-app --reason "it is slow"`, deploy.Invalid},
		"a mark that is not closed":          {`/rollback coditect-app --reason "it is slow`, "never closed", `/rollback coditect-app --reason "it is slow"`, deploy.Invalid},
		"an environment where a version is":  {"/rollback coditect-app stagign --reason slow", `no environment "stagign"`, `/rollback coditect-app staging --reason "slow"`, deploy.NotFound},
		"a rollback with one word too many":  {"/rollback coditect-app staging v1 v2 --reason slow", `I don't know what to do with "v2"`, `/rollback coditect-app staging v1 --reason "slow"`, deploy.Invalid},
		"a rollback of a version in braces":  {"/rollback coditect-app (v1) --reason slow", `"(v1)" cannot be a version`, `/rollback coditect-app v1 --reason "slow"`, deploy.Invalid},
		"a status of two services":           {"/deploy status coditect-app billing-api", `coditect-app has no environment "billing-api"`, "/deploy status coditect-app", deploy.Invalid},
		"a history of nothing":               {"/deploy history", "The service is missing.", "/deploy help", deploy.Invalid},
		"a quoted option is a word":          {`/deploy coditect-app "--plan"`, `"--plan" cannot be a version`, "/deploy coditect-app plan", deploy.Invalid},
		"the name of status is kept quoted":  {`/deploy "status" v1 prod`, `status has no environment "prod".`, `/deploy "status" v1 production`, deploy.NotFound},
		"an unknown word beside a known one": {"/rollback coditect-app v1 prod --reason slow", `no environment "prod"`, `/rollback coditect-app v1 production --reason "slow"`, deploy.NotFound},

		"a backup without the word database":   {"/rollback coditect-app --backup 1718", "begins with --database", "/rollback coditect-app --backup 1718 --database", deploy.Invalid},
		"a database that goes back anyway":     {"/rollback coditect-app --database --anyway", "--anyway is for going back with the application", "/rollback coditect-app --database", deploy.Invalid},
		"a backup and a moment":                {"/rollback coditect-app --database --backup 1718 --at 14:02", "Either --backup or --at", "/rollback coditect-app --database --backup 1718", deploy.Invalid},
		"a backup without an id":               {"/rollback coditect-app staging --database --backup", "--backup needs the id", "/rollback coditect-app staging --database", deploy.Invalid},
		"a moment without a zone":              {"/rollback coditect-app --database --at “2026-03-02 14:02”", "has no time zone", "/rollback coditect-app --database --at 2026-03-02T14:02:00Z", deploy.Invalid},
		"a moment in words":                    {"/rollback coditect-app --database --at yesterday", `"yesterday" is no moment`, "/rollback coditect-app --database", deploy.Invalid},
		"a minute that is none":                {"/rollback coditect-app --database --at 14:62", `"14:62" is no moment`, "/rollback coditect-app --database", deploy.Invalid},
		"a restore in place of a moment":       {"/rollback coditect-app --database --in-place --at 14:02 --reason gone", "In place takes a backup", "/rollback coditect-app --database", deploy.Invalid},
		"a restore in place without a reason":  {"/rollback coditect-app --database --in-place --backup 1718 --confirm pg", "A restore in place needs a reason", `/rollback coditect-app --database --in-place --backup 1718 --confirm pg --reason "what went wrong"`, deploy.Invalid},
		"a confirmation of a new instance":     {"/rollback coditect-app --database --backup 1718 --confirm pg", "--confirm belongs to --in-place", "/rollback coditect-app --database --backup 1718", deploy.Invalid},
		"a version of a database":              {"/rollback coditect-app staging v1.2.3 --database", "to a backup or to a moment, not to a version", "/rollback coditect-app staging --database", deploy.Invalid},
		"a database of an unknown environment": {"/rollback coditect-app qa --database", `no environment "qa"`, "/deploy status coditect-app", deploy.Invalid},
		"a database of a mistyped environment": {"/rollback coditect-app stagign --database", `no environment "stagign"`, "/rollback coditect-app staging --database", deploy.NotFound},
		"an option of a rollback with a slip":  {"/rollback coditect-app --anway --reason slow", "I don't know the option --anway.", `/rollback coditect-app --anyway --reason "slow"`, deploy.NotFound},
		"anyway without a reason":              {"/rollback coditect-app --anyway", "A rollback needs a reason", `/rollback coditect-app --anyway --reason "what went wrong"`, deploy.Invalid},
		"a word like waive":                    {"/deploy waiv coditect-app backup", `I don't know the service or word "waiv"`, "/deploy waive coditect-app backup", deploy.NotFound},
		"a waiver of nothing":                  {"/deploy waive coditect-app production", "What is to be let pass is missing", "/deploy checklist coditect-app production", deploy.Invalid},
		"a waiver without a reason":            {"/deploy waive coditect-app backup", "A waiver needs a reason", `/deploy waive coditect-app backup --reason "why it may pass"`, deploy.Invalid},
		"a waiver with its words swapped":      {"/deploy waive coditect-app backup staging --reason known", "The environment comes before the item.", `/deploy waive coditect-app staging backup --reason "known"`, deploy.Invalid},
		"a waiver of no known place":           {"/deploy waive coditect-app prod backup --reason known", `no environment "prod"`, `/deploy waive coditect-app production backup --reason "known"`, deploy.NotFound},
		"a waiver with one word too many":      {"/deploy waive coditect-app staging backup now --reason known", `I don't know what to do with "now"`, `/deploy waive coditect-app staging backup --reason "known"`, deploy.Invalid},
		"a waiver of what cannot be an item":   {"/deploy waive coditect-app “a b” --reason known", `"a b" cannot be the key of an item`, "/deploy checklist coditect-app", deploy.Invalid},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, text := cutCommand(tc.text)
			got, err := commands.Parse(command, text, newCatalog())
			if err == nil {
				t.Fatalf("Parse(%q) = %v, want an error", tc.text, got)
			}
			if code := deploy.CodeOf(err); code != tc.code {
				t.Errorf("code %s, want %s", code, tc.code)
			}
			if msg := deploy.Message(err); !strings.Contains(msg, tc.says) {
				t.Errorf("says %q, want %q in it", msg, tc.says)
			}
			if d := cmp.Diff(tc.corrected, deploy.Hint(err)); d != "" {
				t.Errorf("corrected (-want +got):\n%s", d)
			}
		})
	}
}

// FuzzParse holds that no text makes the parser panic, that what it understood means the same when it is typed
// again as String gives it, and that whoever keeps pasting corrections arrives at a command.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`coditect-app v1.2.4 staging --strategy canary --reason "a \"b\" c" --plan`, "status coditect-app", "checklist coditect-app production", "histroy coditect-app",
		"coditect-app —reason “it’s slow”", "coditect-app --reason it is slow", "coditect-app production 50 %", `"status" v1`,
		"<@U1|x> &lt;b&gt; <https://x|y>", "coditect-app v1 prod --reason «\u00a0x\u00a0»", "--reason", "'", "--reason=\"", "rollback coditect-app",
		"coditect-app –– —x -- \u200b\\\"", "promote promote rollback coditect-app", "coditect-app 50 150 --plan=1 -plan",
		"coditect-app --database --in-place --backup 1718 --confirm pg --reason x", "coditect-app --at 14:02 --backup 1 --anyway", "coditect-app staging v1 --database --at “2026-03-02 14:02”",
		"waive coditect-app staging security/https --reason x", "waive coditect-app backup staging", "coditect-app production v1.2.3 --anyway --reason x",
	} {
		for which := range byte(3) {
			f.Add(which, s)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, text string) {
		command := []string{"/deploy", "/promote", "/rollback"}[which%3]
		got, err := commands.Parse(command, text, newCatalog())
		for range 8 {
			if err == nil {
				break
			}
			if deploy.Message(err) == "" {
				t.Fatalf("Parse(%q, %q): an error without words: %v", command, text, err)
			}
			command, text = cutCommand(slackEscaped(deploy.Hint(err)))
			got, err = commands.Parse(command, text, newCatalog())
		}
		if err != nil {
			t.Fatalf("corrections do not end: %q is answered with %q", command+text, deploy.Hint(err))
		}
		command, text = cutCommand(slackEscaped(got.String()))
		again, err := commands.Parse(command, text, newCatalog())
		if err != nil {
			t.Fatalf("Parse(%q): %v, and that is how %#v is typed", got, err, got)
		}
		if d := cmp.Diff(got, again); d != "" {
			t.Fatalf("typed again as %q (-first +again):\n%s", got, d)
		}
	})
}
