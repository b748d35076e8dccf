package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// clientTLS is how a client speaks TLS: it takes any certificate, because who
// answers is seen in the answer, unless it is told who has to have signed it.
func clientTLS(request Request) (*tls.Config, error) {
	settings := &tls.Config{InsecureSkipVerify: true}
	if request.Identity != "" {
		pem := []byte(request.Identity)
		certificate, err := tls.X509KeyPair(pem, pem)
		if err != nil {
			return nil, err
		}
		settings.Certificates = []tls.Certificate{certificate}
	}
	if request.Authority != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(request.Authority)) {
			return nil, errors.New("the authority is no certificate")
		}
		settings.VerifyConnection = func(state tls.ConnectionState) error {
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots})
			return err
		}
	}
	return settings, nil
}
