package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"strings"
)

// tcpClient writes one line and reads one.
type tcpClient struct {
	// settings are those of TLS, if the lines go within it.
	settings   *tls.Config
	connection net.Conn
	reader     *bufio.Reader
}

// newTLSClient names the URL's host in the handshake, wherever it connects.
func newTLSClient(request Request) (*tcpClient, error) {
	settings, err := clientTLS(request)
	if err != nil {
		return nil, err
	}
	settings.ServerName, _, err = net.SplitHostPort(request.URL)
	return &tcpClient{settings: settings}, err
}

func (c *tcpClient) close() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}

func (c *tcpClient) send(ctx context.Context, request Request) Result {
	if c.connection == nil {
		address := request.URL
		if c.settings != nil && request.Address != "" {
			address = request.Address
		}
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return Result{Error: err.Error()}
		}
		if c.settings != nil {
			connection = tls.Client(connection, c.settings)
		}
		c.connection, c.reader = connection, bufio.NewReader(connection)
	}
	// Closing ends a read or write that waits when the time is over.
	connection := c.connection
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	line, err := lineOf(request)
	if err == nil {
		_, err = connection.Write([]byte(line + "\n"))
	}
	var answer string
	if err == nil {
		answer, err = c.reader.ReadString('\n')
	}
	if err != nil {
		c.close() // its state is unknown, the next request makes a new one
		return Result{Error: err.Error()}
	}
	return Result{Status: 200, Body: strings.TrimSuffix(answer, "\n")}
}

// lineOf sends a plain body as it is, and one with headers as a JSON object
// of the headers and the body.
func lineOf(request Request) (string, error) {
	if len(request.Headers) == 0 {
		return strings.ReplaceAll(request.Body, "\n", " "), nil
	}
	object := map[string]string{"body": request.Body}
	for name, value := range request.Headers {
		object[name] = value
	}
	line, err := json.Marshal(object)
	return string(line), err
}
