package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadBehaviour(t *testing.T) {
	got, err := readBehaviour([]string{
		"PATH=/bin", "ECHO_NOT_FOUND=/readyz,/x", "ECHO_START_DELAY=20s", "ECHO_LISTEN=9999", "ECHO_LOOPBACK=true",
		"ECHO_NO_HEALTH=true", "ECHO_STOP_DELAY=10s", "ECHO_CALL_AT_START=http://a", "ECHO_CALL_MUST_WORK=true",
	})
	want := Behaviour{[]string{"/readyz", "/x"}, 20 * time.Second, 9999, true, true, 10 * time.Second, "http://a", true, nil, 0}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	for _, wrong := range []string{"ECHO_LISTEN=x", "ECHO_START_DELAY=20", "ECHO_LOOPBACK=perhaps", "ECHO_NOTFOUND=/x"} {
		if _, err := readBehaviour([]string{wrong}); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestListensElsewhere(t *testing.T) {
	config := Config{Ports: []Port{{"rpc", 50051, "grpc"}, {"admin", 9090, "http"}}}
	got := Behaviour{Listen: 9999, Loopback: true}.apply(config)
	if got.Address != "127.0.0.1" || !reflect.DeepEqual(got.Ports, []Port{{"rpc", 9999, "grpc"}}) {
		t.Errorf("%+v", got)
	}
}

func TestNotFound(t *testing.T) {
	addresses, _ := startAs(t, "v1", nil, Behaviour{NotFound: []string{"/readyz", "/p.S/M"}})
	results := ask(t, addresses, `[{"protocol":"http","url":"http://$web/readyz?a=b"},{"protocol":"http","url":"http://$web/ready"},
		{"protocol":"grpc","url":"$rpc","path":"/p.S/M"}]`)
	if results[0].Status != 404 || results[1].Status != 200 || *results[2].GRPCStatus != 12 {
		t.Errorf("%+v", results)
	}
}

func TestAnswers(t *testing.T) {
	addresses, _ := start(t, "v1", nil)
	results := ask(t, addresses, `[{"protocol":"http","url":"http://$web/gate"},{"protocol":"http","url":"http://$web/__answer/403/gate"},
		{"protocol":"http","url":"http://$web/gate?a=b"},{"protocol":"http","url":"http://$web/other"},
		{"protocol":"http","url":"http://$web/__answer/200/gate"},{"protocol":"http","url":"http://$web/gate"}]`)
	for i, want := range []int{200, 200, 403, 200, 200, 200} {
		if results[i].Status != want {
			t.Errorf("%d: %+v", i, results[i])
		}
	}
}

func TestNoHealth(t *testing.T) {
	addresses, _ := startAs(t, "v1", nil, Behaviour{NoHealth: true})
	results := ask(t, addresses, `[{"protocol":"grpc","url":"$rpc","path":"/grpc.health.v1.Health/Check"},{"protocol":"grpc","url":"$rpc"}]`)
	if *results[0].GRPCStatus != 12 || *results[1].GRPCStatus != 0 {
		t.Errorf("%+v", results)
	}
}

func TestHang(t *testing.T) {
	for _, request := range []string{`"http","url":"http://$web/__hang"`, `"grpc","url":"$rpc","path":"/__hang/Now"`, `"tcp","url":"$raw","body":"/__hang"`} {
		addresses, _ := start(t, "v1", nil)
		results := ask(t, addresses, `[{"protocol":`+request+`},{"protocol":"http","url":"http://$web","timeoutMs":100},{"protocol":"http2","url":"http://$h2","timeoutMs":100},
			{"protocol":"grpc","url":"$rpc","timeoutMs":100},{"protocol":"grpc","url":"$rpc","path":"/grpc.health.v1.Health/Check","timeoutMs":100},{"protocol":"tcp","url":"$raw","timeoutMs":100}]`)
		for i, result := range results {
			if answered := result.Status != 0; answered != (i == 0) {
				t.Errorf("%s: %d: %+v", request, i, result)
			}
		}
	}
}

func TestStartDelayAndStopDelay(t *testing.T) {
	config := Config{Address: "127.0.0.1", Ports: []Port{{"web", 0, "http"}}}
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	began := time.Now()
	go func() {
		ended <- serve(ctx, config, Behaviour{StartDelay: 100 * time.Millisecond, StopDelay: 300 * time.Millisecond}, writer)
	}()
	if _, err := reader.Read(make([]byte, 1000)); err != nil || time.Since(began) < 100*time.Millisecond {
		t.Errorf("listens after %s %v", time.Since(began), err)
	}
	stopped := time.Now()
	cancel()
	select {
	case err := <-ended:
		t.Errorf("ended after %s: %v", time.Since(stopped), err)
	case <-time.After(150 * time.Millisecond):
	}
	if err := <-ended; err != nil || time.Since(stopped) < 300*time.Millisecond {
		t.Errorf("ended after %s: %v", time.Since(stopped), err)
	}
}

func TestCallAtStart(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(503)
		}
	}))
	defer server.Close()
	for _, test := range []struct {
		url   string
		must  bool
		says  string
		fails bool
	}{
		{server.URL, true, "answered 200", false},
		{server.URL + "/no", false, "answered 503", false},
		{server.URL + "/no", true, "answered 503", true},
		{"http://127.0.0.1:1", false, "refused", false},
		{"http://127.0.0.1:1", true, "refused", true},
	} {
		var out bytes.Buffer
		err := Behaviour{Call: test.url, CallMust: test.must}.callAtStart(context.Background(), &out)
		if !strings.Contains(out.String(), test.says) || (err != nil) != test.fails {
			t.Errorf("%+v: %q %v", test, out.String(), err)
		}
	}
}
