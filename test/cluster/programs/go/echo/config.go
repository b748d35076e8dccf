package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Config is what a pod's echo process is started with.
type Config struct {
	Pod       string `json:"pod"`
	Namespace string `json:"namespace"`
	Workload  string `json:"workload"`
	Version   string `json:"version"`
	// Image is that of the container: it tells apart what bears one label of a version.
	Image string `json:"image,omitempty"`
	// Address to bind; empty means every IPv4 address.
	Address string `json:"address,omitempty"`
	// RequestLog is a file that gets one JSON line for each request.
	RequestLog string `json:"requestLog,omitempty"`
	// Defaults are asks (without their prefix x-echo-) that hold for every
	// request which does not ask otherwise.
	Defaults map[string]string `json:"defaults,omitempty"`
	Ports    []Port            `json:"ports"`
}

// Port is a container port of the pod.
type Port struct {
	Name     string `json:"name"`
	Number   int    `json:"number"`
	Protocol string `json:"protocol"` // http, http2, https, grpc, tcp, udp or tls: lines within TLS
}

func readConfig(file string) (Config, error) {
	var config Config
	data, err := os.ReadFile(file)
	if err != nil {
		return config, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return config, fmt.Errorf("%s: %w", file, err)
	}
	// A mistake in the defaults must show at the start, not as answers that
	// nobody asked for.
	if _, err := config.asks(func(string) string { return "" }); err != nil {
		return config, fmt.Errorf("%s: defaults: %w", file, err)
	}
	return config, nil
}
