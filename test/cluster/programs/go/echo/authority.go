package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"math/big"
	"time"
)

// authorityPEM is the certificate of whoever signs those of the hosts outside,
// for clients that verify them. Its private key is the number 1: it is no
// secret, and nothing but tests may trust it.
//
//go:embed authority.pem
var authorityPEM []byte

func authority() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(authorityPEM)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	one := make([]byte, 32)
	one[31] = 1
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), one)
	return certificate, key, err
}

// serverTLS has a certificate for the host's name alone, whatever name a
// client asks for, and verifies that of a client which shows one.
func serverTLS(host string) (*tls.Config, error) {
	parent, signer, err := authority()
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{host}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	clients.AddCert(parent)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    clients,
	}, nil
}

// tlsNames are what the client asked for and what it is called itself.
func tlsNames(state tls.ConnectionState) (server, client string) {
	if len(state.PeerCertificates) > 0 {
		client = state.PeerCertificates[0].Subject.CommonName
	}
	return state.ServerName, client
}
