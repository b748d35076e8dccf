package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

const askPrefix = "x-echo-"

// Asks is what a request wants of the server beyond a plain answer.
type Asks struct {
	Delay  time.Duration
	Status int // HTTP status or gRPC code; 0 where none was asked for
	Fail   int // the first n attempts of the key fail, the others succeed
	Drop   bool
	Size   int
}

// asks reads a request's asks; those of the configuration fill what the
// request leaves open. x-echo-if-version limits the request's own asks to
// servers of that version, or of that image.
func (c Config) asks(header func(name string) string) (Asks, error) {
	mine := header(askPrefix + "if-version")
	applies := mine == "" || mine == c.Version || mine == c.Image
	get := func(name string) string {
		if value := header(askPrefix + name); applies && value != "" {
			return value
		}
		return c.Defaults[name]
	}
	var asks Asks
	var err error
	if value := get("delay"); value != "" {
		if asks.Delay, err = time.ParseDuration(value); err != nil {
			return asks, err
		}
	}
	for name, target := range map[string]*int{"status": &asks.Status, "fail": &asks.Fail, "size": &asks.Size} {
		if value := get(name); value != "" {
			if *target, err = strconv.Atoi(value); err != nil || *target < 0 {
				return asks, fmt.Errorf("%s%s: %q is not a natural number", askPrefix, name, value)
			}
		}
	}
	if value := get("drop"); value != "" {
		if asks.Drop, err = strconv.ParseBool(value); err != nil {
			return asks, fmt.Errorf("%sdrop: %q is not true or false", askPrefix, value)
		}
	}
	return asks, nil
}

// outcome says how the attempt with this number ends: with which status
// (0: success) or with a dropped connection. Without a number of failures
// every attempt ends as asked; with one, only the first attempts do.
func (a Asks) outcome(attempt, failure int) (status int, drop bool) {
	if a.Fail == 0 {
		return a.Status, a.Drop
	}
	if attempt > a.Fail {
		return 0, false
	}
	if a.Status != 0 {
		failure = a.Status
	}
	return failure, a.Drop
}

// attempts counts the requests of each key in this process.
type attempts struct {
	mutex  sync.Mutex
	counts map[string]int
}

func (a *attempts) next(key string) int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.counts == nil {
		a.counts = map[string]int{}
	}
	a.counts[key]++
	return a.counts[key]
}
