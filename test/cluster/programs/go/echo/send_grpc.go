package main

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// grpcClient calls a unary method with a StringValue.
type grpcClient struct {
	connection *grpc.ClientConn
}

func (c *grpcClient) close() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}

func (c *grpcClient) dial(request Request) error {
	if c.connection != nil {
		return nil
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// Attempts must be the mesh's, not the client's.
		grpc.WithDisableRetry(),
		grpc.WithNoProxy(),
		grpc.WithStatsHandler(answered{}),
	}
	for name, value := range request.Headers {
		if isAuthority(name) {
			options = append(options, grpc.WithAuthority(value))
		}
	}
	var err error
	// The address goes to the dialer as it is, which knows /etc/hosts.
	c.connection, err = grpc.NewClient("passthrough:///"+request.URL, options...)
	return err
}

func (c *grpcClient) send(ctx context.Context, request Request) Result {
	if err := c.dial(request); err != nil {
		return Result{Error: err.Error()}
	}
	for name, value := range request.Headers {
		if !isAuthority(name) {
			ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), value)
		}
	}
	path := request.Path
	if path == "" {
		path = "/echo.Echo/Echo"
	}
	var fromServer bool
	ctx = context.WithValue(ctx, answered{}, &fromServer)
	var header, trailer metadata.MD
	reply := &wrapperspb.StringValue{}
	err := c.connection.Invoke(ctx, path, wrapperspb.String(request.Body), reply, grpc.Header(&header), grpc.Trailer(&trailer))
	result := Result{Headers: flatten(metadata.Join(header, trailer)), Body: reply.GetValue()}
	if err != nil {
		result.Error = err.Error()
	}
	// A code that the client made up itself (no connection, a timeout) is no answer.
	if fromServer {
		code := int(status.Code(err))
		result.Status, result.GRPCStatus = 200, &code
	}
	return result
}

func isAuthority(name string) bool {
	return strings.EqualFold(name, "host") || strings.EqualFold(name, ":authority")
}

// answered notes in the call's context that the server ended the call with a
// trailer of its own.
type answered struct{}

func (answered) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if _, ok := event.(*stats.InTrailer); ok {
		if fromServer, ok := ctx.Value(answered{}).(*bool); ok {
			*fromServer = true
		}
	}
}

func (answered) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (answered) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (answered) HandleConn(context.Context, stats.ConnStats)                       {}
