package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/websocket"
)

// answerWebSocket answers each message of a WebSocket as a request of its own.
func (a *app) answerWebSocket(port Port, w http.ResponseWriter, r *http.Request) {
	talk := func(connection *websocket.Conn) {
		for {
			var message string
			if websocket.Message.Receive(connection, &message) != nil {
				return // the other side has gone
			}
			answer, drop, err := a.accept(port, Answer{
				HTTPVersion: r.Proto,
				Method:      r.Method,
				Path:        r.URL.RequestURI(),
				Host:        r.Host,
				Headers:     flatten(r.Header),
				Body:        message,
				Remote:      r.RemoteAddr,
			}, http.StatusSwitchingProtocols, http.StatusServiceUnavailable, r.Context().Done())
			if err != nil || drop || websocket.Message.Send(connection, string(answer.json())) != nil {
				return
			}
		}
	}
	// Whoever asks is answered: which pages may is not the program's matter.
	websocket.Server{Handler: talk}.ServeHTTP(w, r)
}

func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("upgrade"), "websocket")
}

// webSocketClient sends a message over a WebSocket and waits for one.
type webSocketClient struct{ connection *websocket.Conn }

func (c *webSocketClient) close() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}

func (c *webSocketClient) dial(ctx context.Context, request Request) error {
	if c.connection != nil {
		return nil
	}
	config, err := websocket.NewConfig(request.URL, "http://echo.invalid")
	if err != nil {
		return err
	}
	for name, value := range request.Headers {
		config.Header.Set(name, value)
	}
	transport, err := dialWebSocket(ctx, config.Location, request.Address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { transport.Close() })()
	if c.connection, err = websocket.NewClient(config, transport); err != nil {
		transport.Close()
	}
	return err
}

func dialWebSocket(ctx context.Context, location *url.URL, address string) (net.Conn, error) {
	if address == "" {
		address = location.Host
	}
	if location.Scheme == "wss" {
		// Who answers is seen in the answer; the servers sign their own certificates.
		settings := &tls.Config{InsecureSkipVerify: true, ServerName: location.Hostname(), NextProtos: []string{"http/1.1"}}
		return (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

func (c *webSocketClient) send(ctx context.Context, request Request) Result {
	if err := c.dial(ctx, request); err != nil {
		return Result{Error: err.Error()}
	}
	connection := c.connection
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	var reply string
	if err := websocket.Message.Send(c.connection, request.Body); err != nil {
		return Result{Error: err.Error()}
	}
	if err := websocket.Message.Receive(c.connection, &reply); err != nil {
		return Result{Error: err.Error()}
	}
	return Result{Status: http.StatusSwitchingProtocols, Body: reply}
}
