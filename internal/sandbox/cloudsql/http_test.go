package cloudsql_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/cloudsql"
)

// curl asks as somebody without a client of Google's does. The path is one of those under the project's.
func (p *practice) curl(version, verb, path, body string) (code int, answer map[string]any) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.ctx(), verb, "http://"+p.Addr()+version+"/projects/"+project+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(said, &answer); err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		p.t.Fatalf("%s %s: %s (%s): %v", verb, path, said, resp.Header.Get("Content-Type"), err)
	}
	return resp.StatusCode, answer
}

func TestTheAPIAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"/v1", "/sql/v1beta4"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := records(t, cloudsql.InstanceSpec{Nightly: true})
			ask := func(verb, path, body string, fields ...string) map[string]any {
				t.Helper()
				code, got := p.curl(version, verb, path, body)
				if code != http.StatusOK {
					t.Fatalf("%s %s: %d %v", verb, path, code, got)
				}
				for _, field := range fields {
					if got[field] == nil {
						t.Errorf("%s %s does not say %s: %v", verb, path, field, got)
					}
				}
				return got
			}
			got := ask("GET", "/instances/"+instance, "", "createTime", "ipAddresses", "selfLink")
			if got["kind"] != "sql#instance" || got["state"] != "RUNNABLE" || got["databaseVersion"] != "POSTGRES_16" {
				t.Errorf("instance %v", got)
			}
			if got := ask("GET", "/instances?maxResults=1", ""); len(got["items"].([]any)) != 1 {
				t.Errorf("instances %v", got)
			}
			ask("GET", "/instances/"+instance+"/getLatestRecoveryTime", "", "earliestRecoveryTime", "latestRecoveryTime")

			// A field that it does not know is left out; numbers of 64 bits are strings.
			op := ask("POST", "/instances/"+instance+"/backupRuns", `{"description": "by hand", "colour": "red", "type": "ON_DEMAND"}`, "insertTime")
			id, isString := op["backupContext"].(map[string]any)["backupId"].(string)
			if op["operationType"] != "BACKUP_VOLUME" || !isString {
				t.Errorf("operation %v", op)
			}
			p.look(op["name"].(string), sqlpb.Operation_DONE)
			if got := ask("GET", "/operations/"+op["name"].(string), "", "endTime"); got["status"] != "DONE" {
				t.Errorf("operation %v", got)
			}
			if got := ask("GET", "/instances/"+instance+"/backupRuns/"+id, ""); got["id"] != id || got["description"] != "by hand" || got["type"] != "ON_DEMAND" {
				t.Errorf("backup %v", got)
			}
			page := ask("GET", "/instances/"+instance+"/backupRuns?maxResults=1", "", "nextPageToken")
			if next := ask("GET", "/instances/"+instance+"/backupRuns?pageToken="+page["nextPageToken"].(string), ""); len(next["items"].([]any)) != 1 {
				t.Errorf("the second page %v", next)
			}

			op = ask("POST", "/instances/"+instance+"/restoreBackup", `{"restoreBackupContext": {"backupRunId": "`+id+`", "instanceId": "`+instance+`"}}`)
			p.look(op["name"].(string), sqlpb.Operation_DONE)
			op = ask("POST", "/instances/"+instance+"/clone", `{"cloneContext": {"destinationInstanceName": "other", "pointInTime": "`+op["insertTime"].(string)+`"}}`)
			p.look(op["name"].(string), sqlpb.Operation_DONE)
			if got := ask("GET", "/operations?instance="+instance, ""); len(got["items"].([]any)) != 2 {
				t.Errorf("operations %v", got)
			}
			op = ask("DELETE", "/instances/"+instance+"/backupRuns/"+id, "")
			p.look(op["name"].(string), sqlpb.Operation_DONE)
			op = ask("DELETE", "/instances/other", "")
			p.look(op["name"].(string), sqlpb.Operation_DONE)

			var called []string
			for _, c := range p.Calls() {
				if api, _, _ := strings.Cut(c.Method, "."); c.Done && c.Method != "Operations.Get" && api != "" {
					called = append(called, c.Method)
					if !p.Serves(c.Method) {
						t.Errorf("it does not serve %s", c.Method)
					}
				}
			}
			want := []string{"Instances.Get", "Instances.List", "Instances.GetLatestRecoveryTime", "BackupRuns.Insert", "BackupRuns.Get", "BackupRuns.List", "BackupRuns.List",
				"Instances.RestoreBackup", "Instances.Clone", "Operations.List", "BackupRuns.Delete", "Instances.Delete"}
			if diff := cmp.Diff(want, called); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	if err := p.Faults().Inject(cloudsql.Fault{Kind: cloudsql.OperationStuck}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.insert("first"); err != nil {
		t.Fatal(err)
	}
	const words = "Operation failed because another operation was already in progress. Try your request after the current operation is complete."
	code, got := p.curl("/v1", "POST", "/instances/"+instance+"/backupRuns", `{}`)
	want := map[string]any{"error": map[string]any{
		"code": float64(http.StatusConflict), "message": words, "status": "ABORTED", "errors": []any{map[string]any{"message": words, "domain": "global", "reason": "operationInProgress"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" || code != http.StatusConflict {
		t.Errorf("%d (-want +got):\n%s", code, diff)
	}
	for fact, c := range map[string]struct {
		verb, path, body string
		code             int
		says             string
	}{
		"what is no JSON":                {"POST", "/instances/" + instance + "/backupRuns", `{"description": `, http.StatusBadRequest, "Invalid JSON"},
		"what is of another kind":        {"POST", "/instances/" + instance + "/clone", `{"cloneContext": {"pointInTime": "yesterday"}}`, http.StatusBadRequest, "Invalid value"},
		"a number that is none":          {"GET", "/instances/" + instance + "/backupRuns/first", "", http.StatusBadRequest, "Invalid value"},
		"what is too long":               {"POST", "/instances/" + instance + "/backupRuns", `{"description": "` + strings.Repeat("x", 1<<20) + `"}`, http.StatusBadRequest, "could not be read"},
		"a page that there is not":       {"GET", "/instances/" + instance + "/backupRuns?pageToken=x", "", http.StatusBadRequest, "page token"},
		"a call that it does not serve":  {"PATCH", "/instances/" + instance, `{}`, http.StatusNotImplemented, "does not serve PATCH"},
		"another that it does not serve": {"POST", "/instances/" + instance + "/export", `{}`, http.StatusNotImplemented, "does not serve POST"},
	} {
		code, got := p.curl("/v1", c.verb, c.path, c.body)
		if said, _ := got["error"].(map[string]any)["message"].(string); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %v", fact, code, got)
		}
	}
	if p.Serves("Instances.Update") || p.BackupsWith("first") != 1 || p.BackupsWith("") != 0 {
		t.Error("what is refused was done")
	}
}

func TestItEndsAndDoesNotBeginAgain(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	if err := cloudsql.New(nil).Start(p.Addr()); err == nil || !strings.HasPrefix(err.Error(), "listen for cloud sql: ") {
		t.Errorf("an address that is taken: %v", err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.insert("late"); err == nil {
		t.Error("once it is closed it answers")
	}
	if err := p.Start(""); err == nil || !strings.Contains(err.Error(), "closed already") {
		t.Errorf("started once it is closed: %v", err)
	}
}
