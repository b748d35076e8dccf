package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hangPath is what a program is asked to hang with.
const hangPath = "/__hang"

// callTimeout is how long the request at the start may take.
const callTimeout = 5 * time.Second

// Behaviour is how the program differs from one that is well: a container's
// environment says so (README of the test cluster).
type Behaviour struct {
	NotFound   []string       // ECHO_NOT_FOUND: these paths are answered with 404
	StartDelay time.Duration  // ECHO_START_DELAY: it listens only after that time
	Listen     int            // ECHO_LISTEN: it listens on this port instead of those of the configuration
	Loopback   bool           // ECHO_LOOPBACK: it listens on 127.0.0.1 only
	NoHealth   bool           // ECHO_NO_HEALTH: a gRPC server without the health service
	StopDelay  time.Duration  // ECHO_STOP_DELAY: after SIGTERM it goes on serving for that time
	Call       string         // ECHO_CALL_AT_START: a URL that it asks before it listens
	CallMust   bool           // ECHO_CALL_MUST_WORK: it ends when that request has no good answer
	EndAfter   *time.Duration // ECHO_END_AFTER: it is done, with code 0, that long after it began to listen
	RateLimit  int            // ECHO_RATE_LIMIT: a gRPC server that counts for Envoy: each descriptor may come that often
}

// readBehaviour refuses words that it does not know: a misspelt one would
// show a program that is well.
func readBehaviour(environment []string) (Behaviour, error) {
	var b Behaviour
	var err error
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "ECHO_") || value == "" {
			continue
		}
		switch name {
		case "ECHO_NOT_FOUND":
			b.NotFound = strings.Split(value, ",")
		case "ECHO_START_DELAY":
			b.StartDelay, err = time.ParseDuration(value)
		case "ECHO_LISTEN":
			b.Listen, err = strconv.Atoi(value)
		case "ECHO_LOOPBACK":
			b.Loopback, err = strconv.ParseBool(value)
		case "ECHO_NO_HEALTH":
			b.NoHealth, err = strconv.ParseBool(value)
		case "ECHO_STOP_DELAY":
			b.StopDelay, err = time.ParseDuration(value)
		case "ECHO_CALL_AT_START":
			b.Call = value
		case "ECHO_CALL_MUST_WORK":
			b.CallMust, err = strconv.ParseBool(value)
		case "ECHO_RATE_LIMIT":
			b.RateLimit, err = strconv.Atoi(value)
		case "ECHO_END_AFTER":
			var after time.Duration
			after, err = time.ParseDuration(value)
			b.EndAfter = &after
		default:
			err = fmt.Errorf("no such word")
		}
		if err != nil {
			return b, fmt.Errorf("%s=%s: %w", name, value, err)
		}
	}
	return b, nil
}

// apply changes what the program is to listen on.
func (b Behaviour) apply(config Config) Config {
	if b.Loopback {
		config.Address = "127.0.0.1"
	}
	if b.Listen != 0 {
		port := Port{Number: b.Listen, Protocol: "http"}
		if len(config.Ports) > 0 {
			port.Name, port.Protocol = config.Ports[0].Name, config.Ports[0].Protocol
		}
		config.Ports = []Port{port}
	}
	return config
}

func (b Behaviour) knows(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return !slices.Contains(b.NotFound, path)
}

// callAtStart asks once and says what came of it.
func (b Behaviour) callAtStart(ctx context.Context, out io.Writer) error {
	if b.Call == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	client, _ := newHTTPClient(Request{Protocol: "http"})
	defer client.close()
	result := client.send(ctx, Request{Method: http.MethodGet, URL: b.Call})
	outcome := fmt.Sprintf("answered %d", result.Status)
	if result.Error != "" {
		outcome = "failed: " + result.Error
	}
	fmt.Fprintf(out, "call at start: GET %s %s\n", b.Call, outcome)
	if b.CallMust && (result.Error != "" || result.Status >= 400) {
		return fmt.Errorf("the call at start, GET %s, %s", b.Call, outcome)
	}
	return nil
}

// end comes when the program has done its work: never, for one that serves.
func (b Behaviour) end() <-chan time.Time {
	if b.EndAfter == nil {
		return nil
	}
	return time.After(*b.EndAfter)
}

// wait is false when the context ends first.
func wait(ctx context.Context, duration time.Duration) bool {
	select {
	case <-time.After(duration):
		return true
	case <-ctx.Done():
		return false
	}
}

// hanging is a program that hangs from some moment on: it takes no connection
// (the kernel still completes handshakes for it, as for any program that
// hangs) and answers nothing.
type hanging struct {
	once  sync.Once
	begun chan struct{}
}

func newHanging() *hanging { return &hanging{begun: make(chan struct{})} }

func (h *hanging) begin() { h.once.Do(func() { close(h.begun) }) }

// block returns at once while the program is well; otherwise when the one who
// waits for an answer gives up.
func (h *hanging) block(done <-chan struct{}) bool {
	select {
	case <-h.begun:
		<-done
		return true
	default:
		return false
	}
}

type hangingListener struct {
	net.Listener
	hanging *hanging
	stopped <-chan struct{}
}

func (l hangingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err == nil && l.hanging.block(l.stopped) {
		connection.Close()
		return nil, net.ErrClosed
	}
	return connection, err
}
