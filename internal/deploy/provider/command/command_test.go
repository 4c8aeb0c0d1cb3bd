package command_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/command"
)

func TestMain(m *testing.M) {
	if err := os.Setenv("SLACK_BOT_TOKEN", "xoxb-not-for-commands"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// script puts a file into a folder. Another process writes it: one that is being written cannot be run, and a test beside
// this one may just be starting a process that has inherited it open.
func script(t *testing.T, folder, name, text string) {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `cat > "$0" && chmod 755 "$0"`, file)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func request(run ...string) deploy.CheckRequest {
	return deploy.CheckRequest{
		Check:   deploy.Check{Name: "script", Command: &deploy.Command{Run: run}, Within: 30 * time.Second, Tries: 1},
		BaseURL: "http://127.0.0.1:1", Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "staging", "OTHER": "no"},
	}
}

func run(t *testing.T, folder string, q deploy.CheckRequest) (deploy.CheckReport, error) {
	t.Helper()
	return command.New(&command.Options{Folder: folder, Allow: true, Pause: time.Millisecond}).Run(t.Context(), q)
}

// The guide's own smoke test, with bash, curl and jq as it has them, or with a plain shell where they are not.
const (
	guides = `#!/bin/bash
# smoke-test.sh
set -e
BASE_URL=$1
echo "Running smoke tests against $BASE_URL"
curl -f "$BASE_URL/health" || exit 1
curl -s "$BASE_URL/api/v1/status" | jq -e '.online == true' || exit 1
curl -s "$BASE_URL/api/v1/db/ping" | jq -e '.connected == true' || exit 1
echo "✅ All smoke tests passed"
`
	plain = `#!/bin/sh
set -e
BASE_URL=$1
case "$BASE_URL" in http://127.0.0.1:*) echo "✅ All smoke tests passed";; *) exit 1;; esac
`
)

func TestTheGuidesScriptRunsUnchanged(t *testing.T) {
	t.Parallel()
	var offline atomic.Bool
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health":
			fmt.Fprintln(w, `{"status":"ok"}`)
		case "/api/v1/status":
			fmt.Fprintf(w, `{"online":%v}`, !offline.Load())
		case "/api/v1/db/ping":
			fmt.Fprint(w, `{"connected":true}`)
		}
	}))
	t.Cleanup(web.Close)
	text, has := guides, true
	for _, needs := range []string{"/bin/bash", "curl", "jq"} {
		if _, err := exec.LookPath(needs); err != nil {
			text, has = plain, false
		}
	}
	folder := t.TempDir()
	script(t, folder, "scripts/smoke-test.sh", text)
	q := request("scripts/smoke-test.sh")
	q.BaseURL = web.URL
	got, err := run(t, folder, q)
	if err != nil || got.Note != "✅ All smoke tests passed" || got.Tries != 1 || got.From != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if !has {
		return
	}
	offline.Store(true)
	_, err = run(t, folder, q)
	if deploy.CodeOf(err) != deploy.Invalid || !strings.HasPrefix(deploy.Message(err), "scripts/smoke-test.sh ended with status 1. It wrote last:\nRunning smoke tests against "+web.URL) || !strings.HasSuffix(deploy.Message(err), "\nfalse") {
		t.Errorf("%v", err)
	}
}

func TestWhatACommandGets(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	script(t, folder, "tell", "#!/bin/sh\n"+`[ "$1 $2 $3 $#" = "a b ${BASE_URL} 3" ] || exit 2
[ "$VERSION $ENVIRONMENT" = "v1.2.4 staging" ] || exit 3
[ "$HOME" = "$(pwd -P)" ] && [ "$TMPDIR" = "$HOME" ] && [ -z "$(ls -A)" ] || exit 4
if read -r line; then exit 5; fi
echo kept > left; echo to stderr >&2
env | sed 's/=.*//' | sort | tr '\n' ' '; echo; pwd
`)
	q := request("tell", "a", "b")
	got, err := run(t, folder, q)
	if err != nil || !strings.Contains(got.Note, "slipway-check") {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := os.Stat(got.Note); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("where it worked: %v", err)
	}
	script(t, folder, "tell", "#!/bin/sh\nenv | sed 's/=.*//' | sort | tr '\\n' ' '\n")
	got, err = run(t, folder, q)
	names := strings.Fields(strings.NewReplacer("PWD ", "", "SHLVL ", "", "OLDPWD ", "", "_ ", "").Replace(got.Note + " "))
	if want := "BASE_URL ENVIRONMENT HOME LANG PATH TMPDIR VERSION"; err != nil || strings.Join(names, " ") != want {
		t.Errorf("it has %q, want %q; %v", names, want, err)
	}
}

func TestHowItEnds(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, tc := range map[string]struct {
		text string
		code deploy.Code
		want string // of the message, or of the note
	}{
		"well and silent":                 {"#!/bin/sh\n", "", ""},
		"with what it said last":          {"#!/bin/sh\necho first; printf '\\033[32mall   well\\033[0m\\n\\n'\n", "", "all   well"},
		"in one line that is cut":         {"#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' x\n", "", "…" + strings.Repeat("x", 199)},
		"though it leaves something":      {"#!/bin/sh\nsleep 600 &\necho done\n", "", "done"},
		"badly and silent":                {"#!/bin/sh\nexit 7\n", deploy.Invalid, "SCRIPT ended with status 7; it wrote nothing"},
		"by a signal":                     {"#!/bin/sh\nkill -9 $$\n", deploy.Invalid, "SCRIPT ended with signal killed; it wrote nothing"},
		"with more than anybody reads":    {"#!/bin/sh\nseq 1 100000\nexit 1\n", deploy.Invalid, "SCRIPT ended with status 1. It wrote last:\n99935\n"},
		"in one line of that":             {"#!/bin/sh\nhead -c 90000 /dev/zero | tr '\\0' x\nexit 1\n", deploy.Invalid, "SCRIPT ended with status 1. It wrote last:\n…" + strings.Repeat("x", 399)},
		"both streams, in their order":    {"#!/bin/sh\necho one; echo two >&2; echo three; exit 1\n", deploy.Invalid, "SCRIPT ended with status 1. It wrote last:\none\ntwo\nthree"},
		"with what is no text":            {"#!/bin/sh\nprintf 'a\\377\\000b\\r50 %%\\r100 %%\\n'; exit 1\n", deploy.Invalid, "SCRIPT ended with status 1. It wrote last:\na\uFFFDb\n50 %\n100 %"},
		"before it has begun: no program": {"#!/no/such/shell\n", deploy.Invalid, "SCRIPT cannot be started"},
		"before it has begun: no script":  {"echo hello\n", deploy.Invalid, "SCRIPT cannot be started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := strings.NewReplacer(" ", "-", ":", "", ",", "").Replace(name)
			script(t, folder, file, tc.text)
			got, err := run(t, folder, request(file))
			if tc.code == "" {
				if err != nil || got.Note != tc.want {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if msg := deploy.Message(err); deploy.CodeOf(err) != tc.code || !strings.HasPrefix(msg, strings.Replace(tc.want, "SCRIPT", file, 1)) || len(msg) > 1700 {
				t.Errorf("%q, %v", msg, err)
			}
		})
	}
}

func TestItEndsWithItsTime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	// It does not care about being asked to end, and has started another that does not, either.
	script(t, folder, "deaf", "#!/bin/sh\ntrap '' TERM\n(trap '' TERM; echo $$; while :; do sleep 0.05; done) &\necho child $!\nwhile :; do sleep 0.05; done\n")
	script(t, folder, "polite", "#!/bin/sh\ntrap 'echo cleaned up; exit 0' TERM\necho begun\nwhile :; do sleep 0.02; done\n")
	for name, says := range map[string]string{"deaf": "\nchild ", "polite": "\ncleaned up"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := request(name)
			q.Check.Within = 500 * time.Millisecond
			_, err := run(t, folder, q)
			msg := deploy.Message(err)
			if deploy.CodeOf(err) != deploy.Invalid || !strings.HasPrefix(msg, name+" was ended: it took longer than there was time. It wrote last:\n") || !strings.Contains(msg, says) || !strings.Contains(deploy.Hint(err), "more time") {
				t.Errorf("%v", err)
			}
			_, after, found := strings.Cut(msg, "child ")
			if !found {
				return
			}
			var pid int
			if _, err := fmt.Sscan(after, &pid); err != nil {
				t.Fatal(err)
			}
			ended(t, pid)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := command.New(&command.Options{Folder: folder, Allow: true}).Run(ctx, request("polite"))
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// ended waits until a process is gone, or is nothing but an entry that nobody has read.
func ended(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		<-tick.C
	}
	t.Errorf("process %d still runs", pid)
}

func TestFilesThatAreNotRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder := filepath.Join(root, "catalog")
	script(t, folder, "good.sh", "#!/bin/sh\n")
	script(t, folder, "scripts/deep.sh", "#!/bin/sh\n")
	script(t, root, "outside.sh", "#!/bin/sh\ntouch "+root+"/ran\n")
	for link, to := range map[string]string{"link-out.sh": filepath.Join(root, "outside.sh"), "link-in.sh": "scripts/deep.sh", "up": root} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	mounted := filepath.Join(root, "mounted") // as orchestrators mount a folder
	if err := os.Symlink(folder, mounted); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"good.sh": "", "scripts/deep.sh": "", "link-in.sh": "", "./good.sh": "",
		"../outside.sh": "is not in the catalog's folder", "scripts/../../outside.sh": "is not in the catalog's folder",
		"/bin/true": "is not in the catalog's folder", "missing.sh": "is not in the catalog's folder", "": "is not in the catalog's folder",
		"link-out.sh": "is a link that leads out of the catalog's folder", "up/outside.sh": "is a link that leads out of the catalog's folder",
		"scripts": "is no file", "notes.txt": "is not executable",
	} {
		for _, at := range []string{folder, mounted} {
			_, err := run(t, at, request(name))
			if want == "" && err != nil || want != "" && (deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), want)) {
				t.Errorf("%q: %v, want %q", name, err, want)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(root, "ran")); err == nil {
		t.Error("the one outside was run")
	}
	for _, at := range []string{"", filepath.Join(root, "nowhere")} {
		if _, err := run(t, at, request("good.sh")); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("without a folder: %v", err)
		}
	}
}

func TestCommandsHaveToBeAllowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	script(t, folder, "touch.sh", "#!/bin/sh\ntouch "+folder+"/ran\n")
	_, err := command.New(&command.Options{Folder: folder}).Run(t.Context(), request("touch.sh"))
	if deploy.CodeOf(err) != deploy.Forbidden || deploy.Message(err) != "commands beside the bot are not allowed here" || deploy.Hint(err) != "set SLIPWAY_COMMANDS=allow, or give the check a job" {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
	if _, err := os.Stat(filepath.Join(folder, "ran")); err == nil {
		t.Error("it was run")
	}
	inJob := request("touch.sh")
	inJob.Check.Job = "probe"
	for name, q := range map[string]deploy.CheckRequest{"another kind of check": {Check: deploy.Check{Calls: []deploy.Call{{}}}}, "nothing to run": request(), "one for a job": inJob} {
		if _, err := run(t, folder, q); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestItIsTriedAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	script(t, folder, "third.sh", "#!/bin/sh\necho x >> "+folder+"/tries\n[ $(wc -l < "+folder+"/tries) -ge 3 ]\n")
	q := request("third.sh")
	q.Check.Tries = 5
	if got, err := run(t, folder, q); err != nil || got.Tries != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	q = request("missing.sh")
	q.Check.Tries = 5
	if _, err := run(t, folder, q); strings.Contains(deploy.Message(err), "times") {
		t.Errorf("what cannot be run was tried again: %v", err)
	}
}
