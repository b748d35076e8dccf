//go:build tools

// The program is the module's own: this keeps what it needs in go.mod.
package tools

import _ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
