package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// drain is how long requests under way may take when the process is stopped.
const drain = 3 * time.Second

// server answers on one port until it is stopped.
type server interface {
	serve(net.Listener) error
	stop(ctx context.Context)
}

// serve asks what it is to ask first, binds all ports, says so with one JSON
// line and answers until ctx ends.
func serve(ctx context.Context, config Config, behaviour Behaviour, out io.Writer) error {
	config = behaviour.apply(config)
	log, err := openRequestLog(config.RequestLog)
	if err != nil {
		return err
	}
	shared := &app{config: config, behaviour: behaviour, hanging: newHanging(), log: log}
	if log.file != nil {
		defer log.file.Close()
	}

	if err := behaviour.callAtStart(ctx, out); err != nil {
		return err
	}
	if behaviour.StartDelay > 0 && !wait(ctx, behaviour.StartDelay) {
		return nil
	}

	address := config.Address
	if address == "" {
		address = "0.0.0.0"
	}
	stopped := make(chan struct{})
	var servers []server
	var listeners []net.Listener
	for i, port := range config.Ports {
		if port.Protocol == "udp" {
			connection, err := net.ListenPacket("udp4", net.JoinHostPort(address, fmt.Sprint(port.Number)))
			if err != nil {
				return fmt.Errorf("port %s: %w", port.Name, err)
			}
			defer connection.Close()
			config.Ports[i].Number = connection.LocalAddr().(*net.UDPAddr).Port
			servers, listeners = append(servers, newUDPServer(shared, config.Ports[i], connection)), append(listeners, nil)
			continue
		}
		listener, err := net.Listen("tcp4", net.JoinHostPort(address, fmt.Sprint(port.Number)))
		if err != nil {
			return fmt.Errorf("port %s: %w", port.Name, err)
		}
		defer listener.Close()
		// A port number of 0 stands for any free one.
		config.Ports[i].Number = listener.Addr().(*net.TCPAddr).Port
		server, err := newServer(shared, config.Ports[i])
		if err != nil {
			return err
		}
		servers, listeners = append(servers, server), append(listeners, hangingListener{listener, shared.hanging, stopped})
	}
	if err := json.NewEncoder(out).Encode(map[string]any{"ready": true, "pod": config.Pod, "ports": config.Ports}); err != nil {
		return err
	}

	failed := make(chan error, len(servers))
	for i := range servers {
		go func() { failed <- servers[i].serve(listeners[i]) }()
	}
	select {
	case err := <-failed:
		if err == nil {
			err = errors.New("a server ended by itself")
		}
		return err
	case <-ctx.Done():
	case <-behaviour.end():
	}
	if behaviour.StopDelay > 0 {
		time.Sleep(behaviour.StopDelay)
	}
	close(stopped)
	limit, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	for _, server := range servers {
		server.stop(limit)
	}
	return nil
}

func newServer(shared *app, port Port) (server, error) {
	switch port.Protocol {
	case "http", "http2":
		return newHTTPServer(shared, port), nil
	case "https":
		return newHTTPSServer(shared, port)
	case "grpc":
		return newGRPCServer(shared, port), nil
	case "tcp":
		return newTCPServer(shared, port), nil
	case "tls":
		return newTLSServer(shared, port)
	default:
		return nil, fmt.Errorf("port %s: unknown protocol %q", port.Name, port.Protocol)
	}
}
