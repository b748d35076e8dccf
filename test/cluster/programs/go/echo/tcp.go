package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// maxLine bounds a line of the TCP protocol.
const maxLine = 16 << 20

// tcpServer answers each line that arrives with one line. A line that is a
// JSON object asks with the same keys as an HTTP request does with headers.
type tcpServer struct {
	shared *app
	port   Port
	done   chan struct{}
}

func newTCPServer(shared *app, port Port) *tcpServer {
	return &tcpServer{shared: shared, port: port, done: make(chan struct{})}
}

func (s *tcpServer) serve(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err == nil {
			go s.converse(connection)
		}
	}
}

// stop only ends what waits: a conversation of lines has no end of its own,
// the process's end closes it.
func (s *tcpServer) stop(context.Context) { close(s.done) }

func (s *tcpServer) converse(connection net.Conn) {
	defer connection.Close()
	serverName, clientName := "", ""
	if secure, ok := connection.(*tls.Conn); ok {
		if secure.Handshake() != nil {
			return
		}
		serverName, clientName = tlsNames(secure.ConnectionState())
	}
	lines := bufio.NewScanner(connection)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := lines.Text()
		answer, drop, err := s.shared.accept(s.port, Answer{
			Headers:    lineHeaders(line),
			Body:       line,
			Remote:     connection.RemoteAddr().String(),
			ServerName: serverName,
			ClientName: clientName,
		}, http.StatusOK, http.StatusServiceUnavailable, s.done)
		reply := answer.json()
		if err != nil {
			reply, _ = json.Marshal(map[string]string{"error": err.Error()})
		}
		if drop {
			return
		}
		if _, err := connection.Write(append(reply, '\n')); err != nil {
			return
		}
	}
}

func lineHeaders(line string) map[string]string {
	var object map[string]any
	headers := map[string]string{}
	if json.Unmarshal([]byte(line), &object) == nil {
		for name, value := range object {
			headers[strings.ToLower(name)] = fmt.Sprint(value)
		}
	}
	return headers
}
