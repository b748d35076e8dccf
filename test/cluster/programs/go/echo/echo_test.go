package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// start runs a server on free loopback ports and returns the address of each
// port by name, and the file of its request log.
func start(t *testing.T, version string, defaults map[string]string) (addresses map[string]string, log string) {
	t.Helper()
	return startAs(t, version, defaults, Behaviour{})
}

func startAs(t *testing.T, version string, defaults map[string]string, behaviour Behaviour) (addresses map[string]string, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "requests.jsonl")
	config := Config{
		Pod: "shop-0", Namespace: "shops", Workload: "shop", Version: version,
		Address: "127.0.0.1", RequestLog: log, Defaults: defaults,
		Ports: []Port{{"web", 0, "http"}, {"h2", 0, "http2"}, {"rpc", 0, "grpc"}, {"raw", 0, "tcp"}, {"tls", 0, "https"}, {"packet", 0, "udp"}},
	}
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, config, behaviour, writer) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var ready struct{ Ports []Port }
	if err := json.NewDecoder(reader).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	addresses = map[string]string{}
	for _, port := range ready.Ports {
		addresses[port.Name] = "127.0.0.1:" + strconv.Itoa(port.Number)
	}
	return addresses, log
}

// ask sends requests as `echo send` does; $web and the like stand for addresses.
func ask(t *testing.T, addresses map[string]string, requests string) []Result {
	t.Helper()
	for name, address := range addresses {
		requests = strings.ReplaceAll(requests, "$"+name, address)
	}
	var out bytes.Buffer
	if err := send(context.Background(), strings.NewReader(requests), &out, 1); err != nil {
		t.Fatal(err)
	}
	var results []Result
	for decoder := json.NewDecoder(&out); ; {
		var result Result
		if err := decoder.Decode(&result); err == io.EOF {
			return results
		} else if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
}

func echoed(t *testing.T, result Result) Answer {
	t.Helper()
	var answer Answer
	if err := json.Unmarshal(result.Echo, &answer); err != nil {
		t.Fatalf("no echo in %+v", result)
	}
	return answer
}

func logged(t *testing.T, file string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range strings.Lines(string(data)) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, object)
	}
	return lines
}

func TestAnswerSaysWhatArrived(t *testing.T) {
	addresses, log := start(t, "v1", nil)
	for _, test := range []struct{ name, request, protocol, httpVersion, method, path, host, body string }{
		{"http/1", `{"protocol":"http","url":"http://$web/a?b=c","headers":{"X-One":"1"}}`, "http", "HTTP/1.1", "GET", "/a?b=c", "$web", ""},
		{"http/1 post", `{"protocol":"http","url":"http://$web/","method":"POST","body":"hi","headers":{"Host":"shop.test","X-One":"1"}}`, "http", "HTTP/1.1", "POST", "/", "shop.test", "hi"},
		{"h2c on http", `{"protocol":"http2","url":"http://$web/","headers":{"X-One":"1"}}`, "http", "HTTP/2.0", "GET", "/", "$web", ""},
		{"http/2", `{"protocol":"http2","url":"http://$h2/x","method":"PUT","body":"hi","headers":{"X-One":"1"}}`, "http2", "HTTP/2.0", "PUT", "/x", "$h2", "hi"},
		{"https", `{"protocol":"https","url":"https://$tls/a?b=c","method":"POST","body":"hi","headers":{"X-One":"1"}}`, "https", "HTTP/2.0", "POST", "/a?b=c", "$tls", "hi"},
		{"grpc", `{"protocol":"grpc","url":"$rpc","path":"/p.S/M","body":"hi","headers":{"X-One":"1","host":"rpc.test"}}`, "grpc", "HTTP/2.0", "POST", "/p.S/M", "rpc.test", "hi"},
		{"tcp", `{"protocol":"tcp","url":"$raw","headers":{"X-One":"1"}}`, "tcp", "", "", "", "", `{"X-One":"1","body":""}`},
		{"udp", `{"protocol":"udp","url":"$packet","headers":{"X-One":"1"}}`, "udp", "", "", "", "", `{"X-One":"1","body":""}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := ask(t, addresses, "["+test.request+"]")[0]
			answer := echoed(t, result)
			host := strings.NewReplacer("$web", addresses["web"], "$h2", addresses["h2"], "$tls", addresses["tls"]).Replace(test.host)
			got := []string{answer.Protocol, answer.HTTPVersion, answer.Method, answer.Path, answer.Host, answer.Body, answer.Headers["x-one"]}
			want := []string{test.protocol, test.httpVersion, test.method, test.path, host, test.body, "1"}
			if strings.Join(got, "|") != strings.Join(want, "|") || result.Status != 200 {
				t.Errorf("status %d\n got %q\nwant %q", result.Status, got, want)
			}
			if answer.Pod != "shop-0" || answer.Namespace != "shops" || answer.Workload != "shop" || answer.Version != "v1" || answer.Remote == "" {
				t.Errorf("identity: %+v", answer)
			}
		})
	}
	if lines := logged(t, log); len(lines) != 8 || lines[0]["path"] != "/a?b=c" || lines[0]["at"] == nil {
		t.Errorf("request log: %v", lines)
	}
}

func TestAsks(t *testing.T) {
	addresses, log := start(t, "v2", nil)
	// One string for each result: the HTTP status, "g" and the gRPC code, or "-" for no answer.
	for _, test := range []struct{ name, request, want string }{
		{"status", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"418"}}`, "418"},
		{"status without body", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"204"}}`, "204"},
		{"redirects are not followed", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"302"}}`, "302"},
		{"status, grpc", `{"protocol":"grpc","url":"$rpc","headers":{"x-echo-status":"7"}}`, "g7"},
		{"fail twice", `{"protocol":"http","url":"http://$web","count":4,"headers":{"x-echo-fail":"2","x-echo-key":"a"}}`, "503 503 200 200"},
		{"keys count apart", `{"protocol":"http2","url":"http://$h2","count":2,"headers":{"x-echo-fail":"1","x-echo-key":"b","x-echo-status":"500"}}`, "500 200"},
		{"fail, grpc", `{"protocol":"grpc","url":"$rpc","count":2,"headers":{"x-echo-fail":"1","x-echo-key":"c"}}`, "g14 g0"},
		{"drop", `{"protocol":"http","url":"http://$web","count":2,"headers":{"x-echo-drop":"true","x-echo-key":"drop"}}`, "- -"},
		{"drop on a used connection", `{"protocol":"http","url":"http://$web","count":3,"headers":{"x-echo-drop":"true","x-echo-fail":"1","x-echo-key":"d"}}`, "- 200 200"},
		{"drop, http/2", `{"protocol":"http2","url":"http://$h2","headers":{"x-echo-drop":"true"}}`, "-"},
		{"drop, grpc", `{"protocol":"grpc","url":"$rpc","headers":{"x-echo-drop":"true"}}`, "-"},
		{"drop, tcp", `{"protocol":"tcp","url":"$raw","count":2,"headers":{"x-echo-drop":"true","x-echo-fail":"1","x-echo-key":"e"}}`, "- 200"},
		{"status, https", `{"protocol":"https","url":"https://$tls","headers":{"x-echo-status":"418"}}`, "418"},
		{"fail, https", `{"protocol":"https","url":"https://$tls","count":3,"headers":{"x-echo-fail":"1","x-echo-key":"f"}}`, "503 200 200"},
		{"drop, https", `{"protocol":"https","url":"https://$tls","count":2,"headers":{"x-echo-drop":"true","x-echo-key":"tls"}}`, "- -"},
		{"timeout, https", `{"protocol":"https","url":"https://$tls","timeoutMs":50,"headers":{"x-echo-delay":"5s"}}`, "-"},
		{"timeout", `{"protocol":"http","url":"http://$web","timeoutMs":50,"headers":{"x-echo-delay":"5s"}}`, "-"},
		{"timeout, grpc", `{"protocol":"grpc","url":"$rpc","timeoutMs":50,"headers":{"x-echo-delay":"5s"}}`, "-"},
		{"timeout, tcp", `{"protocol":"tcp","url":"$raw","timeoutMs":50,"headers":{"x-echo-delay":"200ms"}}`, "-"},
		{"my version", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"500","x-echo-if-version":"v2"}}`, "500"},
		{"another version", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"500","x-echo-if-version":"v1"}}`, "200"},
		{"no number", `{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"abc"}}`, "400"},
		{"no such port", `{"protocol":"http","url":"http://127.0.0.1:1"}`, "-"},
		{"http/1 on an http2 port", `{"protocol":"http","url":"http://$h2"}`, "-"},
		{"https without TLS", `{"protocol":"https","url":"http://$web"}`, "-"},
		{"http with TLS", `{"protocol":"http","url":"https://$tls"}`, "-"},
		{"TLS on an http port", `{"protocol":"https","url":"https://$web"}`, "-"},
		{"clear text on an https port", `{"protocol":"http","url":"http://$tls"}`, "400"},
		{"h2c on an https port", `{"protocol":"http2","url":"http://$tls"}`, "-"},
		{"http/1 on a grpc port", `{"protocol":"http","url":"http://$rpc"}`, "-"},
		{"new connections", `{"protocol":"grpc","url":"$rpc","count":3,"newConnection":true}`, "g0 g0 g0"},
		{"grpc health", `{"protocol":"grpc","url":"$rpc","path":"/grpc.health.v1.Health/Check"}`, "g0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			results := ask(t, addresses, "["+test.request+"]")
			for _, result := range results {
				switch {
				case result.Status == 0 && result.Error != "":
					got = append(got, "-")
				case result.GRPCStatus != nil:
					got = append(got, "g"+strconv.Itoa(*result.GRPCStatus))
				default:
					got = append(got, strconv.Itoa(result.Status))
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s: %+v", got, test.want, results)
			}
		})
	}
	keys := map[any]int{}
	for _, line := range logged(t, log) {
		keys[line["key"]]++
	}
	// Each request is one line: the client has repeated nothing by itself.
	for key, want := range map[string]int{"a": 4, "drop": 2, "tls": 2, "d": 3, "e": 2} {
		if keys[key] != want {
			t.Errorf("%d log lines of key %s, want %d", keys[key], key, want)
		}
	}
}

func TestDropOnKeptConnectionIsNotRepeated(t *testing.T) {
	addresses, log := start(t, "v1", nil)
	client, _ := newHTTPClient(Request{Protocol: "http"})
	defer client.close()
	for _, headers := range []map[string]string{{}, {"x-echo-drop": "true", "x-echo-key": "k"}} {
		client.send(context.Background(), Request{URL: "http://" + addresses["web"], Headers: headers})
	}
	if lines := logged(t, log); len(lines) != 2 || lines[0]["remote"] != lines[1]["remote"] || lines[1]["dropped"] != true {
		t.Errorf("request log: %v", lines)
	}
}

func TestConnections(t *testing.T) {
	addresses, log := start(t, "v1", nil)
	for _, protocol := range []string{`"http","url":"http://$web"`, `"http2","url":"http://$h2"`, `"grpc","url":"$rpc"`, `"tcp","url":"$raw"`, `"https","url":"https://$tls"`} {
		for _, test := range []struct {
			with string
			want int
		}{{`"count":4`, 1}, {`"count":4,"newConnection":true`, 4}} {
			before := len(logged(t, log))
			ask(t, addresses, `[{"protocol":`+protocol+`,`+test.with+`}]`)
			remotes := map[any]bool{}
			for _, line := range logged(t, log)[before:] {
				remotes[line["remote"]] = true
			}
			if len(remotes) != test.want {
				t.Errorf("%s %s: %d connections, want %d", protocol, test.with, len(remotes), test.want)
			}
		}
	}
}

func TestDelaySizeAndConcurrency(t *testing.T) {
	addresses, _ := start(t, "v1", nil)
	results := ask(t, addresses, `[{"id":"x","protocol":"http","url":"http://$web","count":10,"concurrency":10,
		"headers":{"x-echo-delay":"100ms","x-echo-size":"2000"}}]`)
	numbers := map[int]bool{}
	for _, result := range results {
		numbers[result.N] = true
		if result.ID != "x" || result.DurationMs < 100 || len(echoed(t, result).Padding) != 2000 {
			t.Errorf("%+v", result)
		}
	}
	if len(numbers) != 10 {
		t.Errorf("%d numbers", len(numbers))
	}
}

func TestDefaults(t *testing.T) {
	addresses, _ := start(t, "v1", map[string]string{"status": "500"})
	results := ask(t, addresses, `[{"protocol":"http","url":"http://$web"},
		{"protocol":"http","url":"http://$web","headers":{"x-echo-status":"201"}}]`)
	if results[0].Status != 500 || results[1].Status != 201 {
		t.Errorf("%+v", results)
	}
	if results[0].Headers["x-echo-pod"] != "shop-0" {
		t.Errorf("headers: %v", results[0].Headers)
	}
}

func TestServersAreVerifiedOnRequest(t *testing.T) {
	addresses, _ := start(t, "v1", nil)
	other := httptest.NewTLSServer(nil)
	defer other.Close()
	stranger := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Certificate().Raw})
	for _, test := range []struct {
		authority string
		answered  bool
	}{{"", true}, {string(authorityPEM), true}, {string(stranger), false}} {
		client, err := newClient(Request{Protocol: "https", Authority: test.authority})
		if err != nil {
			t.Fatal(err)
		}
		result := client.send(context.Background(), Request{URL: "https://" + addresses["tls"]})
		client.close()
		if (result.Status == 200) != test.answered {
			t.Errorf("%.30q: %+v", test.authority, result)
		}
		lines, _ := newClient(Request{Protocol: "tls", URL: addresses["tls"], Authority: test.authority})
		result = lines.send(context.Background(), Request{URL: "nowhere:1", Address: addresses["tls"], Body: "GET / HTTP/1.0\r\n\r"})
		lines.close()
		if (result.Status == 200) != test.answered {
			t.Errorf("%.30q: %+v", test.authority, result)
		}
	}
	if _, err := newClient(Request{Protocol: "https", Authority: "none"}); err == nil {
		t.Error("an authority that is none was taken")
	}
}

func TestTLSForAnyServerName(t *testing.T) {
	addresses, log := start(t, "v1", nil)
	for _, test := range []struct{ serverName, protocol, httpVersion string }{
		{"api.example.com", "h2", "HTTP/2.0"},
		{"other.example.org", "http/1.1", "HTTP/1.1"},
		{"", "", "HTTP/1.1"},
	} {
		config := &tls.Config{InsecureSkipVerify: true, ServerName: test.serverName}
		if test.protocol != "" {
			config.NextProtos = []string{test.protocol}
		}
		client, _ := newHTTPClient(Request{Protocol: "https"})
		client.transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		}
		result := client.send(context.Background(), Request{URL: "https://" + addresses["tls"]})
		client.close()
		var answer Answer
		if err := json.Unmarshal([]byte(result.Body), &answer); err != nil {
			t.Fatalf("%q: %+v", test.serverName, result)
		}
		if answer.ServerName != test.serverName || answer.HTTPVersion != test.httpVersion {
			t.Errorf("%+v: %q over %s", test, answer.ServerName, answer.HTTPVersion)
		}
	}
	if lines := logged(t, log); lines[0]["serverName"] != "api.example.com" || lines[2]["serverName"] != nil {
		t.Errorf("request log: %v", lines)
	}
}
