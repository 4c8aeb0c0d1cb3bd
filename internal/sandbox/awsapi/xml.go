package awsapi

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (p *inQuery) answer(out any, id string) (reply, error) {
	s := &speller{names: Same, time: inISO}
	tree, _, err := s.spell(reflect.ValueOf(out))
	if err != nil {
		return reply{}, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", p.operation, p.api.Namespace)
	element(&b, p.operation+"Result", tree)
	element(&b, "ResponseMetadata", map[string]any{"RequestId": id})
	fmt.Fprintf(&b, "</%sResponse>", p.operation)
	return inXML(http.StatusOK, b.String()), nil
}

func (p *inQuery) refuse(e Error, id string) (reply, error) {
	e = e.inQuery()
	var b strings.Builder
	fmt.Fprintf(&b, "<ErrorResponse xmlns=%q>", p.api.Namespace)
	element(&b, "Error", map[string]any{"Type": e.who(), "Code": e.Code, "Message": e.Message})
	element(&b, "RequestId", id)
	b.WriteString("</ErrorResponse>")
	return inXML(e.Status, b.String()), nil
}

func inXML(status int, body string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "text/xml"}, body: []byte(body)}
}

// element writes a value between the tags of its name.
func element(b *strings.Builder, name string, x any) {
	b.WriteString("<" + name + ">")
	switch v := x.(type) {
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(v)) {
			element(b, member, v[member])
		}
	case pairs:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			element(b, "entry", map[string]any{"key": key, "value": v[key]})
		}
	case []any:
		for _, item := range v {
			element(b, "member", item)
		}
	case string:
		_ = xml.EscapeText(b, []byte(v)) // a Builder takes everything
	case []byte:
		b.WriteString(base64.StdEncoding.EncodeToString(v))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	default:
		fmt.Fprint(b, v)
	}
	b.WriteString("</" + name + ">")
}

// inISO spells a time as XML does.
func inISO(t time.Time) any { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
