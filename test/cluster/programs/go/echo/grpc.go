package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // what exporters of telemetry send
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type grpcServer struct {
	server *grpc.Server
	// connections by remote address: gRPC has no way to end a call without
	// an answer, so a drop closes the whole connection.
	connections sync.Map
	rates       rateLimits
}

func newGRPCServer(shared *app, port Port) *grpcServer {
	s := &grpcServer{rates: rateLimits{allowed: shared.behaviour.RateLimit}}
	s.server = grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		return s.answer(shared, port, stream)
	}), grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if shared.hanging.block(ctx.Done()) {
			return nil, ctx.Err()
		}
		return handler(ctx, request)
	}))
	if !shared.behaviour.NoHealth {
		healthpb.RegisterHealthServer(s.server, health.NewServer()) // SERVING unless told otherwise
	}
	reflection.Register(s.server)
	return s
}

func (s *grpcServer) serve(listener net.Listener) error {
	return s.server.Serve(trackingListener{listener, &s.connections})
}

func (s *grpcServer) stop(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.server.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.server.Stop()
	}
}

// answer answers any method of any service: with the first message, whatever
// its type, as body, and a StringValue with the answer's JSON as result.
func (s *grpcServer) answer(shared *app, port Port, stream grpc.ServerStream) error {
	// Every message decodes as an empty one with unknown fields.
	message := &emptypb.Empty{}
	if err := stream.RecvMsg(message); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	ctx := stream.Context()
	headers, _ := metadata.FromIncomingContext(ctx)
	method, _ := grpc.Method(ctx)
	if shared.behaviour.NoHealth && strings.HasPrefix(method, "/grpc.health.v1.Health/") {
		return status.Error(codes.Unimplemented, "unknown service grpc.health.v1.Health")
	}
	success := codes.OK
	if !shared.behaviour.knows(method) {
		success = codes.Unimplemented
	}
	remote := ""
	if from, ok := peer.FromContext(ctx); ok {
		remote = from.Addr.String()
	}
	request := Answer{
		HTTPVersion: "HTTP/2.0",
		Method:      "POST",
		Path:        method,
		Headers:     flatten(headers),
		Body:        bodyOf(message.ProtoReflect().GetUnknown()),
		Remote:      remote,
	}
	var counted *emptypb.Empty
	if shared.behaviour.RateLimit > 0 && method == shouldRateLimit {
		var err error
		if counted, request.Body, err = s.rates.answer(message.ProtoReflect().GetUnknown()); err != nil {
			return err
		}
	}
	request.Host = request.Headers[":authority"]
	delete(request.Headers, ":authority")
	answer, drop, err := shared.accept(port, request, int(success), int(codes.Unavailable), ctx.Done())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if drop {
		if connection, ok := s.connections.Load(remote); ok {
			connection.(net.Conn).Close()
		}
		return status.Error(codes.Aborted, "dropped")
	}
	stream.SetTrailer(metadata.New(shared.identity()))
	if answer.Status != int(codes.OK) {
		return status.Error(codes.Code(answer.Status), "asked of "+answer.Pod)
	}
	if counted != nil {
		return stream.SendMsg(counted)
	}
	return stream.SendMsg(wrapperspb.String(string(answer.json())))
}

// bodyOf shows a message as text: the value of a StringValue as it is,
// anything else in base64.
func bodyOf(raw []byte) string {
	text := &wrapperspb.StringValue{}
	if proto.Unmarshal(raw, text) == nil && len(text.ProtoReflect().GetUnknown()) == 0 {
		return text.GetValue()
	}
	return base64.StdEncoding.EncodeToString(raw)
}

type trackingListener struct {
	net.Listener
	connections *sync.Map
}

func (l trackingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.connections.Store(connection.RemoteAddr().String(), connection)
	return trackedConnection{connection, l.connections}, nil
}

type trackedConnection struct {
	net.Conn
	connections *sync.Map
}

func (c trackedConnection) Close() error {
	c.connections.CompareAndDelete(c.RemoteAddr().String(), c.Conn)
	return c.Conn.Close()
}
