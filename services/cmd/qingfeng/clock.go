package main

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

type clockCmd struct {
	Confirm clockConfirmCmd `cmd:"" help:"Say that this machine's clock is right, to jobs that do nothing because it jumped."`
}

type clockConfirmCmd struct {
	Data        string `help:"Folder of the running instance; the same default as serve's." type:"path"`
	DatabaseURL string `help:"External PostgreSQL of the instance." name:"database-url"`
}

// Run confirms and says what.
func (c clockConfirmCmd) Run(ctx context.Context) error {
	if c.DatabaseURL == "" {
		data, err := home(c.Data)
		if err != nil {
			return err
		}
		if c.DatabaseURL, err = postgres.RunningURL(data); err != nil {
			return err
		}
	}
	now := clock.NewManual(clock.System{}.Now()) // the same for all
	confirmed, err := suite.ConfirmClock(ctx, c.DatabaseURL, now)
	for _, service := range confirmed {
		printf("%s: %s\n", service, now.Now().Format(time.RFC3339))
	}
	return err
}
