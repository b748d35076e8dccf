package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
)

type httpClient struct{ transport *http.Transport }

func newHTTPClient(request Request) (*httpClient, error) {
	protocol := request.Protocol
	protocols := new(http.Protocols)
	protocols.SetHTTP1(protocol != "http2")
	protocols.SetHTTP2(protocol == "https")
	protocols.SetUnencryptedHTTP2(protocol == "http2")
	settings, err := clientTLS(request)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if request.Address != "" {
			address = request.Address
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return &httpClient{&http.Transport{
		DialContext: dial,
		Protocols:   protocols,
		// No proxy and no compression of its own: what arrives is what was sent.
		DisableCompression: true,
		TLSClientConfig:    settings,
	}}, nil
}

func (c *httpClient) close() { c.transport.CloseIdleConnections() }

// send makes one round trip; redirects are answers like any other.
func (c *httpClient) send(ctx context.Context, request Request) Result {
	method := request.Method
	if method == "" {
		method = http.MethodGet
	}
	outgoing, err := http.NewRequestWithContext(ctx, method, request.URL, nil)
	if err != nil {
		return Result{Error: err.Error()}
	}
	// Go picks TLS by the URL alone, and a request meant to be encrypted must not go out in clear text.
	if secure := c.transport.Protocols.HTTP2(); secure != (outgoing.URL.Scheme == "https") {
		return Result{Error: "the URL is not one of this protocol: " + request.URL}
	}
	switch {
	case request.Body != "":
		outgoing.Body, outgoing.ContentLength = once(request.Body), int64(len(request.Body))
	case outgoing.URL.Scheme == "http" && c.transport.Protocols.HTTP1() && isReplayed(method):
		outgoing.Body = once("")
	}
	for name, value := range request.Headers {
		if strings.EqualFold(name, "host") {
			outgoing.Host = value
		} else {
			outgoing.Header.Set(name, value)
		}
	}
	answer, err := c.transport.RoundTrip(outgoing)
	if err != nil {
		return Result{Error: err.Error()}
	}
	defer answer.Body.Close()
	result := Result{Status: answer.StatusCode, Headers: flatten(answer.Header)}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		result.Error = err.Error()
	}
	result.Body = string(body)
	return result
}

// once is a body that cannot be read again. Go's transport silently repeats
// an idempotent request on a lost connection when it can read the body again,
// and the attempts counted would then not be the mesh's.
func once(text string) io.ReadCloser { return io.NopCloser(io.MultiReader(strings.NewReader(text))) }

func isReplayed(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}
