package main

import (
	"strconv"
	"strings"
	"sync"
)

// answerPath is what a program is asked with to answer a path otherwise from
// now on: /__answer/403/gate closes the gate that is asked for as /gate, and
// /__answer/200/gate opens it.
const answerPath = "/__answer/"

// answers is how the paths of this process are answered, where that has been
// asked for.
type answers struct {
	mutex    sync.Mutex
	statuses map[string]int
}

// learn takes such a request in; the request itself is answered with success.
func (a *answers) learn(path string) {
	status, rest, found := strings.Cut(strings.TrimPrefix(path, answerPath), "/")
	code, err := strconv.Atoi(status)
	if !strings.HasPrefix(path, answerPath) || !found || err != nil {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.statuses == nil {
		a.statuses = map[string]int{}
	}
	a.statuses["/"+rest] = code
}

func (a *answers) of(path string, otherwise int) int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if status, found := a.statuses[path]; found {
		return status
	}
	return otherwise
}
