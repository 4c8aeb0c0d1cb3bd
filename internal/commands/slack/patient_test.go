package slack_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
)

// frame is a WebSocket frame as a server sends it.
func frame(first byte, payload string) string {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return string(head) + payload
}

func TestOnlyNoticesAreTakenOutOfAConnection(t *testing.T) {
	t.Parallel()
	const text, ping, begun, ended = 0x81, 0x89, 0x01, 0x80
	const handshake = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
	keep := []string{
		frame(text, `{"type":"hello"}`), frame(ping, `{"type":"disconnect","reason":"warning"}`),
		frame(text, `{"type":"disconnect","reason":"link_disabled"}`), frame(text, `{"type":"disconnect","reason":"too_many_websockets"}`),
		frame(text, strings.Repeat("x", 300)), frame(text, strings.Repeat("y", 70_000)),
		frame(begun, `{"type":"disconnect",`), frame(ended, `"reason":"warning"}`), frame(text, ""),
	}
	drop := []string{frame(text, `{"type":"disconnect","reason":"warning"}`), frame(text, `{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"h"}}`)}

	ours, slacks := net.Pipe()
	sent := handshake + keep[0] + drop[0] + strings.Join(keep[1:5], "") + drop[1] + strings.Join(keep[5:], "") + drop[0]
	go func() {
		_, _ = io.Copy(slacks, iotest.OneByteReader(strings.NewReader(sent)))
		_ = slacks.Close()
	}()
	noticed, left := 0, 0
	conn := slack.NewPatient(ours, func() { noticed++ }, func() { left++ })
	var got bytes.Buffer
	if _, err := io.CopyBuffer(&got, struct{ io.Reader }{conn}, make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(handshake+strings.Join(keep, ""), got.String()); diff != "" {
		t.Error(diff)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if noticed != 1 || left != 1 {
		t.Errorf("noticed %d times, left %d times, want once each", noticed, left)
	}
}
