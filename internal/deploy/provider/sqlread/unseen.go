package sqlread

import (
	"encoding/json"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// harmlessUnknown are kinds of statements whose class cannot be told, and which neither carry anything else out nor take
// rows, rights or definitions away.
var harmlessUnknown = []string{
	"NotifyStmt", "ListenStmt", "UnlistenStmt", "DiscardStmt", "SecLabelStmt", "CreatePolicyStmt", "AlterSeqStmt", "AlterDefaultPrivilegesStmt",
	"AlterStatsStmt", "AlterPublicationStmt", "AlterTSConfigurationStmt", "AlterTSDictionaryStmt",
}

// calm are functions of PostgreSQL's own, beside the steady ones, that migrations call on rows: they change nothing but
// sequences, and run no statement that is handed to them.
var calm = []string{
	"setval", "nextval", "currval", "lastval", "pg_get_serial_sequence", "random", "gen_random_uuid", "uuid_generate_v4", "clock_timestamp", "pg_sleep",
	"count", "sum", "min", "max", "avg", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "bool_and", "bool_or", "every",
	"row_number", "rank", "dense_rank", "ntile", "lag", "lead", "first_value", "last_value", "generate_series", "unnest", "pg_typeof", "cardinality",
	"regexp_replace", "regexp_matches", "regexp_match", "regexp_split_to_array", "regexp_split_to_table", "split_part", "position", "strpos", "initcap", "reverse", "translate", "ascii", "chr",
	"char_length", "octet_length", "quote_literal", "quote_ident", "starts_with", "to_hex", "to_number", "ltrim", "rtrim", "overlay",
	"array_length", "array_append", "array_prepend", "array_cat", "array_remove", "array_replace", "array_position", "array_to_string", "string_to_array",
	"jsonb_set", "jsonb_insert", "jsonb_strip_nulls", "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length", "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "jsonb_typeof",
	"json_array_elements", "json_array_elements_text", "json_each", "json_each_text", "json_object_keys", "json_typeof", "json_extract_path", "json_extract_path_text", "jsonb_extract_path", "jsonb_extract_path_text", "row_to_json",
	"ceiling", "trunc", "mod", "power", "sqrt", "sign", "exp", "ln", "log", "div", "width_bucket", "make_timestamp", "make_timestamptz", "make_time", "justify_days", "justify_hours", "justify_interval", "isfinite", "date",
	"to_regclass", "num_nonnulls", "num_nulls", "grouping", "percentile_cont", "percentile_disc", "mode", "similar_to_escape",
}

// risksUnseen takes down that nobody can tell from the statement what is done.
func risksUnseen(st *deploy.Statement, why string, values ...any) {
	add(st, unseen, "", "write the statements that are meant into the script, where each is looked at; else read what it does before you agree", why, values...)
}

// calls finds functions in a statement that are not known: what they do is anybody's guess.
func (s *script) calls(raw json.RawMessage, st *deploy.Statement) {
	var strange []string
	walk(raw, func(kind string, under json.RawMessage) {
		var call struct{ Funcname []node }
		if kind != "FuncCall" || json.Unmarshal(under, &call) != nil {
			return
		}
		path := strs(call.Funcname)
		if n := len(path); n > 1 && path[0] == "pg_catalog" {
			path = path[1:]
		}
		name := strings.Join(path, ".")
		if !slices.Contains(steady, name) && !slices.Contains(calm, name) {
			strange = append(strange, name+"()")
		}
	})
	slices.Sort(strange)
	if strange = slices.Compact(strange); len(strange) > 0 {
		risksUnseen(st, "what %s does cannot be told from here: a function may do anything to rows and tables", strings.Join(strange, ", "))
	}
}
