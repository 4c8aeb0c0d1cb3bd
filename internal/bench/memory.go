package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// memoryWithin bounds the wait for Redis's answer.
const memoryWithin = 10 * time.Second

// usedMemory is what Redis has allocated, in bytes.
func (g *ground) usedMemory(ctx context.Context) (int64, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", g.redis.Addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(memoryWithin)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, "INFO memory\r\n"); err != nil {
		return 0, err
	}
	bytes, err := readUsedMemory(bufio.NewReader(conn))
	if err != nil {
		return 0, fmt.Errorf("ask Redis for its memory: %w", err)
	}
	return bytes, nil
}

// readUsedMemory finds used_memory in the answer to INFO: $, a length, and then as many bytes of lines name:value.
func readUsedMemory(answer *bufio.Reader) (int64, error) {
	head, err := answer.ReadString('\n')
	if err != nil {
		return 0, err
	}
	length, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(head), "$"), 10, 64)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(io.LimitReader(answer, length))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "used_memory:"); ok {
			return strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, errors.New("it does not say")
}
