package main

import (
	"crypto/tls"
	"net"
	"net/http"
)

// httpsServer is a host outside of the mesh that does its own TLS.
type httpsServer struct{ *httpServer }

// newHTTPSServer answers as an http port does, over TLS for any server name.
func newHTTPSServer(shared *app, port Port) (*httpsServer, error) {
	config, err := serverTLS(shared.config.Pod)
	if err != nil {
		return nil, err
	}
	server := newHTTPServer(shared, port)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	server.server.Protocols = protocols
	server.server.TLSConfig = config
	return &httpsServer{server}, nil
}

func (s *httpsServer) serve(listener net.Listener) error {
	return s.server.ServeTLS(listener, "", "")
}

// tlsServer answers lines, as a tcp port does, over TLS.
type tlsServer struct {
	*tcpServer
	config *tls.Config
}

func newTLSServer(shared *app, port Port) (*tlsServer, error) {
	config, err := serverTLS(shared.config.Pod)
	if err != nil {
		return nil, err
	}
	return &tlsServer{newTCPServer(shared, port), config}, nil
}

func (s *tlsServer) serve(listener net.Listener) error {
	return s.tcpServer.serve(tls.NewListener(listener, s.config))
}
