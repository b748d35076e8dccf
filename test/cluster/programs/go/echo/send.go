package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Request is an item of what `echo send` reads.
type Request struct {
	ID       string            `json:"id"`
	Protocol string            `json:"protocol"` // http, http2, https, grpc, tcp, udp or tls: lines within TLS
	URL      string            `json:"url"`      // grpc, tcp and tls: host:port
	Path     string            `json:"path,omitempty"`
	Method   string            `json:"method,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Body     string            `json:"body,omitempty"`
	// Address is where http, http2, https and tls connect, host:port, whatever the URL's name.
	Address string `json:"address,omitempty"`
	// Identity is a certificate and its key, in PEM, by which an https or tls client says who it is.
	Identity string `json:"identity,omitempty"`
	// Authority is the certificate, in PEM, of whoever has to have signed that of an https or tls server, whatever name stands in it.
	Authority string `json:"authority,omitempty"`
	// Count is how often the request is sent, by Concurrency workers.
	Count         int  `json:"count,omitempty"`
	Concurrency   int  `json:"concurrency,omitempty"`
	TimeoutMs     int  `json:"timeoutMs,omitempty"`
	NewConnection bool `json:"newConnection,omitempty"`
}

// Result is what came of one single request.
type Result struct {
	ID string `json:"id"`
	N  int    `json:"n"`
	// Status is the HTTP status, 200 for any gRPC or TCP answer, 0 where no
	// answer came at all.
	Status     int               `json:"status"`
	GRPCStatus *int              `json:"grpcStatus,omitempty"`
	Error      string            `json:"error,omitempty"`
	DurationMs float64           `json:"durationMs"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body,omitempty"`
	Echo       json.RawMessage   `json:"echo,omitempty"`
}

// client sends requests of one protocol; each worker has its own, so that a
// worker's requests share a connection and different workers' do not.
type client interface {
	send(ctx context.Context, request Request) Result
	close()
}

var errTimeout = errors.New("timeout")

func send(ctx context.Context, in io.Reader, out io.Writer, parallel int) error {
	var requests []Request
	decoder := json.NewDecoder(bufio.NewReader(in))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&requests); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	for _, request := range requests {
		if _, err := newClient(request); err != nil {
			return fmt.Errorf("%s: %w", request.ID, err)
		}
	}
	results := make(chan Result)
	go func() {
		defer close(results)
		inParallel(parallel, len(requests), func() (func(int), func()) {
			return func(i int) { sendAll(ctx, requests[i], results) }, func() {}
		})
	}()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var failure error
	for result := range results {
		if err := encoder.Encode(result); err != nil {
			failure = err
		}
	}
	return failure
}

func sendAll(ctx context.Context, request Request, results chan<- Result) {
	inParallel(request.Concurrency, max(request.Count, 1), func() (func(int), func()) {
		client, _ := newClient(request)
		each := func(n int) {
			if request.NewConnection && n > 0 {
				client.close()
				client, _ = newClient(request)
			}
			results <- sendOne(ctx, client, request, n)
		}
		return each, func() { client.close() }
	})
}

// sendOne cancels a request after its time without setting a deadline on the
// context: a gRPC deadline would travel along and let the mesh act on it.
func sendOne(ctx context.Context, client client, request Request, n int) Result {
	timeout := time.Duration(request.TimeoutMs) * time.Millisecond
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	defer cancel(nil)
	defer timer.Stop()
	start := time.Now()
	result := client.send(ctx, request)
	result.ID, result.N = request.ID, n
	result.DurationMs = float64(time.Since(start).Microseconds()) / 1000
	if cause := context.Cause(ctx); cause != nil && result.Error != "" {
		result.Error = fmt.Sprintf("%v after %v: %s", cause, timeout, result.Error)
	}
	if isAnswer([]byte(result.Body)) {
		result.Echo = json.RawMessage(result.Body)
	}
	return result
}

func newClient(request Request) (client, error) {
	switch request.Protocol {
	case "http", "http2", "https":
		return newHTTPClient(request)
	case "grpc":
		return &grpcClient{}, nil
	case "tcp":
		return &tcpClient{}, nil
	case "tls":
		return newTLSClient(request)
	case "udp":
		return &udpClient{}, nil
	default:
		return nil, fmt.Errorf("unknown protocol %q", request.Protocol)
	}
}

// inParallel deals the numbers below count out to workers, each made by start.
func inParallel(workers, count int, start func() (each func(int), end func())) {
	numbers := make(chan int)
	var running sync.WaitGroup
	for range min(max(workers, 1), count) {
		running.Go(func() {
			each, end := start()
			defer end()
			for n := range numbers {
				each(n)
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	running.Wait()
}
