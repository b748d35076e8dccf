package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
)

// udpServer answers each packet that arrives with one packet, which asks as a
// line of the TCP protocol does.
type udpServer struct {
	shared     *app
	port       Port
	connection net.PacketConn
	done       chan struct{}
}

func newUDPServer(shared *app, port Port, connection net.PacketConn) *udpServer {
	return &udpServer{shared: shared, port: port, connection: connection, done: make(chan struct{})}
}

// serve has no use for a listener: there are no connections.
func (s *udpServer) serve(net.Listener) error {
	buffer := make([]byte, 64<<10)
	for {
		length, remote, err := s.connection.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err == nil {
			go s.answer(string(buffer[:length]), remote)
		}
	}
}

func (s *udpServer) stop(context.Context) { close(s.done) }

func (s *udpServer) answer(packet string, remote net.Addr) {
	answer, drop, err := s.shared.accept(s.port, Answer{
		Headers: lineHeaders(packet),
		Body:    packet,
		Remote:  remote.String(),
	}, http.StatusOK, http.StatusServiceUnavailable, s.done)
	reply := answer.json()
	if err != nil {
		reply, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	if !drop {
		s.connection.WriteTo(reply, remote)
	}
}
