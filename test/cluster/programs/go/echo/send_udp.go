package main

import (
	"context"
	"net"
)

// udpClient sends one packet and waits for one.
type udpClient struct{}

func (c *udpClient) close() {}

func (c *udpClient) send(ctx context.Context, request Request) Result {
	// A connected socket learns of a refusal.
	connection, err := new(net.Dialer).DialContext(ctx, "udp", request.URL)
	if err != nil {
		return Result{Error: err.Error()}
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	packet, err := lineOf(request)
	if err == nil {
		_, err = connection.Write([]byte(packet))
	}
	if err != nil {
		return Result{Error: err.Error()}
	}
	buffer := make([]byte, 64<<10)
	length, err := connection.Read(buffer)
	if err != nil {
		return Result{Error: err.Error()}
	}
	return Result{Status: 200, Body: string(buffer[:length])}
}
