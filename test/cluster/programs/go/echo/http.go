package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
)

type httpServer struct{ server *http.Server }

// newHTTPServer answers HTTP/1.1 and HTTP/2 in clear text (with prior
// knowledge, as proxies speak it) on an http port, HTTP/2 only on an http2
// port: a proxy that picks the wrong protocol is found out.
func newHTTPServer(shared *app, port Port) *httpServer {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(port.Protocol == "http")
	protocols.SetUnencryptedHTTP2(true)
	handler := func(w http.ResponseWriter, r *http.Request) { shared.answerHTTP(port, w, r) }
	return &httpServer{&http.Server{Handler: http.HandlerFunc(handler), Protocols: protocols}}
}

func (s *httpServer) serve(listener net.Listener) error { return s.server.Serve(listener) }

func (s *httpServer) stop(ctx context.Context) {
	if s.server.Shutdown(ctx) != nil {
		s.server.Close()
	}
}

func (a *app) answerHTTP(port Port, w http.ResponseWriter, r *http.Request) {
	if isWebSocket(r) {
		a.answerWebSocket(port, w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the sender went away
	}
	serverName, clientName := "", ""
	if r.TLS != nil {
		serverName, clientName = tlsNames(*r.TLS)
	}
	success := http.StatusOK
	if !a.behaviour.knows(r.URL.Path) {
		success = http.StatusNotFound
	}
	a.answers.learn(r.URL.Path)
	success = a.answers.of(r.URL.Path, success)
	answer, drop, err := a.accept(port, Answer{
		HTTPVersion: r.Proto,
		ServerName:  serverName,
		ClientName:  clientName,
		Method:      r.Method,
		Path:        r.URL.RequestURI(),
		Host:        r.Host,
		Headers:     flatten(r.Header),
		Body:        string(body),
		Remote:      r.RemoteAddr,
	}, success, http.StatusServiceUnavailable, r.Context().Done())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if drop {
		// Closes an HTTP/1 connection. HTTP/2 connections are shared with
		// other requests, there only the stream is reset.
		panic(http.ErrAbortHandler)
	}
	for name, value := range a.identity() {
		w.Header().Set(name, value)
	}
	w.Header().Set("content-type", "application/json")
	if answer.Status < 200 || answer.Status > 999 {
		http.Error(w, "x-echo-status is not a final HTTP status", http.StatusBadRequest)
		return
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.json()) // fails where the status allows no body: nothing to do
}

// flatten gives headers lower-case names and joins repeated ones.
func flatten(headers map[string][]string) map[string]string {
	flat := make(map[string]string, len(headers))
	for name, values := range headers {
		flat[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return flat
}
