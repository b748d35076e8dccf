package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// maxLoggedBody keeps the request log readable when bodies are large.
const maxLoggedBody = 4096

// Answer says who answered and what arrived.
type Answer struct {
	Pod         string            `json:"pod"`
	Namespace   string            `json:"namespace"`
	Workload    string            `json:"workload"`
	Version     string            `json:"version"`
	Image       string            `json:"image,omitempty"`
	Port        int               `json:"port"`
	PortName    string            `json:"portName"`
	Protocol    string            `json:"protocol"`
	HTTPVersion string            `json:"httpVersion,omitempty"`
	Method      string            `json:"method,omitempty"`
	Path        string            `json:"path,omitempty"`
	Host        string            `json:"host,omitempty"`
	Headers     map[string]string `json:"headers"`
	Body        string            `json:"body"`
	Remote      string            `json:"remote"`
	Key         string            `json:"key,omitempty"`
	// ServerName is what the TLS handshake asked for.
	ServerName string `json:"serverName,omitempty"`
	// ClientName is the common name of the certificate that the other side showed.
	ClientName string `json:"clientName,omitempty"`
	// Attempt is the number of this request among those of its key in this process.
	Attempt int `json:"attempt"`
	// Status is the HTTP status or gRPC code that the server answers with.
	Status  int    `json:"status"`
	Padding string `json:"padding,omitempty"`
}

// isAnswer tells an answer of this program from any other JSON.
func isAnswer(data []byte) bool {
	var answer struct{ Pod, Protocol, Remote *string }
	return json.Unmarshal(data, &answer) == nil && answer.Pod != nil && answer.Protocol != nil && answer.Remote != nil
}

// app is what the servers of all ports share.
type app struct {
	config    Config
	behaviour Behaviour
	hanging   *hanging
	attempts  attempts
	answers   answers
	log       *requestLog
}

// accept takes a request in: it reads what is asked, numbers the attempt,
// writes the log line (before any delay, so that a request which its sender
// gives up is counted too) and waits. success and failure are the protocol's
// own statuses.
func (a *app) accept(port Port, request Answer, success, failure int, done <-chan struct{}) (answer Answer, drop bool, err error) {
	if a.hanging.block(done) {
		return request, true, nil
	}
	if request.Path == hangPath || strings.HasPrefix(request.Path, hangPath+"/") || request.Body == hangPath {
		defer a.hanging.begin() // this one is still answered
	}
	asks, err := a.config.asks(func(name string) string { return request.Headers[name] })
	if err != nil {
		return request, false, err
	}
	answer = request
	answer.Pod, answer.Namespace, answer.Workload, answer.Version = a.config.Pod, a.config.Namespace, a.config.Workload, a.config.Version
	answer.Image = a.config.Image
	answer.Port, answer.PortName, answer.Protocol = port.Number, port.Name, port.Protocol
	answer.Key = request.Headers[askPrefix+"key"]
	answer.Attempt = a.attempts.next(answer.Key)
	answer.Status, drop = asks.outcome(answer.Attempt, failure)
	if answer.Status == 0 {
		answer.Status = success
	}
	if err := a.log.write(answer, drop); err != nil {
		return answer, drop, fmt.Errorf("request log: %w", err)
	}
	select {
	case <-time.After(asks.Delay):
	case <-done:
	}
	answer.Padding = strings.Repeat("x", asks.Size)
	return answer, drop, nil
}

func (a Answer) json() []byte {
	data, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and numbers only: it cannot fail
	}
	return data
}

// identity is sent as headers too, for answers without a body of ours.
func (a *app) identity() map[string]string {
	return map[string]string{
		askPrefix + "pod":      a.config.Pod,
		askPrefix + "workload": a.config.Workload,
		askPrefix + "version":  a.config.Version,
	}
}

type requestLog struct {
	mutex sync.Mutex
	file  *os.File
}

func openRequestLog(path string) (*requestLog, error) {
	if path == "" {
		return &requestLog{}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	return &requestLog{file: file}, err
}

// write appends one line with one unbuffered write: a reader from outside
// sees it as soon as the request is answered.
func (l *requestLog) write(answer Answer, dropped bool) error {
	if l.file == nil {
		return nil
	}
	if len(answer.Body) > maxLoggedBody {
		answer.Body = answer.Body[:maxLoggedBody]
	}
	line, err := json.Marshal(struct {
		Answer
		Dropped bool  `json:"dropped"`
		At      int64 `json:"at"`
	}{answer, dropped, time.Now().UnixMilli()})
	if err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, err = l.file.Write(append(line, '\n'))
	return err
}
