package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/qingfeng-suite/qingfeng/gateway/httpconn"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/tour"
)

// runCmd is for a first look: on this machine alone, and without the choices that an instance to stay has.
type runCmd struct {
	Data     string `help:"Folder of the instance; the same default as serve's." type:"path"`
	GRPC     string `help:"Address to serve gRPC at." name:"grpc" default:"127.0.0.1:9340"`
	HTTP     string `help:"Address to serve HTTP at." name:"http" default:"127.0.0.1:8340"`
	Admin    string `help:"Address to serve metrics and readiness at." default:"127.0.0.1:9341"`
	Profiles string `help:"Folder of the profiles; deploy/profiles here, or beside the program." type:"path"`
	LogLevel string `help:"Least level to log." enum:"debug,info,warn,error" default:"warn"`
}

// tokenTTL is how long the token holds that is printed.
const tokenTTL = 24 * time.Hour

// adminToken is the file in the data folder with that token.
const adminToken = "admin.token"

// Run serves, does the main job once, and goes on serving until a signal.
func (c runCmd) Run(ctx context.Context) error {
	profiles, err := profileFolder(c.Profiles)
	if err != nil {
		return err
	}
	c.Profiles = profiles
	started := clock.System{}.Now()
	i := instance{Data: c.Data, Level: "city", GRPC: c.GRPC, HTTP: c.HTTP, Admin: c.Admin}
	s, end, err := i.openSuite(ctx, c.LogLevel)
	if err != nil {
		return err
	}
	defer end()
	c.Data = i.Data
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- s.Run(serving) }()
	printf("Qingfeng 清风 is serving after %.1f s; data in %s\n", clock.System{}.Now().Sub(started).Seconds(), c.Data)
	err = c.printGuide(ctx, s)
	if err != nil && ctx.Err() == nil {
		stop()
		return errors.Join(err, <-served)
	}
	return <-served
}

// printGuide prints where everything is, does the tour unless it was done, and prints what to look at.
func (c runCmd) printGuide(ctx context.Context, s *suite.Suite) error {
	admin, err := s.Tokens.Issue(access.Principal{
		Subject: "accounts/admin", Unit: tour.City, Roles: []string{access.Administrator},
	}, tokenTTL)
	if err != nil {
		return err
	}
	printf(`
  gRPC     %s (reflection is on, with a token)
  HTTP     http://%[2]s
  OpenAPI  http://%[2]s/openapi.json
  docs     http://%[2]s/docs/
  metrics  http://%[3]s/metrics
`, s.Addr(), s.HTTPAddr(), c.Admin)
	file := filepath.Join(c.Data, adminToken)
	if err := writeToken(file, admin); err != nil {
		return err
	}
	printf("\nA token for the city's administrator, good for a day, is in %s.\n\n", file)
	summary, err := c.tour(ctx, s)
	if err != nil {
		return err
	}
	printSummary(summary, file, s.Addr(), s.HTTPAddr())
	return nil
}

// tour does the main job once; what it made is kept in the data folder.
func (c runCmd) tour(ctx context.Context, s *suite.Suite) (*tour.Summary, error) {
	file := filepath.Join(c.Data, "tour.json")
	done := &tour.Summary{}
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, done) == nil {
		printf("The main job was done before; nothing is repeated.\n")
		return done, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	summary, err := c.newTour(s).Run(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return nil, err
	}
	return summary, writeFile(file, text)
}

func (c runCmd) newTour(s *suite.Suite) *tour.Tour {
	direct, err := grpc.NewClient("passthrough:///"+s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err) // the address is one we listen at
	}
	return &tour.Tour{
		GRPC: callers(s.Tokens, direct), HTTP: callers(s.Tokens, httpconn.New("http://"+s.HTTPAddr(), http.DefaultClient)),
		Profiles: c.Profiles, Instance: c.Data, Clock: clock.System{}, Out: os.Stdout,
	}
}

// callers makes connections that call as a principal, in English, which is what the tour speaks.
func callers(tokens *access.Tokens, conn grpc.ClientConnInterface) tour.Caller {
	return func(p access.Principal) grpc.ClientConnInterface { return tokens.ConnAs(english{conn}, p) }
}

func printf(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format, args...) }

func printSummary(s *tour.Summary, token, grpcAddr, httpAddr string) {
	printf(`
What there is now, each with the command that shows it:

  %d units below %s
    curl -s -H @%s 'http://%s/network/v1/units?unit=%s&levels=LEVEL_COUNTY'
  %d tips of %s, counted by unit and area
    curl -s -H @%s 'http://%s/network/v1/tips:count?unit=%s&period=%s'
  the report the township sent
    curl -s -H @%s http://%s/network/v1/%s
  the power and the risk point
    curl -s -H @%s http://%s/risk/v1/%s
    curl -s -H @%s http://%s/risk/v1/%s
  the %s warning with notice %s, and its history
    curl -s -H @%s http://%s/warning/v1/%s
  the township's score: %.2f points, %s, traced to %d records
    curl -s -H @%s 'http://%s/assessment/v1/%s/score?unit=%s'
  the same over gRPC, for those who have grpcurl
    TOKEN=$(cat %s) grpcurl -plaintext -expand-headers -H '${TOKEN}' -d '{"round":"%s","unit":"%s"}' \
      %s qingfeng.assessment.v1.RoundService/GetScore

Ctrl-C stops; the next start finds all of it.
`, s.Units, tour.City, token, httpAddr, tour.City,
		len(s.Tips), s.Period, token, httpAddr, tour.City, s.Period,
		token, httpAddr, s.Report,
		token, httpAddr, s.PowerItem, token, httpAddr, s.RiskPoint,
		s.WarningLevel, s.Notice, token, httpAddr, s.Warning,
		s.Score, s.Grade, s.Traced, token, httpAddr, s.Round, tour.Township,
		token, s.Round, tour.Township, grpcAddr)
}
