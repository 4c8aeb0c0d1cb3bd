package awsapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// inJSON is JSON 1.0 and 1.1, which differ in the content type.
type inJSON struct {
	api  *API
	body []byte
	kind string
}

func (p *inJSON) read(in any) error {
	if len(bytes.TrimSpace(p.body)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(p.body))
	decoder.UseNumber()
	var said any
	if err := decoder.Decode(&said); err != nil {
		return errors.New("the body is not JSON")
	}
	f := &filler{names: p.api.names(), document: p.api.Document}
	return f.fill(reflect.ValueOf(in).Elem(), said, "")
}

func (p *inJSON) answer(out any, _ string) (reply, error) {
	s := &speller{names: p.api.names(), time: inSeconds}
	tree, _, err := s.spell(reflect.ValueOf(out))
	if err != nil {
		return reply{}, err
	}
	return p.reply(http.StatusOK, tree)
}

func (p *inJSON) refuse(e Error, _ string) (reply, error) {
	r, err := p.reply(e.Status, map[string]string{"__type": e.Code, "message": e.Message})
	p.api.codeOfQuery(&r, e)
	return r, err
}

func (p *inJSON) reply(status int, said any) (reply, error) {
	body, err := json.Marshal(said)
	if err != nil {
		return reply{}, fmt.Errorf("write JSON: %w", err)
	}
	kind := "application/x-amz-json-1.1"
	if strings.HasPrefix(p.kind, "application/x-amz-json-1.0") {
		kind = "application/x-amz-json-1.0"
	}
	return reply{status: status, header: map[string]string{"Content-Type": kind}, body: body}, nil
}

// inSeconds spells a time as seconds since 1970, to the millisecond.
func inSeconds(t time.Time) any {
	return json.Number(strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64))
}
