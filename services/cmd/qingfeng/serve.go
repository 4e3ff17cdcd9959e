package main

import (
	"context"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/internal/tracing"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

// instance is what the commands that serve have in common.
type instance struct {
	delivery

	Data             string            `help:"Folder of the instance: keys and, without a database URL, its PostgreSQL; .data, or as root, where PostgreSQL can't get there, one under /var/lib/qingfeng." type:"path"`
	DatabaseURL      string            `help:"External PostgreSQL 15 or later; without it a private one runs in the data folder." name:"database-url"`
	Level            string            `help:"Level of the instance." enum:"province,city,county,township" default:"city"`
	GRPC             string            `help:"Address to serve gRPC at." name:"grpc" default:"127.0.0.1:9340"`
	HTTP             string            `help:"Address to serve HTTP at." name:"http" default:"127.0.0.1:8340"`
	Admin            string            `help:"Address to serve metrics and readiness at; empty for none." default:"127.0.0.1:9341"`
	Target           []string          `help:"Parts to run: network, risk, warning, assessment, gateway; all if none is named."`
	Peer             map[string]string `help:"Where a service that does not run here is reached, such as network=10.0.0.2:9340."`
	TLSCert          string            `help:"PEM certificate to serve gRPC and HTTP with." name:"tls-cert" type:"path"`
	TLSKey           string            `help:"PEM key of the certificate." name:"tls-key" type:"path"`
	TLSCA            string            `help:"PEM authorities that certificates of gRPC clients must come from." name:"tls-ca" type:"path"`
	PeerCA           string            `help:"PEM authorities that peers' certificates must come from." name:"peer-ca" type:"path"`
	PeerCert         string            `help:"PEM certificate to show to peers." name:"peer-cert" type:"path"`
	PeerKey          string            `help:"PEM key of that certificate." name:"peer-key" type:"path"`
	MessageRetention int               `help:"Days for which messages that were read or delivered are kept, at least 450; 0 for ever." name:"keep-messages" default:"730"`
	ClockJump        int               `help:"Days that the clock may be from the time that jobs last saw, before they do nothing until it is confirmed; 0: it is not watched." name:"clock-jump" default:"45"`
	UploadSender     int64             `help:"MiB that a caller, or the holder of a receipt, may have stored of attachments, and that a protected caller may offer in a day; 0 for no limit." name:"upload-sender" default:"512"`
	UploadUnit       int64             `help:"MiB that the records of a unit may have of attachments; 0 for no limit." name:"upload-unit" default:"20480"`
	UploadInstance   int64             `help:"MiB of attachments that each service stores; 0 for no limit." name:"upload-instance" default:"204800"`
	UploadFree       int64             `help:"MiB that must stay free beside the private PostgreSQL for attachments to be taken." name:"upload-free" default:"1024"`
	NewKey           []string          `help:"Keys to make anew, or to take as they are, once they are lost for good: token.pem, source.key, delivery.key, leads.key." name:"new-key"`
	Plaintext        bool              `help:"Serve without TLS beyond this machine, behind a proxy that adds it."`
}

func (i instance) config(log *zap.Logger) suite.Config {
	return suite.Config{
		Data: i.Data, DatabaseURL: i.DatabaseURL, Level: typev1.Level(typev1.Level_value["LEVEL_"+strings.ToUpper(i.Level)]),
		Targets: i.Target, Peers: i.Peer, PeerTLS: server.TLS{CA: i.PeerCA, Cert: i.PeerCert, Key: i.PeerKey},
		Server: server.Config{
			Listen: i.GRPC, TLS: server.TLS{Cert: i.TLSCert, Key: i.TLSKey, CA: i.TLSCA}, Plaintext: i.Plaintext,
		},
		HTTP: i.HTTP, Admin: i.Admin, Delivery: i.delivery.config(), MessageRetentionDays: i.MessageRetention,
		NewKeys: i.NewKey, ClockJumpDays: i.ClockJump, Uploads: i.uploads(), Clock: clock.System{}, Log: log,
	}
}

// uploads are the limits of attachments, in bytes.
func (i instance) uploads() service.UploadLimits {
	return service.UploadLimits{
		Sender: i.UploadSender << 20, Unit: i.UploadUnit << 20, Instance: i.UploadInstance << 20, Free: i.UploadFree << 20,
	}
}

// openSuite settles the data folder, starts what observes, and opens the suite. What it returns ends the observing.
func (i *instance) openSuite(ctx context.Context, logLevel string) (*suite.Suite, func(), error) {
	log, err := newLog(logLevel)
	if err != nil {
		return nil, nil, err
	}
	if i.Data, err = home(i.Data); err != nil {
		return nil, nil, err
	}
	stopTraces, err := tracing.Start(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := suite.Open(ctx, i.config(log))
	if err != nil {
		stopTraces()
		return nil, nil, err
	}
	log.Info("serving", zap.String("grpc", s.Addr()), zap.String("http", s.HTTPAddr()), zap.String("level", i.Level))
	return s, stopTraces, nil
}

// home is the data folder: the one named, or the default.
func home(data string) (string, error) {
	if data != "" {
		return data, nil
	}
	return postgres.Home(".data")
}

type serveCmd struct {
	instance

	LogLevel string `help:"Least level to log." enum:"debug,info,warn,error" default:"info"`
}

// Run serves until a signal.
func (c serveCmd) Run(ctx context.Context) error {
	s, end, err := c.openSuite(ctx, c.LogLevel)
	if err != nil {
		return err
	}
	defer end()
	return s.Run(ctx)
}

// newLog writes JSON lines to standard error.
func newLog(level string) (*zap.Logger, error) {
	least, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, err
	}
	cfg := zap.NewProductionConfig()
	cfg.Level = zap.NewAtomicLevelAt(least)
	cfg.Sampling = nil // one line per RPC means every RPC
	cfg.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	cfg.EncoderConfig.EncodeDuration = zapcore.MillisDurationEncoder
	cfg.EncoderConfig.NameKey = "service" // such as "qingfeng.network": loggers are named after what runs
	log, err := cfg.Build()
	if err != nil {
		return nil, err
	}
	return log.Named("qingfeng"), nil
}
