// Command qingfeng is the whole suite in one binary: it serves, all parts or one, and administers an instance.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

type cli struct {
	Run      runCmd      `cmd:"" help:"Serve, and do the main job once as a tour."`
	Serve    serveCmd    `cmd:"" help:"Serve the suite, or parts of it."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the schemas of an external PostgreSQL up to date."`
	Import   importCmd   `cmd:"" help:"Import data into a running instance."`
	Profile  profileCmd  `cmd:"" help:"Load the schemes of a body into a running instance."`
	Account  accountCmd  `cmd:"" help:"Issue tokens."`
	Calendar calendarCmd `cmd:"" help:"Working days: print them, import further years."`
	Clock    clockCmd    `cmd:"" help:"Confirm the clock, once it has jumped."`
	Detect   detectCmd   `cmd:"" help:"Find where a series of counts stands out of its past; needs no running instance."`
}

func main() {
	if os.Getenv("GOGC") == "" {
		paceSweeps()
		go giveBack()
	}
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "qingfeng:", said(err))
		os.Exit(1)
	}
}

// said is an error as people read it: what the instance said, without what gRPC puts before it.
func said(err error) string {
	var refused interface {
		error
		GRPCStatus() *status.Status
	}
	if errors.As(err, &refused) && refused.GRPCStatus().Message() != "" {
		return strings.Replace(err.Error(), refused.Error(), refused.GRPCStatus().Message(), 1)
	}
	return err.Error()
}

// run parses the arguments, each of which may also come from the environment, and does what they ask until a signal.
func run(ctx context.Context, args []string) error {
	parser, err := kong.New(&cli{}, kong.Name("qingfeng"), kong.UsageOnError(), kong.DefaultEnvars("QINGFENG"),
		kong.Vars{"methods": strings.Join(detection.Names(), ", ")},
		kong.Description("Qingfeng (清风): integrity early warning for public bodies."))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // a signal came while starting; what had begun has been undone
	}
	return err
}
