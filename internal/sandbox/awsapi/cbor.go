package awsapi

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// epoch is the tag of a time as seconds since 1970.
const epoch = 1

// inCBOR is RPC v2 with CBOR.
type inCBOR struct {
	api  *API
	body []byte
}

func (p *inCBOR) read(in any) error {
	if len(p.body) == 0 {
		return nil
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any]()}.DecMode()
	if err != nil {
		return err
	}
	var said any
	if err := mode.Unmarshal(p.body, &said); err != nil {
		return errors.New("the body is not CBOR")
	}
	f := &filler{names: Same, document: p.api.Document}
	return f.fill(reflect.ValueOf(in).Elem(), said, "")
}

func (p *inCBOR) answer(out any, _ string) (reply, error) {
	s := &speller{names: Same, time: func(t time.Time) any {
		return cbor.Tag{Number: epoch, Content: float64(t.UnixMilli()) / 1000}
	}}
	tree, _, err := s.spell(reflect.ValueOf(out))
	if err != nil {
		return reply{}, err
	}
	return inMachineWords(http.StatusOK, tree)
}

func (p *inCBOR) refuse(e Error, _ string) (reply, error) {
	// CloudWatch has some errors with a message, and some with a Message.
	r, err := inMachineWords(e.Status, map[string]string{"__type": e.Code, "message": e.Message, "Message": e.Message})
	p.api.codeOfQuery(&r, e)
	return r, err
}

func inMachineWords(status int, said any) (reply, error) {
	body, err := cbor.Marshal(said)
	if err != nil {
		return reply{}, fmt.Errorf("write CBOR: %w", err)
	}
	return reply{status: status, header: map[string]string{"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}, body: body}, nil
}
