package sqlread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/wasilibs/go-pgquery/parser"

	"slipway/internal/deploy"
)

var _ deploy.SQLReader = (*Reader)(nil)

// Reader reads scripts. Its methods may be called from any goroutine; scripts are read one after another.
type Reader struct {
	keep  time.Duration
	mu    sync.Mutex
	timer *time.Timer
}

// Options of New; nil means all defaults.
type Options struct {
	// Keep is for how long the parser stays loaded after it was used: 25 MB; default 1 min.
	Keep time.Duration
}

// New makes a reader. It loads nothing.
func New(opts *Options) *Reader {
	r := &Reader{keep: time.Minute}
	if opts != nil && opts.Keep > 0 {
		r.keep = opts.Keep
	}
	return r
}

// Loaded says whether the parser is in memory; it is the same for all readers of the process.
func (r *Reader) Loaded() bool { return loaded() }

// Close gives the memory of the parser back, unless another reader is at work. The reader may be used again.
func (r *Reader) Close() error {
	r.mu.Lock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	unload()
	return nil
}

const doing = "read the script"

// Read takes a script apart; Class of a statement is Unchanged if it changes nothing that stays. Tables are written
// schema.name, and are of the schema public, or the first of a SET search_path before, unless they say another. Codes:
// Invalid, with the line (not parsed; what steers transactions; commands of psql; COPY from standard input; nested too
// deeply), Unavailable if ctx ends. The first call takes about a second.
func (r *Reader) Read(ctx context.Context, sql string) ([]deploy.Statement, error) {
	if err := readable(sql); err != nil {
		return nil, err
	}
	tree, err := r.parse(ctx, sql)
	if err != nil {
		return nil, explain(ctx, sql, err)
	}
	var parsed struct {
		Stmts []rawStmt `json:"stmts"`
	}
	if err := json.Unmarshal([]byte(tree), &parsed); err != nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "what the parser says of it cannot be read", Hint: "split the script", Err: err}
	}
	s := &script{sql: sql, schema: public, made: map[string]bool{}, temp: map[string]bool{}}
	out := make([]deploy.Statement, 0, len(parsed.Stmts))
	lines := lineCounter{text: sql, line: 1}
	for _, raw := range parsed.Stmts {
		begin, end := span(sql, raw)
		line := lines.at(begin)
		st, err := s.statement(raw.Stmt)
		if err != nil {
			return nil, invalid(line, err.Error())
		}
		st.Line, st.Text = line, oneLine(sql[begin:end], s.secret)
		out = append(out, st)
	}
	return out, nil
}

// readable refuses what must not come to the parser.
func readable(sql string) error {
	if !utf8.ValidString(sql) {
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "it is not UTF-8", Hint: "save the file as UTF-8"}
	}
	if at := strings.IndexByte(sql, 0); at >= 0 {
		return invalid(lineOf(sql, at), "there is a NUL character")
	}
	if at, deep := tooDeep(sql); deep {
		return invalid(lineOf(sql, at), "it is nested too deeply, or has too many operators in a row, to be read")
	}
	return nil
}

func invalid(line int, msg string) error {
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("line %d: %s", line, msg), Hint: "mend the script, then deploy again"}
}

// explain makes an error of the parser one of ours.
func explain(ctx context.Context, sql string, err error) error {
	if ctx.Err() != nil {
		return &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "reading it was broken off", Err: err}
	}
	said := (*parser.Error)(nil)
	if !errors.As(err, &said) {
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "PostgreSQL's parser cannot cope with it", Hint: "split the script into several, or make its statements simpler", Err: err}
	}
	at := byteOf(sql, said.Cursorpos-1)
	if rest := sql[at:]; strings.HasPrefix(rest, `\`) {
		command := strings.Fields(rest)[0]
		return invalid(lineOf(sql, at), fmt.Sprintf("%.20s: commands of psql are not SQL, and Slipway does not run psql", command))
	}
	return invalid(lineOf(sql, at), withoutValue(said.Message))
}

// withoutValue is what the parser says, without a text that it quotes: nobody knows what is in that.
func withoutValue(msg string) string {
	const near = `at or near "`
	head, token, found := strings.Cut(msg, near)
	if found && strings.ContainsAny(token, `'$`) {
		return head + "at or near a text"
	}
	return cut(strings.Join(strings.Fields(msg), " "), maxText)
}
