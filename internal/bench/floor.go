package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// floorArgument makes this program the child that answerFloor is.
const floorArgument = "answer-floor"

// floorWithin bounds the wait for the child and for one answer of it.
const floorWithin = 10 * time.Second

// floor is the least that an acknowledged and stored command can cost on this machine: a WebSocket server here, and a
// child process, connected to it as the bot is to Slack, that stores each frame in Redis with one SET over a bare
// connection and then answers. No JSON is looked at, nothing is decided.
type floor struct {
	child   *process
	http    *http.Server
	socket  *websocket.Conn
	answers chan error
}

// startFloor starts the child and waits for its connection.
func startFloor(ctx context.Context, g *ground) (f *floor, err error) {
	f = &floor{answers: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return f, err
	}
	opened := make(chan *websocket.Conn, 1)
	upgrader := websocket.Upgrader{}
	f.http = &http.Server{ReadHeaderTimeout: floorWithin, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(rw, r, nil); err == nil {
			opened <- c
		}
	})}
	go func() { _ = f.http.Serve(listener) }() // returns at close
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	f.child, err = spawn(filepath.Join(g.dir, "floor.log"), nil, self, floorArgument, "ws://"+listener.Addr().String(), g.redis.Addr)
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(ctx, floorWithin)
	defer cancel()
	ctx, release := f.child.alive(ctx)
	defer release()
	select {
	case f.socket = <-opened:
	case <-ctx.Done():
		return f, fmt.Errorf("wait for the floor: %w", context.Cause(ctx))
	}
	go f.read()
	return f, nil
}

func (f *floor) read() {
	for {
		_, _, err := f.socket.ReadMessage()
		f.answers <- err
		if err != nil {
			return
		}
	}
}

// ask sends a frame and says how long the answer took.
func (f *floor) ask(ctx context.Context, frame []byte) (time.Duration, error) {
	timer := time.NewTimer(floorWithin)
	defer timer.Stop()
	started := time.Now()
	if err := f.socket.WriteMessage(websocket.TextMessage, frame); err != nil {
		return 0, err
	}
	select {
	case err := <-f.answers:
		return time.Since(started), err
	case <-timer.C:
		return 0, errors.New("the floor does not answer")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (f *floor) close() error {
	var errs []error
	if f.socket != nil {
		_ = f.socket.Close() // which ends the child
	}
	if f.child != nil {
		errs = append(errs, f.child.stop())
	}
	if f.http != nil {
		errs = append(errs, f.http.Close())
	}
	return errors.Join(errs...)
}

// answerFloor is the child. It ends when its parent hangs up.
func answerFloor(ctx context.Context, url, redis string) error {
	socket, resp, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // the dialer leaves nothing in it
	defer func() { _ = socket.Close() }()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", redis)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for {
		kind, frame, err := socket.ReadMessage()
		if err != nil {
			return nil
		}
		if _, err := conn.Write(setCommand("floor", frame)); err != nil {
			return err
		}
		line, err := answers.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "+OK") {
			return fmt.Errorf("redis answered %q: %w", line, err)
		}
		if err := socket.WriteMessage(kind, []byte(`{"envelope_id":"00000000-0000-000000000000"}`)); err != nil {
			return err
		}
	}
}

// setCommand is SET in Redis's protocol.
func setCommand(key string, value []byte) []byte {
	b := []byte("*3\r\n$3\r\nSET\r\n$" + strconv.Itoa(len(key)) + "\r\n" + key + "\r\n$" + strconv.Itoa(len(value)) + "\r\n")
	return append(append(b, value...), "\r\n"...)
}
