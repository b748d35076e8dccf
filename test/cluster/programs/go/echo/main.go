// Command echo stands for any application image in the test cluster: it
// answers on the ports that a pod declares and says what it was asked, and it
// sends requests from inside a pod and says what came back.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage:
  echo serve --config FILE        answer on the ports of the configuration
  echo send [--parallel N]        send the requests of standard input (a JSON array)`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "serve":
		file := flags.String("config", "", "configuration file (JSON)")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		config, err := readConfig(*file)
		if err != nil {
			return err
		}
		behaviour, err := readBehaviour(os.Environ())
		if err != nil {
			return err
		}
		return serve(ctx, config, behaviour, os.Stdout)
	case "send":
		parallel := flags.Int("parallel", 1, "how many of the requests' items run at once")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return send(ctx, os.Stdin, os.Stdout, *parallel)
	default:
		return fmt.Errorf("unknown command %q\n%s", args[0], usage)
	}
}
