package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"time"
)

// httpsServer is a host outside of the mesh that does its own TLS.
type httpsServer struct{ *httpServer }

// newHTTPSServer answers as an http port does, over TLS for any server name.
func newHTTPSServer(shared *app, port Port) (*httpsServer, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	server := newHTTPServer(shared, port)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	server.server.Protocols = protocols
	server.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	return &httpsServer{server}, nil
}

func (s *httpsServer) serve(listener net.Listener) error {
	return s.server.ServeTLS(listener, "", "")
}

// selfSigned makes a certificate that no client can verify, so its names and
// its dates are of no account.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
